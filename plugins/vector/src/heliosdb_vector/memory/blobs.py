"""Blobs that were opened with ``blobopen()``: what is written through them is in no log, and no trigger sees it.

As long as one is open on a file, or what it has written may be rolled back, nothing that this process keeps of the file
is taken for true, and nothing is kept. After that all of it is read anew once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable, Iterable
from threading import Lock
from typing import Any
from weakref import ref

from .cache import CACHE

_opened: dict[Hashable, list[tuple[Any, Any]]] = {}  # by file: a blob and its connection
_lock = Lock()


def opened(connection: Any, owners: Iterable[Hashable], blob: Any) -> None:
    """Take note of a blob.

    :param owners: what tells the connection's databases from others: it is in one of them
    """
    with _lock:
        for owner in {*owners}:
            _opened.setdefault(owner, []).append((ref(blob), ref(connection)))


def in_doubt(owner: Hashable) -> bool:
    """Return whether a blob may be writing to a database now; forget what is in memory of one that was written to."""
    if owner not in _opened:
        return False
    with _lock:
        blobs = _opened.get(owner, [])
        CACHE.drop(owner)
        if any(_may_write(*each) for each in blobs):
            return True
        _opened.pop(owner, None)
        return False


def _may_write(blob: Any, connection: Any) -> bool:
    found, its = blob(), connection()
    if its is None:
        return False
    try:
        if its.in_transaction:
            return True
        if found is not None:
            len(found)
            return True
    except sqlite3.Error as error:  # it is closed, or its connection is; or they are another thread's alone
        return "thread" in str(error)
    return False
