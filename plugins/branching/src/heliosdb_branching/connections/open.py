"""The branch connections of this process: which are open, and in which a transaction is."""

from __future__ import annotations

import threading
import weakref
from typing import Any

# The threads themselves, since their numbers are given again when they have ended.
_open: weakref.WeakKeyDictionary[Any, tuple[str, weakref.ref[threading.Thread]]] = weakref.WeakKeyDictionary()
_guard = threading.Lock()


def opened(branch: str, connection: Any) -> None:
    """Remember a connection to a branch, and the thread that opened it."""
    with _guard:
        _open[connection] = (branch, weakref.ref(threading.current_thread()))


def closed(connection: Any) -> None:
    """Forget it."""
    with _guard:
        _open.pop(connection, None)


def uncommitted_here(branch: str) -> bool:
    """Return whether this thread may have uncommitted work on the branch: to wait for it is to wait for oneself."""
    me = threading.current_thread()
    with _guard:
        connections = [each for each, (name, thread) in _open.items() if name == branch and thread() is me]
    return any(connection.in_transaction for connection in connections)
