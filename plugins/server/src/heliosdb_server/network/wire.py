"""A client's socket as a login and a session use it: whole messages in, bytes out, with deadlines."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Callable

from ..protocol.errors import PgError
from ..protocol.frames import LOGIN_LIMIT, MESSAGE_LIMIT, Frame, FrameReader
from ..session.context import Counters

_CHUNK = 1 << 16
LINGER = 0.2  # seconds that a client is given to see the last words
_CLOSING = (4, 5)  # FIN_WAIT1 and FIN_WAIT2 of TCP: this side is done, the other is not
_TOO_LATE = ("08000", "canceling authentication due to timeout")


class Gone(Exception):
    """The client is no longer there."""


class SocketWire:
    """One connection. ``end`` and ``cut`` belong to any thread, the rest to the one that is busy with the client."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket: socket.socket | ssl.SSLSocket = sock
        self.reader = FrameReader(LOGIN_LIMIT)
        self.counters = Counters()
        self.deadline: float | None = None  # of the login, by time.monotonic()
        self.waits: Callable[[], None] = lambda: (
            None
        )  # called before a wait for the client in the midst of something
        self.last_words = False  # the client is told why the connection ends

    # ---- receiving ----

    def logged_in(self) -> None:
        """The login is over: longer messages may come, and take their time."""
        self.reader.limit = MESSAGE_LIMIT
        self.deadline = None
        self.socket.settimeout(None)

    def read(self) -> bool:
        """Read what is there, without a wait; return False at the end."""
        sock = self.socket
        if isinstance(sock, ssl.SSLSocket):
            return self._read_encrypted(sock)
        try:
            return self._take(sock.recv(_CHUNK))  # something is there, or the end
        except (OSError, ValueError):
            return False

    def _take(self, data: bytes) -> bool:
        self.counters.received += len(data)
        self.reader.feed(data)
        return bool(data)

    def _read_encrypted(self, sock: ssl.SSLSocket) -> bool:
        """Read what is there, which may be less than a record, or nothing for us."""
        try:
            sock.settimeout(0)
            try:
                while self._take(sock.recv(_CHUNK)):
                    if not sock.pending():
                        return True
                return False
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return True
            finally:
                sock.settimeout(None)
        except (OSError, ValueError):
            return False

    def _more(self) -> bool:
        """Wait for the client to send something; return False at the end.

        :raises PgError: the login took too long
        """
        limit = None
        if self.deadline is not None:
            limit = self.deadline - time.monotonic()
            if limit <= 0:
                raise PgError(*_TOO_LATE, fatal=True)
        self.waits()
        if self.socket.gettimeout() != limit:
            self.socket.settimeout(limit)
        try:
            return self._take(self.socket.recv(_CHUNK))
        except (TimeoutError, socket.timeout):  # noqa: UP041 - two classes before 3.10's ssl
            raise PgError(*_TOO_LATE, fatal=True) from None
        except (OSError, ValueError):
            return False

    def next(self) -> Frame | None:
        """Return the next message, None when it is not here as a whole."""
        return self.reader.next()

    def receive(self) -> Frame | None:
        """Return the next message, and wait for it; None at the end of the connection."""
        while (frame := self.reader.next()) is None:
            if not self._more():
                return None
        return frame

    def receive_startup(self) -> Frame | None:
        """Return the packet that begins a connection."""
        while (frame := self.reader.next_startup()) is None:
            if not self._more():
                return None
        return frame

    def peek(self) -> int:
        """Return the type of the next message that is here already, 0 for none."""
        return self.reader.peek()

    def ahead(self, messages: bytes) -> bool:
        """Are these the messages that are next, and here already?"""
        return self.reader.ahead(messages)

    def skip(self, messages: bytes) -> None:
        """Leave these out, which are next."""
        self.reader.skip(messages)

    def run(self, kind: int) -> list[bytes]:
        """Return what the next messages carry, as long as they are here already and of this type."""
        return self.reader.run(kind)

    # ---- sending ----

    def send(self, data: bytes) -> None:
        """Send bytes. A client that does not read makes this wait: nothing piles up here.

        :raises Gone: the client is no longer there
        """
        if self.socket.gettimeout() is not None and self.deadline is None:
            self.socket.settimeout(None)
        try:
            self.socket.sendall(data)
        except (OSError, ValueError) as error:
            raise Gone(str(error)) from None
        self.counters.sent += len(data)

    # ---- from other threads ----

    def end(self) -> None:
        """Have an end of the connection seen where the client is waited for."""
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_RD)
        except OSError:
            pass

    def is_gone(self) -> bool:
        """Has the client closed the connection? Nothing is read; another thread may ask."""
        if not hasattr(select, "poll"):
            return False  # Windows: it shows when something is sent
        poll, closed = select.poll(), getattr(select, "POLLRDHUP", 0) | select.POLLHUP
        try:
            poll.register(self.socket, closed)
            return any(events & (closed | select.POLLERR) for _, events in poll.poll(0))
        except (OSError, ValueError):
            return True

    def cut(self) -> None:
        """Close both directions at once, also under a send that waits."""
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
        except OSError:
            pass

    def say_last(self, data: bytes) -> None:
        """Send what the client is to know at the end, if that takes no time."""
        try:
            self.socket.settimeout(1)
            self.socket.sendall(data)
            self.last_words = True
        except (OSError, ValueError):
            pass

    def linger(self, seconds: float) -> None:
        """Take what the client still sends, until it sees that nobody answers any more, or the time is over.

        A socket that is closed with unread bytes is reset, and the last words may be lost with it.
        """
        socket_ = self.socket
        until = time.monotonic() + seconds
        try:
            socket_.settimeout(0)
            socket.socket.shutdown(socket_, socket.SHUT_WR)
        except (OSError, ValueError):
            return  # it is gone
        while True:
            try:
                while socket.socket.recv(socket_, _CHUNK):
                    pass
            except (BlockingIOError, InterruptedError):
                pass
            except (OSError, ValueError):
                return
            if time.monotonic() >= until or self._is_closed():
                return
            time.sleep(0.005)

    def _is_closed(self) -> bool:
        """Has the other side closed the connection too, behind this one? Only Linux tells."""
        if not hasattr(socket, "TCP_INFO"):
            return False
        try:
            return self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] not in _CLOSING
        except OSError:
            return True

    def close(self) -> None:
        """Close the socket."""
        try:
            self.socket.close()
        except OSError:
            pass
