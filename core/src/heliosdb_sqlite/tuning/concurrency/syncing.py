"""One write to the disk for all the commits that wait for it.

In WAL mode a commit appends to the -wal file, and lasts once that is on the disk. SQLite would wait for the disk in
each commit, with the writer's place taken. Here the place is free again as soon as the pages are appended
(``synchronous=NORMAL``), and commits that then find the disk busy with an earlier one share the next.

A commit is acknowledged only after a sync that began after it was appended: what ``synchronous=FULL`` promises too.
After a sync that failed nothing is known about what was written before, and a later one may succeed without having
written it (https://wiki.postgresql.org/wiki/Fsync_Errors). So every later commit fails too, until the file is opened
anew.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

sync_file: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class SharedSync:
    """Syncs one file for whoever asks, as rarely as it can."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._changed = threading.Condition()
        self._asked = 0  # syncs that were asked for
        self._done = 0  # ... of which so many are covered
        self._busy = False
        self._error: OSError | None = None

    def wait(self) -> None:
        """Return once all that was written before this call is on the disk.

        :raises OSError: it may not be
        """
        with self._changed:
            self._asked += 1
            mine = self._asked
            while self._busy and self._done < mine and self._error is None:
                self._changed.wait()
            if self._error is not None:
                raise OSError(self._error.errno, os.strerror(self._error.errno or 0))
            if self._done >= mine:
                return
            self._busy, covered = True, self._asked
        error: OSError | None = None
        try:
            sync_file(self.descriptor)
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
            raise error
