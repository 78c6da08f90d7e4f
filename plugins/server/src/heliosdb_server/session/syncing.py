"""One write to the disk for all the commits that wait for it.

A commit appends to the write-ahead log, and lasts once that is on the disk. SQLite would wait for the disk inside each
commit, while nobody else can write. Here the next writer goes on as soon as the pages are appended
(``synchronous=NORMAL``), and commits share the next write to the disk. A client is told of a commit only after a sync
that began when it was appended: what ``synchronous=FULL`` promises too.

After a sync that failed nothing is known about what was written before, and a later one may succeed without having
written it. So every later commit fails too, until the server is started anew.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from ..protocol.errors import PgError

sync_file: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class SharedSync:
    """Syncs the write-ahead log of one file for whoever asks, as rarely as it can.

    :param path: of the log
    """

    def __init__(self, path: bytes) -> None:
        self.path = path
        self._changed = threading.Condition()
        self._users = 0
        self._descriptor = -1
        self._asked = 0  # syncs that were asked for
        self._done = 0  # ... of which so many are covered
        self._busy = False
        self._error: OSError | None = None

    def join(self) -> None:
        """A connection begins to write. As long as it is open, SQLite keeps the log where it is.

        :raises OSError: the log can't be opened
        """
        with self._changed:
            if self._users == 0:
                self._descriptor = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0) | _CLOEXEC)
            self._users += 1

    def leave(self) -> None:
        """A connection that has joined is about to be closed."""
        with self._changed:
            self._users -= 1
            if self._users == 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def ask(self) -> int:
        """Ask for all that was written before this call to be put on the disk; return the number to wait for."""
        with self._changed:
            self._asked += 1
            return self._asked

    def wait(self, mine: int) -> None:
        """Return once what was asked for by this number is on the disk.

        :raises PgError: it may not be
        """
        with self._changed:
            while self._busy and self._done < mine and self._error is None:
                self._changed.wait()
            if self._error is not None:
                raise _lost(self._error)
            if self._done >= mine:
                return
            self._busy, covered = True, self._asked
        error: OSError | None = None
        try:
            sync_file(self._descriptor)
        except OSError as raised:
            error = raised
        with self._changed:
            self._busy = False
            if error is None:
                self._done = covered
            else:
                self._error = error
            self._changed.notify_all()
        if error is not None:
            raise _lost(error)


_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def _lost(error: OSError) -> PgError:
    return PgError(
        "58030",
        f"could not sync the write-ahead log: {error.strerror}",
        detail="What was committed may not last.",
        hint="Make sure of the disk, then start the server anew.",
        fatal=True,
    )
