"""Time travel for HeliosDB: query a table as it was. Switched on by ``connect(..., enable_time_travel=True)``.

Installed beside the core it needs no import. :class:`Version`, :class:`Restored` and :class:`Purged` are what
``history()``, ``restore()`` and ``purge_history()`` return; :class:`HistoryWarning` tells of what a past lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import HistoryWarning

if TYPE_CHECKING:
    from .purging import Purged as Purged
    from .restoring import Changes as Changes
    from .restoring import Restored as Restored
    from .versions import Version as Version

__all__ = ["Changes", "HistoryWarning", "Purged", "Restored", "Version"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # What is not used need not be imported.
    if name == "Version":
        from .versions import Version

        return Version
    if name == "Purged":
        from .purging import Purged

        return Purged
    if name in ("Changes", "Restored"):
        from . import restoring

        return getattr(restoring, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
