"""What a merge does with each row: the pure three-way merge, and the strategy where both sides changed a row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from ..errors import Conflict
from ..logs.changes import Key, lookup
from .applying import Failure
from .asking import Unsealed
from .ledger import Write
from .reading import Alignment, Trio
from .rows import Row, Verdict, merge_row, same_row, same_value, settled

Strategy = Literal["abort", "ours", "theirs"] | Callable[[Conflict], Any]
NAMED = ("abort", "ours", "theirs")


def checked_strategy(strategy: Any) -> Strategy:
    """Return the strategy.

    :raises ProgrammingError: it is none
    """
    if callable(strategy) or strategy in NAMED:
        return strategy  # type: ignore[no-any-return]
    raise sqlite3.ProgrammingError(
        f"strategy={strategy!r}: it is 'abort', 'ours', 'theirs', or a function that is given a Conflict"
    )


class Decider:
    """Decides the rows of one table and collects what is to be written."""

    def __init__(
        self, alignment: Alignment, strategy: Strategy, *, renumber: bool, gone: tuple[str, ...] = ()
    ) -> None:
        self._alignment = alignment
        self._strategy = strategy
        self._renumber = renumber
        self.conflicts: list[Conflict] = []
        """All of them, decided or not."""
        self.open: list[Conflict] = []
        """Those that nothing decided."""
        self.work: list[Write] = []
        self.by_rowid = False
        """Some row is told by its rowid alone."""
        self.theirs_keys: dict[Key, Key] = {}
        """The branch's key of each row that gets another one here."""
        self._gone = gone

    def decide(self, rows: Iterable[Trio]) -> None:
        """Look at every row."""
        for row in rows:
            self.by_rowid = self.by_rowid or row.key.rowid is not None
            outcome = merge_row(row.base, row.ours, row.theirs)
            if outcome.verdict is Verdict.KEEP:
                continue
            if outcome.verdict is Verdict.TAKE:
                self._write(row, outcome.row)
            elif outcome.cells:
                self._decide_cells(row, outcome.row or (), outcome.cells)
            elif row.base is None and row.ours is not None and self._may_renumber(row.key):
                self.theirs_keys[row.key] = row.theirs_key
                self._add(row, row.theirs or (), renumber=True)
            else:
                self._decide_row(row)

    def _may_renumber(self, key: Key) -> bool:
        """Return whether a new row may get another number: rows without a key have one that means nothing."""
        return self._renumber or (key.rowid is not None and self._alignment.theirs.nullable_key)

    def _decide_cells(self, row: Trio, merged: Row, cells: tuple[int, ...]) -> None:
        names, result, undecided = self._alignment.names, list(merged), False
        for place in cells:
            base, ours, theirs = (
                None if each is None else each[place] for each in (settled(row.base), row.ours, row.theirs)
            )
            conflict = Conflict(self._alignment.ours.name, row.key.shown, names[place], base, ours, theirs)
            self.conflicts.append(conflict)
            if self._strategy == "abort":
                self.open.append(conflict)
                undecided = True
            elif self._strategy == "theirs":
                result[place] = theirs
            elif callable(self._strategy):
                result[place] = _cell(self._strategy(conflict), conflict)
        if not undecided:
            self._write(row, tuple(result))

    def _decide_row(self, row: Trio) -> None:
        names = self._alignment.names
        base, ours, theirs = (
            None if each is None else dict(zip(names, each, strict=True))
            for each in (settled(row.base), row.ours, row.theirs)
        )
        conflict = Conflict(self._alignment.ours.name, row.key.shown, None, base, ours, theirs, _reason(row))
        self.conflicts.append(conflict)
        if self._strategy == "abort":
            self.open.append(conflict)
        elif self._strategy == "theirs":
            self._write(row, row.theirs)
        elif callable(self._strategy):
            self._write(row, self._asked(row, conflict, self._strategy(conflict)))

    def _asked(self, row: Trio, conflict: Conflict, wanted: Any) -> Row | None:
        """Return the row that a function has decided for.

        :raises ProgrammingError: it is none, or another row
        """
        if wanted is None:
            return None
        names = self._alignment.names
        if not isinstance(wanted, Mapping) or not set(wanted) <= set(names):
            raise sqlite3.ProgrammingError(
                f"the strategy returned {wanted!r} for a whole row of {conflict.table!r}: return a mapping from column "
                f"to value, of the columns {', '.join(names)}, or None for no row"
            )
        cells = dict(zip(names, row.ours or row.theirs or (), strict=True))
        cells |= {name: _cell(cell, conflict) for name, cell in wanted.items()}
        for column in self._alignment.ours.key:
            known = [dict(zip(names, each, strict=True))[column] for each in (row.ours, row.theirs) if each]
            if cells[column] not in known:
                raise sqlite3.ProgrammingError(
                    f"the strategy returned the key {cells[column]!r} for the row {list(row.key.shown)!r} of "
                    f"{conflict.table!r}: it decides what a row holds, and not which one it is"
                )
        return tuple(cells[name] for name in names)

    def _write(self, row: Trio, wanted: Row | None) -> None:
        if same_row(row.ours, wanted):
            return
        if wanted is None or row.ours is None:
            if wanted is None:
                self.work.append(Write(row.key, self._alignment.names, row.ours, None))
            else:
                self._add(row, wanted, renumber=False)
            return
        places = [
            place
            for place, (our, new) in enumerate(zip(row.ours, wanted, strict=True))
            if not same_value(our, new)
        ]
        names = self._alignment.names
        self.work.append(
            Write(
                row.key,
                tuple(names[place] for place in places),
                tuple(row.ours[place] for place in places),
                tuple(wanted[place] for place in places),
            )
        )

    def _add(self, row: Trio, wanted: Row, *, renumber: bool) -> None:
        self.work.append(Write(row.key, self._alignment.names, None, wanted, renumber))

    def keep_whole(self, connection: Any) -> None:
        """Note the rows that go with all their cells, those too that the branch knows nothing of."""
        table = self._alignment.ours
        gone = [write for write in self.work if write.new is None]
        whole = lookup(connection, table, table.columns, [write.key for write in gone])
        self.work = [write for write in self.work if write.new is not None]
        self.work += [
            write._replace(columns=table.columns, old=row)
            for write, row in zip(gone, whole, strict=True)
            if row is not None
        ]

    def failed(self, failures: Iterable[Failure]) -> None:
        """Take note of rows that do not go in: they are at odds with rows that only our side has."""
        for write, reason in failures:
            names = write.columns
            old, new = (
                None if each is None else dict(zip(names, each, strict=True))
                for each in (write.old, write.new)
            )
            conflict = Conflict(self._alignment.ours.name, write.key.shown, None, old, old, new, reason)
            self.conflicts.append(conflict)
            if self._strategy != "ours":
                self.open.append(conflict)


def _cell(wanted: Any, conflict: Conflict) -> Any:
    """Return what a function has decided for, as SQLite holds it.

    :raises ProgrammingError: no cell can hold it
    """
    if wanted is None or isinstance(wanted, (str, bytes, float)):
        return wanted
    if isinstance(wanted, Unsealed):
        return Unsealed(_cell(wanted.value, conflict))
    if isinstance(wanted, int):
        return int(wanted)
    if isinstance(wanted, (bytearray, memoryview)):
        return bytes(wanted)
    raise sqlite3.ProgrammingError(
        f"the strategy returned {wanted!r} for a cell of {conflict.table!r}: return None, an int, a float, a str or "
        "bytes"
    )


def _reason(row: Trio) -> str:
    if row.base is None:
        return "both sides added it"
    return (
        "removed here, changed on the branch" if row.ours is None else "changed here, removed on the branch"
    )
