"""Is it worth it? What keeping the results of one SQL text has saved, measured, against what it has cost."""

from __future__ import annotations

_WATCHED = 64  # look-ups after which the balance is drawn
_BUSY = 0.0001  # seconds that keeping a small result takes on a slow machine
# Executions that a text for which it is negative is left alone, at first and later.
_RESTS, _MOST = 1024, 16_384


class Account:
    """The seconds that one text has gained and lost.

    Every text is looked up until the first balance. One that has only lost, because SQLite is as fast as the cache or
    because nobody asks the same again, is run by SQLite for a while, and then gets another chance: its table may have
    grown. Each chance lost doubles the while.
    """

    __slots__ = ("_balance", "_looked_up", "_next_rest", "_rests")

    def __init__(self) -> None:
        self._balance = 0.0
        self._looked_up = 0
        self._rests = 0
        self._next_rest = _RESTS

    @property
    def is_new(self) -> bool:
        """Whether this is the first look-up, or the first one after a rest."""
        return self._looked_up == 0

    def rests(self) -> bool:
        """Return whether this execution is left to SQLite."""
        if self._rests:
            self._rests -= 1
            return True
        return False

    def hit(self, saved: float, took: float) -> None:
        """A result was there: ``saved`` is what SQLite needed for it, ``took`` what it took to hand it out.

        One that took very long, because the machine was busy, counts as a loss like others.
        """
        self._book(max(saved - took, -saved))

    def miss(self, needed: float, took: float) -> None:
        """None was there; SQLite needed so long for it, and the cache so much more."""
        self._book(-min(took, max(needed, _BUSY)))

    def _book(self, seconds: float) -> None:
        self._balance += seconds
        self._looked_up += 1
        if self._looked_up == _WATCHED:
            if self._balance > 0:
                self._balance, self._looked_up, self._next_rest = 0.0, 1, _RESTS
            else:
                self.rest()

    def rest(self) -> None:
        """Leave the text alone for a while: it has lost, or a result of it was too large."""
        self._rests, self._balance, self._looked_up = self._next_rest, 0.0, 0
        self._next_rest = min(self._next_rest * 2, _MOST)
