"""From the first byte to a session: encryption, who it is, which database."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import hmac
import secrets
import ssl
import time
from typing import TYPE_CHECKING

from ..auth import scram
from ..protocol import messages, replies
from ..protocol.errors import PgError, protocol_violation
from ..session.session import Session
from ..session.settings import Settings
from .tls import common_name
from .wire import SocketWire

if TYPE_CHECKING:
    from .listener import Listener

_PLAIN, _TLS = b"N", b"S"
_OWN = frozenset(("user", "database", "options", "replication"))


class Login:
    """One client on its way in."""

    def __init__(self, listener: Listener, wire: SocketWire, peer: str) -> None:
        self.listener = listener
        self.wire = wire
        self.peer = peer
        self.encrypted = False

    def session(self) -> Session | None:
        """Return the session of a client that has logged in; None for one that wanted something else.

        :raises PgError: it may not
        """
        startup = self._startup()
        if startup is None:
            return None
        listener = self.listener
        if listener.tls is not None and not self.encrypted:
            raise PgError(
                "28000", "this server takes encrypted connections only: use sslmode=require", fatal=True
            )
        if startup.version >> 16 != 3:
            raise PgError("0A000", f"unsupported frontend protocol {startup.version >> 16}.{startup.version & 0xFFFF}: "
                          "server supports 3.0 to 3.0", fatal=True)  # fmt: skip
        unknown = [name for name in startup.parameters if name.startswith("_pq_.")]
        if startup.version & 0xFFFF or unknown:
            self.wire.send(replies.negotiate(unknown))
        user = startup.parameters.get("user", "")
        if not user:
            raise PgError("28000", "no PostgreSQL user name specified in startup packet", fatal=True)
        if startup.parameters.get("replication", "false").lower() not in ("false", "off", "no", "0"):
            raise PgError("0A000", "replication is not supported", fatal=True)
        name = startup.parameters.get("database") or user
        listener.admit()
        try:
            self._authenticate(user)
            session = self._open(user, name, startup.parameters)
        except BaseException:
            listener.dismiss()
            raise
        return session

    # ---- the first packets ----

    def _startup(self) -> messages.Startup | None:
        asked: set[int] = set()
        while True:
            frame = self.wire.receive_startup()
            if frame is None:
                return None
            packet = messages.startup(frame.body)
            if isinstance(packet, messages.Startup):
                return packet
            if isinstance(packet, messages.Cancel):
                self._cancel(packet)
                return None
            if packet.code in asked:
                raise protocol_violation("encryption was asked for twice")
            asked.add(packet.code)
            if packet.code == messages.SSL_REQUEST and self.listener.tls is not None and not self.encrypted:
                self._encrypt()
            else:
                self.wire.send(_PLAIN)

    def _encrypt(self) -> None:
        if self.wire.reader.pending:
            # What came before the handshake was not encrypted, and must not pass for what came in it.
            raise protocol_violation("received unencrypted data after SSL request")
        assert self.listener.tls is not None
        self.wire.send(_TLS)
        assert self.wire.deadline is not None
        self.wire.socket.settimeout(max(self.wire.deadline - time.monotonic(), 0.01))
        self.wire.socket = self.listener.tls.context.wrap_socket(self.wire.socket, server_side=True)
        self.encrypted = True

    def _cancel(self, packet: messages.Cancel) -> None:
        session = self.listener.context.sessions.get(packet.process)
        expected = self.listener.secrets.get(packet.process, b"")
        if hmac.compare_digest(packet.secret, expected) and session is not None:
            session.cancel()

    # ---- who it is ----

    def _authenticate(self, user: str) -> None:
        method = self.listener.auth_method
        if method == "certificate":
            self._certificate(user)
        elif method != "trust":  # for which the listener lets in nobody but this machine
            self._password(user)
        self.listener.failures.forget(self.peer)
        self.wire.send(replies.authentication(0))

    def _certificate(self, user: str) -> None:
        sock = self.wire.socket
        name = common_name(sock.getpeercert()) if isinstance(sock, ssl.SSLSocket) else None
        if name is None or not hmac.compare_digest(name.encode(), user.encode()):
            time.sleep(self.listener.failures.delay(self.peer))
            raise PgError("28000", f'certificate authentication failed for user "{user}"', fatal=True)

    def _password(self, user: str) -> None:
        wire = self.wire
        binding = self.listener.tls.binding if self.encrypted and self.listener.tls is not None else None
        offered = ([scram.MECHANISM_PLUS] if binding is not None else []) + [scram.MECHANISM]
        wire.send(replies.authentication(10, b"".join(each.encode() + b"\0" for each in offered) + b"\0"))
        body = messages.Body(self._answer())
        mechanism = body.text()
        if mechanism not in offered:
            raise protocol_violation("client selected an invalid SASL authentication mechanism")
        first = body.value() or b""
        body.end()
        known, exists = self.listener.users.find(user)
        exchange = scram.Exchange(known, mechanism, binding)
        wire.send(replies.authentication(11, exchange.first(first)))
        final = exchange.final(self._answer())
        if final is None or not exists:
            time.sleep(min(self.listener.failures.delay(self.peer), self._left()))
            hint = (
                "" if self.listener.users.names() else " (this server has no users yet: `heliosdb user add`)"
            )
            raise PgError("28P01", f'password authentication failed for user "{user}"{hint}', fatal=True)
        wire.send(replies.authentication(12, final))

    def _left(self) -> float:
        return max((self.wire.deadline or 0) - time.monotonic(), 0)

    def _answer(self) -> bytes:
        frame = self.wire.receive()
        if frame is None:
            raise PgError("08006", "the client closed the connection while logging in", fatal=True)
        if frame.kind != ord("p"):
            raise protocol_violation(f"expected SASL response, got message type {frame.kind}")
        return frame.body

    # ---- the session ----

    def _open(self, user: str, name: str, parameters: dict[str, str]) -> Session:
        listener = self.listener
        start = {
            "session_authorization": user, "max_connections": str(listener.context.max_connections),
            "port": str(listener.port), "ssl": "on" if listener.tls is not None else "off",
        }  # fmt: skip
        settings = Settings(start)
        process = listener.next_process()
        asked = {
            key: value for key, value in parameters.items() if key not in _OWN and not key.startswith("_pq_.")
        }
        asked |= _options(parameters.get("options", ""))
        for key, value in asked.items():
            try:
                settings.set(key, value)
            except PgError as error:
                error.fatal = True
                raise
        settings.start = dict(settings.values)
        session = Session(listener.context, self.wire, user, name, settings, process, self.peer)
        secret = secrets.token_bytes(4)
        with listener.context.lock:
            listener.context.sessions[process] = session
            listener.secrets[process] = secret
        self.wire.logged_in()
        for key, value in settings.reported():
            session.emit(replies.parameter_status(key, value))
        session.emit(replies.key_data(process, secret))
        return session


def _options(text: str) -> dict[str, str]:
    """Return the settings in ``-c name=value --other=value``, where a backslash keeps the next character."""
    words, word, at = [], "", 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            word += text[at + 1]
            at += 1
        elif text[at].isspace():
            words.append(word)
            word = ""
        else:
            word += text[at]
        at += 1
    words = [each for each in [*words, word] if each]
    found: dict[str, str] = {}
    at = 0
    while at < len(words):
        each = words[at]
        if each == "-c" and at + 1 < len(words):
            at += 1
            each = words[at]
        elif each.startswith(("-c", "--")):
            each = each[2:]
        else:
            raise PgError("42601", f"invalid command-line argument for server process: {each}", fatal=True)
        name, _, value = each.partition("=")
        found[name.replace("-", "_")] = value
        at += 1
    return found
