"""What goes wrong with branches: sqlite3's classes, and one of our own that lists what a merge could not decide."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

_SHOWN = 5


class Conflict(NamedTuple):
    """One thing that both sides of a merge changed, each in its own way.

    With a ``column``, the values of that cell. Without one it is about the row as a whole, which one side removed or
    both sides added: each value is then a mapping from column to value, or None where there is no such row. A conflict
    about the schema has no ``key``, and its values are texts.
    """

    table: str
    key: tuple[Any, ...] | None
    column: str | None
    base: Any
    ours: Any
    theirs: Any
    reason: str = ""

    def __str__(self) -> str:
        where = self.table if self.key is None else f"{self.table}{list(self.key)!r}"
        where = f"{where}.{self.column}" if self.column is not None else where
        why = f" ({self.reason})" if self.reason else ""
        return f"{where}: base {self.base!r}, ours {self.ours!r}, theirs {self.theirs!r}{why}"


class MergeConflict(sqlite3.IntegrityError):
    """A merge found changes that exclude each other. Nothing was changed; :attr:`conflicts` has every one."""

    def __init__(self, message: str, conflicts: Sequence[Conflict]) -> None:
        super().__init__(message)
        self.conflicts = tuple(conflicts)


def merge_conflict(
    source: str, target: str, conflicts: Sequence[Conflict], shown: Sequence[Conflict]
) -> MergeConflict:
    """Return the error that lists them: the first ones in its text, all of them in its attribute.

    :param shown: the attribute, in which encrypted columns may be read: a text goes to logs
    """
    listed = "; ".join(str(each) for each in conflicts[:_SHOWN])
    more = f"; and {len(conflicts) - _SHOWN} more" if len(conflicts) > _SHOWN else ""
    return MergeConflict(
        f"branch {source!r} can't be merged into {target!r}, which was left as it is: {len(conflicts)} "
        f"conflict{'s' if len(conflicts) > 1 else ''}: {listed}{more}. "
        "Choose a strategy, 'ours', 'theirs' or a function, or change one side",
        shown,
    )


def no_such_branch(name: object, known: Sequence[str]) -> sqlite3.OperationalError:
    """Return the error for a name that no branch has, with the nearest that one has."""
    from difflib import get_close_matches

    if name in known:
        return sqlite3.OperationalError(
            f"no such branch: {name!r} is the database itself, which is no branch to be merged or deleted: make a new "
            "branch from it to have its present state"
        )
    close = get_close_matches(str(name), known, 1)
    hint = (
        f": did you mean {close[0]!r}?"
        if close
        else ": list_branches(), or heliosdb branch list, has those that there are"
    )
    return sqlite3.OperationalError(f"no such branch: {name!r}{hint}")


def is_busy(error: BaseException) -> bool:
    """Return whether SQLite gave up waiting for somebody else's lock."""
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
