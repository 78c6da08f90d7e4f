"""The conflicts of one merge: all that were found, and those that nobody has decided."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Conflict
from .deciding import Strategy
from .siding import SideName, common_side, side_of


class Found:
    """What both sides changed, each in its own way."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self.conflicts: list[Conflict] = []
        self.open: list[Conflict] = []
        """Those that the strategy has not decided."""

    def add(self, conflicts: Iterable[Conflict], *, decided: bool = False) -> None:
        """Note conflicts."""
        conflicts = list(conflicts)
        self.conflicts += conflicts
        if not decided:
            self.open += conflicts

    def side_of(self, conflict: Conflict) -> SideName | None:
        """Note a conflict; return for which side the strategy decides it."""
        side = side_of(self._strategy, conflict)
        self.add([conflict], decided=side is not None)
        return side

    def common_side(self, conflicts: Iterable[Conflict]) -> SideName | None:
        """Note conflicts; return for which side the strategy decides all of them."""
        conflicts = list(conflicts)
        side = common_side(self._strategy, conflicts)
        self.add(conflicts, decided=side is not None)
        return side

    def only(self, side: SideName, conflicts: Iterable[Conflict]) -> None:
        """Note conflicts that can't be decided but for one side: the other's has no place here."""
        for each in conflicts:
            self.add([each], decided=side_of(self._strategy, each) == side)
