"""Accepts connections, gives each a thread to log in with, and brings them to an end."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import logging
import secrets
import select
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Sequence
from typing import Any

from ..auth import peers
from ..auth.users import Users
from ..protocol import replies
from ..protocol.errors import PgError
from ..session.context import Context
from ..session.watchdog import Watchdog
from .client import FAILED, Client
from .crew import Crew
from .login import Login
from .tls import Tls
from .wire import LINGER, Gone, SocketWire

_LOG = logging.getLogger("heliosdb_server")
_LOOK = 1.0  # seconds between two looks at whether those who wait for a statement are still there
_SPARE = 32  # connections beyond max_connections: logins, and requests to cancel
_NO_THREADS = PgError("53200", "out of threads", fatal=True)
_ADMIN = PgError("57P01", "terminating connection due to administrator command", fatal=True)


class Listener:
    """The server's sockets and threads."""

    def __init__(
        self,
        context: Context,
        users: Users,
        auth_method: str,
        tls: Tls | None,
        allowed: Sequence[Any] | None,
        login_timeout: float,
    ) -> None:
        self.context = context
        self.users = users
        self.auth_method = auth_method
        self.tls = tls
        self.allowed = list(allowed) if allowed is not None else None
        self.login_timeout = login_timeout
        self.failures = peers.Failures()
        self.secrets: dict[int, bytes] = {}
        self.port = 0
        self.refused = 0
        self.total = 0
        self.watchdog = Watchdog()
        context.watch = self.watchdog.after
        self.crew = Crew(self.watchdog.after)
        context.waits = self.crew.leave
        self._sockets: list[socket.socket] = []
        self._logins: dict[threading.Thread, SocketWire] = {}
        self._wires: set[SocketWire] = set()  # of all connections
        self._lock = threading.Lock()
        self._logged_in = 0
        self._process = secrets.randbelow(1 << 16) + 1
        self._stopping = False
        self._looked = time.monotonic()  # for clients that are gone
        self._wake = socket.socketpair()
        self._acceptor: threading.Thread | None = None

    # ---- listening ----

    def listen(self, host: str, port: int, *, next_free: bool = False) -> None:
        """Listen on all addresses of the host.

        :param port: 0 for any that is free
        :param next_free: take one of the next hundred when this one is in use
        :raises OperationalError: it can't be
        """
        problem: OSError | None = None
        for candidate in range(port, port + 100 if next_free else port + 1):
            try:
                self._bind(host, candidate)
                break
            except OSError as error:
                problem = error
                if not next_free:
                    break
        if not self._sockets:
            self._close_wake()
            self.crew.close()
            assert problem is not None
            raise sqlite3.OperationalError(
                f"can't listen on {host!r} port {port}: {problem.strerror or problem}: "
                "give another port=, or 0 for any that is free"
            ) from None
        self.context.port = self.port
        self._acceptor = threading.Thread(target=self._accept, name="heliosdb-server", daemon=True)
        try:
            self.watchdog.start()
            self._acceptor.start()
        except RuntimeError as error:
            self._acceptor = None
            self.stop(0)
            raise sqlite3.OperationalError(
                f"can't serve: {error}: this machine allows no more threads"
            ) from None

    def _bind(self, host: str, port: int) -> None:
        made: list[socket.socket] = []
        try:
            found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            for family, kind, protocol, _, address in dict.fromkeys(found):
                if family not in (socket.AF_INET, socket.AF_INET6):
                    continue
                try:
                    sock = socket.socket(family, kind, protocol)
                except OSError:
                    continue  # no IPv6 here
                made.append(sock)
                if hasattr(socket, "SO_REUSEADDR") and socket.has_dualstack_ipv6 is not None:
                    import os

                    if os.name == "posix":
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                try:
                    sock.bind((address[0], port or self.port, *address[2:]))
                except OSError:
                    if family == socket.AF_INET6 and len(made) > 1:
                        made.pop().close()  # a machine without an IPv6 address
                        continue
                    raise
                sock.listen(128)
                sock.setblocking(False)
                self.port = sock.getsockname()[1]
            if not made:
                raise OSError(f"no address of {host!r} can be listened on")
        except BaseException:
            for sock in made:
                sock.close()
            self.port = 0
            raise
        self._sockets = made

    def _accept(self) -> None:
        while not self._stopping:
            try:
                ready, _, _ = select.select([*self._sockets, self._wake[0]], [], [], _LOOK)
            except (OSError, ValueError):
                return
            self._end_for_the_gone()
            for listening in ready:
                if listening is self._wake[0]:
                    return
                try:
                    sock, address = listening.accept()
                except OSError:
                    time.sleep(0.01)  # no file descriptors left, or the client is gone already
                    continue
                self._begin(sock, str(address[0]))

    def _end_for_the_gone(self) -> None:
        """End the statements whose client has closed its connection: they may hold the turn to write."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        with self.context.lock:
            sessions = list(self.context.sessions.values())
        for session in sessions:
            if session.running and time.time() - session.query_time > _LOOK and session.wire.is_gone():
                session.cancel(PgError("08006", "connection to client lost"))

    def _begin(self, sock: socket.socket, peer: str) -> None:
        sock.setblocking(True)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        except OSError:
            pass
        wire = SocketWire(sock)
        if not peers.is_allowed(peer, self.allowed):
            self._refuse(
                wire, PgError("28000", f'no entry for host "{peer}": it is not in allowed_ips', fatal=True)
            )
            return
        if self.auth_method == "trust" and not peers.is_loopback(peer):
            text = f'no entry for host "{peer}": without users this server talks to its own machine alone'
            self._refuse(wire, PgError("28000", text, fatal=True))
            return
        with self._lock:
            full = len(self._wires) >= self.context.max_connections + _SPARE or self._stopping
            if not full:
                thread = threading.Thread(
                    target=self._log_in, args=(wire, peer), name="heliosdb-login", daemon=True
                )
                self._logins[thread] = wire
                self._wires.add(wire)
                self.total += 1
        if full:
            self._refuse(wire, PgError("53300", "sorry, too many clients already", fatal=True))
            return
        try:
            thread.start()
        except RuntimeError:  # no more threads
            with self._lock:
                del self._logins[thread]
                self._wires.discard(wire)
            self._refuse(wire, _NO_THREADS)

    def _refuse(self, wire: SocketWire, error: PgError) -> None:
        """Say no without reading a byte, and without waiting for the client to read it."""
        self.refused += 1
        try:
            wire.socket.setblocking(False)
            wire.socket.send(replies.error(error))
        except OSError:
            pass
        wire.close()

    # ---- one client ----

    def _log_in(self, wire: SocketWire, peer: str) -> None:
        """Let a client in, and leave it to the crew."""
        wire.deadline = time.monotonic() + self.login_timeout
        wire.socket.settimeout(self.login_timeout)
        client = None
        try:
            session = Login(self, wire, peer).session()
            if session is not None:
                client = Client(wire, session, self._over)
                wire.waits = self.crew.leave
        except PgError as error:
            self._not_let_in(wire, error)
        except (Gone, ssl.SSLError, OSError):
            pass
        except Exception:  # noqa: BLE001
            _LOG.exception("a login failed")
            self._not_let_in(wire, FAILED)
        finally:
            if client is None:
                with self.context.lock:
                    self.context.past.add(wire.counters)
                self._close(wire)
            elif not client.begin(self.crew.call) or not self._joins(client):
                self._over(client)
            elif self._stopping:  # since the moment in which all sessions were ended
                client.session.terminate(PgError(_ADMIN.code, _ADMIN.message, fatal=True))
            with self._lock:
                self._logins.pop(threading.current_thread(), None)

    def _joins(self, client: Client) -> bool:
        try:
            self.crew.add(client)
        except RuntimeError:
            client.last_words(_NO_THREADS)
            return False
        return True

    def _not_let_in(self, wire: SocketWire, error: PgError) -> None:
        self.refused += 1
        error.fatal = True
        wire.say_last(replies.error(error))

    def _over(self, client: Client) -> None:
        """A session has ended."""
        session = client.session
        with self.context.lock:
            if self.context.sessions.pop(session.process, None) is not None:
                self.context.past.add(session.counters)
            self.secrets.pop(session.process, None)
        try:
            session.close()
        except Exception:  # noqa: BLE001
            _LOG.exception("a session did not close well")
        self.dismiss()
        self._close(client.wire)

    def _close(self, wire: SocketWire) -> None:
        if wire.last_words:
            wire.linger(0 if self._stopping else LINGER)
        wire.close()
        with self._lock:
            self._wires.discard(wire)

    # ---- how many there are ----

    def admit(self) -> None:
        """Count a client in.

        :raises PgError: there are as many as may be
        """
        with self._lock:
            if self._logged_in >= self.context.max_connections:
                raise PgError("53300", "sorry, too many clients already", fatal=True)
            self._logged_in += 1

    def dismiss(self) -> None:
        """Count a client out."""
        with self._lock:
            self._logged_in -= 1

    def next_process(self) -> int:
        """Return a number for a session, which clients take for a process."""
        with self._lock:
            while True:
                self._process = self._process % (2**31 - 1) + 1
                if self._process not in self.context.sessions:
                    return self._process

    # ---- the end ----

    def stop(self, drain: float) -> None:
        """Take no more clients, let running statements end for so many seconds, then end all sessions."""
        self._stopping = True
        try:
            self._wake[1].send(b"!")
        except OSError:
            pass
        if self._acceptor is not None:
            self._acceptor.join(5)
        for sock in self._sockets:
            sock.close()
        with self.context.lock:
            sessions = list(self.context.sessions.values())
        for session in sessions:
            session.terminate(PgError(_ADMIN.code, _ADMIN.message, fatal=True))
        with self._lock:
            early = [wire for wire in self._logins.values() if wire.deadline is not None]
        for wire in early:
            wire.cut()  # still on their way in
        self._join(drain)
        with self.context.lock:
            sessions = list(self.context.sessions.values())
        for session in sessions:
            session.cancel(PgError(_ADMIN.code, _ADMIN.message, fatal=True))
        self._join(2)
        with self._lock:
            left = list(self._wires)
        for wire in left:
            wire.cut()
        for session in sessions:
            session.cancel(PgError(_ADMIN.code, _ADMIN.message, fatal=True))
        self._join(5)
        self.crew.stop(5)
        self.watchdog.stop()
        self._close_wake()

    def abandon(self) -> None:
        """Close this process' copies of the sockets, and say nothing on them: those of the parent stay open."""
        self._stopping = True
        self._lock = threading.Lock()
        for sock in self._sockets:
            sock.close()
        self._close_wake()
        self.crew.close()
        for wire in list(self._wires):
            wire.socket.close()
        self._logins.clear()
        self._wires.clear()

    def _join(self, seconds: float) -> None:
        """Wait until all clients are gone, or the time is over."""
        end = time.monotonic() + seconds
        with self._lock:
            threads = list(self._logins)
        for thread in threads:
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(max(end - time.monotonic(), 0))
        self.crew.wait_until_empty(end - time.monotonic())

    def _close_wake(self) -> None:
        for each in self._wake:
            each.close()
