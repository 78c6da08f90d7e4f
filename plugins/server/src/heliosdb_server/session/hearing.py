"""What the features below a session warn of, for its client: warnings, heard by the thread that causes them.

Filters of warnings, and the function that shows them, are the whole program's. Both are set once and stay: a filter
that is about this package's modules alone, and a function that takes a warning aside while its own thread listens, and
passes on all others. Nothing is exchanged for the time of a statement, which other threads would see.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_PACKAGE = r"heliosdb_server\."
_here = threading.local()
_lock = threading.Lock()
_shown: Callable[..., Any] = warnings.showwarning


def _show(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
    heard = getattr(_here, "heard", None)
    if heard is not None and category.__name__ == "HistoryWarning":
        heard.append(str(message))
    else:
        _shown(message, category, *where, **more)


def _listening() -> None:
    """Set both, unless they are; somebody may have set others since."""
    global _shown
    first = warnings.filters[0] if warnings.filters else None
    if warnings.showwarning is _show and first is not None and first[0] == "always" and _is_ours(first[3]):
        return
    with _lock:
        if warnings.showwarning is not _show:
            _shown, warnings.showwarning = warnings.showwarning, _show
        warnings.filterwarnings("always", category=UserWarning, module=_PACKAGE)


def _is_ours(module: Any) -> bool:
    return bool(getattr(module, "pattern", module) == _PACKAGE)


@contextmanager
def heard() -> Iterator[list[str]]:
    """Collect what this thread is warned of about the history of tables."""
    _listening()
    found: list[str] = []
    _here.heard = found
    try:
        yield found
    finally:
        _here.heard = None
