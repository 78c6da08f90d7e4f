"""What becomes of pools when the process is forked.

SQLite keeps in memory which locks a process has on a file. A forked child inherits that memory and not the locks, so
that connections it opens to the same file believe in locks that are not there: in WAL mode its commits can be lost.
Where no connection was open, nothing is inherited. So pools close what is idle before a fork; a child of a process that
had connections out at that moment is refused others; and inherited connections are never closed in the child, where a
rollback would take the parent's journal away.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Protocol
from weakref import WeakSet


class Forked(Protocol):
    """What a pool does around a fork."""

    def before_fork(self) -> None: ...
    def after_fork_in_parent(self) -> None: ...
    def after_fork_in_child(self) -> None: ...


_pools: WeakSet[Any] = WeakSet()
_prepared: list[Forked] = []
_forks = threading.Lock()  # one after the other
_registered = False


def watch(pool: Forked) -> None:
    """Tell the pool of forks from now on."""
    global _registered
    _pools.add(pool)
    if not _registered and hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
        _registered = True


def keep_forever(connection: object) -> None:
    """Keep an inherited connection from being closed, at the end of the process too."""
    try:
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
    except (ImportError, AttributeError):  # a Python without ctypes: as long as there are modules
        _kept.append(connection)


_kept: list[object] = []


def _before() -> None:
    _forks.acquire()
    for pool in list(_pools):
        pool.before_fork()
        _prepared.append(pool)


def _in_parent() -> None:
    for pool in _prepared:
        pool.after_fork_in_parent()
    _prepared.clear()
    _forks.release()


def _in_child() -> None:
    for pool in _prepared:
        pool.after_fork_in_child()
    _prepared.clear()
    _forks.release()
