"""Stands between a client and a server, and keeps what each asked and was answered."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple


class Message(NamedTuple):
    """A message of the protocol: its letter, and what it carries."""

    kind: str
    body: bytes


@dataclass
class Exchange:
    """What a client sent up to Query or Sync, and what it was answered up to ReadyForQuery."""

    texts: list[str] = field(default_factory=list)
    answer: list[Message] = field(default_factory=list)
    described: Message | None = None
    """The columns, where the client was told them before."""
    formats: tuple[int, ...] = ()
    """What the client wants them in, where it has said so."""


class Recording:
    """The exchanges of one connection."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._asked = [Exchange()]  # those not answered yet, and the one that comes together
        self._statements: dict[bytes, str] = {}
        self._described: dict[str, Message] = {}

    def asked(self, message: Message) -> None:
        """Take a message of the client's."""
        now, body = self._asked[-1], message.body
        if message.kind == "Q":
            now.texts.append(body[:-1].decode())
        elif message.kind == "P":
            name, text = body.split(b"\0", 2)[:2]
            self._statements[name] = text.decode()
            now.texts.append(text.decode())
        elif message.kind == "B":
            text = self._statements.get(body.split(b"\0", 2)[1], "")
            if text not in now.texts:
                now.texts.append(text)
            now.described, now.formats = self._described.get(text), _formats(body)
        if message.kind in "QS":
            self._asked.append(Exchange())

    def answered(self, message: Message) -> None:
        """Take a message of the server's."""
        if message.kind in "NSAR K":  # notices, settings, the login
            return
        if message.kind != "Z":
            self._asked[0].answer.append(message)
            if message.kind == "T" and self._asked[0].texts:
                self._described[self._asked[0].texts[-1]] = message
        elif len(self._asked) > 1:
            self.exchanges.append(self._asked.pop(0))


def _formats(bind: bytes) -> tuple[int, ...]:
    """Return the formats of the result that Bind asks for."""
    at = bind.index(b"\0", bind.index(b"\0") + 1) + 1
    (count,) = struct.unpack_from("!H", bind, at)
    at += 2 + 2 * count
    (count,) = struct.unpack_from("!H", bind, at)
    at += 2
    for _ in range(count):
        (size,) = struct.unpack_from("!i", bind, at)
        at += 4 + max(size, 0)
    (count,) = struct.unpack_from("!H", bind, at)
    return struct.unpack_from(f"!{count}H", bind, at + 2)


def _copy(source: socket.socket, target: socket.socket, recording: Recording, *, client: bool) -> None:
    held, begun = b"", not client
    try:
        while data := source.recv(1 << 16):
            held += data
            while len(held) >= (5 if begun else 4):
                (size,) = struct.unpack_from("!i", held, int(begun))
                if len(held) < size + int(begun):
                    break
                if begun:
                    message = Message(chr(held[0]), held[5 : size + 1])
                    (recording.asked if client else recording.answered)(message)
                held, begun = held[size + int(begun) :], True
            target.sendall(data)  # behind that: nothing is answered before it is known what was asked
    except OSError:
        pass  # one of the two has gone
    finally:
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Proxy:
    """Passes connections on to a port, and keeps a recording of each."""

    def __init__(self, port: int) -> None:
        self.recordings: list[Recording] = []
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads: list[threading.Thread] = []

    def run(self) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._port))
            recording = Recording()
            self.recordings.append(recording)
            for source, target, asks in ((client, server, True), (server, client, False)):
                thread = threading.Thread(
                    target=_copy, args=(source, target, recording), kwargs={"client": asks}, daemon=True
                )
                thread.start()
                self._threads.append(thread)

    def close(self) -> None:
        """Take no more connections, and wait for the end of those that are there."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._threads:
            each.join(10)


@contextmanager
def recorded(port: int) -> Iterator[Proxy]:
    """Run a proxy; behind the block its recordings are complete."""
    proxy = Proxy(port)
    accepting = threading.Thread(target=proxy.run, daemon=True)
    accepting.start()
    try:
        yield proxy
    finally:
        proxy.close()
        accepting.join(10)
