"""One client that has logged in: what it sends goes to its session, and what the session has to say to it."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
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
        self._limit: PgError | None = None  # of its silence: what it is told behind that
        self._call_off: Callable[[], None] | None = None
        self._silent: PgError | None = None  # the limit that is over

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
        self._call_off_limit()
        after = self._kept(self._read)
        if after is not After.END:
            self._limit_silence()
        return after

    def sync(self) -> None:
        """Wait for the disk. :meth:`settle` says what has gone wrong with it."""
        with suppress(PgError):
            self.session.engine.synced()

    def settle(self) -> After:
        """Say what was left to say, when the disk is done."""
        return self._kept(self.session.settle)

    def finish(self) -> None:
        """Close the connection, and the session's database."""
        self._call_off_limit()
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
        return self._goes_on() if self.wire.read() else self._says_goodbye()

    def _goes_on(self) -> bool:
        return self.session.answer() or self._says_goodbye()

    def _says_goodbye(self) -> bool:
        if self.session.ending is not None:
            raise self.session.ending
        self.session.settle()
        return False

    def _called(self) -> bool:
        if self.session.ending is not None:
            raise self.session.ending
        if self._silent is not None and self._silent is self._limit:
            raise self._silent
        self.session.deliver()
        # What came with the last message of the login is here already.
        return not self.wire.reader.pending or self._goes_on()

    def _limit_silence(self) -> None:
        limit, watch = self.session.idle_limit(), self.session.context.watch
        if limit is not None and watch is not None:
            error = self._limit = PgError(*limit[1:], fatal=True)
            self._call_off = watch(limit[0], lambda: self._was_silent(error))

    def _call_off_limit(self) -> None:
        if self._call_off is not None:
            self._call_off()
            self._call_off = self._limit = self._silent = None

    def _was_silent(self, error: PgError) -> None:
        self._silent = error
        self.session.wakes()

    def last_words(self, error: PgError) -> None:
        """Tell the client why the connection ends, behind what it was to be told anyway."""
        error.fatal = True
        self.wire.say_last(self.session.unsent() + replies.error(error))
