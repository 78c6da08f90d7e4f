"""A client's socket as a session uses it: whole messages in, bytes out, with deadlines."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence

from ..protocol.errors import PgError
from ..protocol.frames import LOGIN_LIMIT, MESSAGE_LIMIT, Frame, FrameReader
from ..session.context import Counters
from ..session.floor import FLOOR

_CHUNK = 1 << 16
_QUICK = 0.0005  # seconds in which an answer keeps nobody
LINGER = 0.2  # seconds that a client is given to see the last words
_CLOSING = (4, 5)  # FIN_WAIT1 and FIN_WAIT2 of TCP: this side is done, the other is not
_TOO_LATE = ("08000", "canceling authentication due to timeout")


class Gone(Exception):
    """The client is no longer there."""


class SocketWire:
    """One connection. ``receive`` and ``send`` belong to the session's thread, ``wake`` and ``end`` to any."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket: socket.socket | ssl.SSLSocket = sock
        self.reader = FrameReader(LOGIN_LIMIT)
        self.counters = Counters()
        self.deadline: float | None = None  # of the login, by time.monotonic()
        self.idle: Callable[[], tuple[float, str, str] | None] = lambda: None
        self.deliver: Callable[[], None] = lambda: None
        self.ending: Callable[[], PgError | None] = lambda: None
        self.last_words = False  # the client is told why the connection ends
        self._began = 0.0  # the answer before, by time.monotonic()
        self._pair: tuple[socket.socket, socket.socket] | None = None
        self._lock = threading.Lock()

    # ---- receiving ----

    def logged_in(self) -> None:
        """The login is over: longer messages may come, and take their time."""
        FLOOR.enter(self)
        self.reader.limit = MESSAGE_LIMIT
        self.deadline = None
        self.socket.settimeout(None)

    def _more(self) -> bool:
        """Read what is there; return False at the end.

        :raises PgError: the login took too long, or the client was idle too long
        """
        limit, error = None, _TOO_LATE
        if self.deadline is not None:
            limit = self.deadline - time.monotonic()
            if limit <= 0:
                raise PgError(*error, fatal=True)
        elif (found := self.idle()) is not None:
            limit, error = found[0], found[1:]
        FLOOR.leave()
        was_quick = time.monotonic() - self._began < _QUICK
        try:
            return self._read(limit, error) if self._pair is None else self._select(limit, error)
        finally:
            if was_quick:  # and will be again, most likely
                FLOOR.take()
            self._began = time.monotonic()

    def _read(self, limit: float | None, error: Sequence[str]) -> bool:
        if self.socket.gettimeout() != limit:
            self.socket.settimeout(limit)
        try:
            data = self.socket.recv(_CHUNK)
        except (TimeoutError, socket.timeout):  # noqa: UP041 - two classes before 3.10's ssl
            raise PgError(*error, fatal=True) from None
        except (OSError, ValueError):
            return False
        self.counters.received += len(data)
        self.reader.feed(data)
        return bool(data)

    def _select(self, limit: float | None, error: Sequence[str]) -> bool:
        """Wait for the client, and for notifications meanwhile."""
        assert self._pair is not None
        pending = isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()
        while not pending:
            ready, _, _ = select.select([self.socket, self._pair[0]], [], [], limit)
            if not ready:
                raise PgError(*error, fatal=True)
            if self._pair[0] in ready:
                self._pair[0].recv(4096)
                self.deliver()
                if self.ending() is not None:
                    return False
            if self.socket in ready:
                break
        return self._read(limit, error)

    def receive(self) -> Frame | None:
        """Return the next message; None at the end of the connection."""
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

    def listen(self) -> None:
        """Let :meth:`wake` interrupt the wait for the client."""
        if self._pair is None:
            self._pair = socket.socketpair()

    def wake(self) -> None:
        """Have what has come for the client delivered."""
        with self._lock:
            if self._pair is not None:
                try:
                    self._pair[1].send(b"!")
                except OSError:
                    pass

    def end(self) -> None:
        """Let the session's thread see an end of the connection where it waits for the client."""
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_RD)
        except OSError:
            pass
        self.wake()

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
        FLOOR.exit(self)
        with self._lock:
            if self._pair is not None:
                for each in self._pair:
                    each.close()
                self._pair = None
        try:
            self.socket.close()
        except OSError:
            pass
