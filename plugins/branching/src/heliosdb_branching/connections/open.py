"""The branch connections of this process: which are open, and in which a transaction is."""

from __future__ import annotations

import threading
import weakref
from typing import Any

_open: weakref.WeakKeyDictionary[Any, tuple[str, int]] = weakref.WeakKeyDictionary()
_guard = threading.Lock()


def opened(branch: str, connection: Any) -> None:
    """Remember a connection to a branch, and the thread that opened it."""
    with _guard:
        _open[connection] = (branch, threading.get_ident())


def closed(connection: Any) -> None:
    """Forget it."""
    with _guard:
        _open.pop(connection, None)


def uncommitted_here(branch: str, thread: int) -> bool:
    """Return whether this thread may have uncommitted work on the branch: waiting for it is waiting for oneself."""
    with _guard:
        connections = [connection for connection, owner in _open.items() if owner == (branch, thread)]
    return any(connection.in_transaction for connection in connections)
