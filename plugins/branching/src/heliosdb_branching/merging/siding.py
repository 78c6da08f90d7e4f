"""For which side a conflict is decided that is about more than the cells of a row: by a strategy, or a function."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Literal

from ..errors import Conflict
from .deciding import Strategy

SideName = Literal["ours", "theirs"]


def side_of(strategy: Strategy, conflict: Conflict) -> SideName | None:
    """Return the side for which a conflict is decided; None where the strategy is to decide nothing.

    :raises ProgrammingError: a function returned neither side's
    """
    if not callable(strategy):
        return None if strategy == "abort" else strategy
    wanted = strategy(conflict)
    if type(wanted) is type(conflict.ours) and wanted == conflict.ours:
        return "ours"
    if type(wanted) is type(conflict.theirs) and wanted == conflict.theirs:
        return "theirs"
    raise sqlite3.ProgrammingError(
        f"the strategy returned {wanted!r} for a conflict about {conflict.table!r} ({conflict.reason}): "
        "that is decided for one side: return conflict.ours or conflict.theirs"
    )


def common_side(strategy: Strategy, conflicts: Iterable[Conflict]) -> SideName | None:
    """Return the side for which all of them are decided; None where it is not the same."""
    sides = {side_of(strategy, each) for each in conflicts}
    return sides.pop() if len(sides) == 1 else None
