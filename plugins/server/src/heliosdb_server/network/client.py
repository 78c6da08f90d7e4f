"""One client that has logged in: what it sends goes to its session, and what the session has to say to it."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..protocol import replies
from ..protocol.errors import PgError
from .crew import After
from .wire import Gone, SocketWire

if TYPE_CHECKING:
    from ..session.session import Session

_LOG = logging.getLogger("heliosdb_server")
FAILED = PgError("XX000", "internal error: the session ends", fatal=True)


class Client:
    """A member of the crew's rounds.

    :param over: called when the connection is to be closed
    """

    def __init__(self, wire: SocketWire, session: Session, over: Callable[[Client], None]) -> None:
        self.wire = wire
        self.session = session
        self.slow = False
        self._over = over
        self._call_off: Callable[[], None] | None = None  # the limit of its silence
        self._silent: PgError | None = None  # for too long

    def fileno(self) -> int:
        """Return the socket's number."""
        return self.wire.socket.fileno()

    def begin(self, call: Callable[[Any], None]) -> bool:
        """Tell the client that the first command may come; return False when it is gone.

        :param call: has the crew answer this client, from any thread
        """
        self.session.wakes = lambda: call(self)
        goes_on = self._kept(self.session.ready) is not After.END
        self._limit_silence()
        return goes_on

    def answer(self, *, readable: bool) -> After:
        """Answer what has come."""
        if not readable:
            return self._kept(self._called)
        if self._call_off is not None:
            self._call_off()
            self._call_off = self._silent = None
        after = self._kept(self._read)
        self._limit_silence()
        return after

    def settle(self) -> After:
        """Say what waits for the disk."""
        return self._kept(self.session.settle)

    def finish(self) -> None:
        """Close the connection, and the session's database."""
        self._over(self)

    # ---- what may go wrong ----

    def _kept(self, work: Callable[[], bool | None]) -> After:
        session = self.session
        try:
            if work() is False:
                return After.END
        except PgError as error:
            self.last_words(error)
            return After.END
        except (Gone, ssl.SSLError, OSError):
            return After.END
        except Exception:  # noqa: BLE001
            _LOG.exception("a session failed")
            self.last_words(FAILED)
            return After.END
        return After.SETTLING if session.engine.unsynced else After.NOTHING

    def _read(self) -> bool:
        goes_on = self.wire.read()
        if goes_on:
            goes_on = self.session.answer()
        if self.session.ending is not None:
            raise self.session.ending
        if not goes_on:
            self.session.settle()
        return goes_on

    def _called(self) -> None:
        if self.session.ending is not None:
            raise self.session.ending
        if self._silent is not None:
            raise self._silent
        self.session.deliver()

    def _limit_silence(self) -> None:
        limit, watch = self.session.idle_limit(), self.session.context.watch
        if limit is not None and watch is not None:
            error = PgError(*limit[1:], fatal=True)
            self._call_off = watch(limit[0], lambda: self._was_silent(error))

    def _was_silent(self, error: PgError) -> None:
        self._silent = error
        self.session.wakes()

    def last_words(self, error: PgError) -> None:
        """Tell the client why the connection ends, behind what it was to be told anyway."""
        error.fatal = True
        self.wire.say_last(self.session.unsent() + replies.error(error))
