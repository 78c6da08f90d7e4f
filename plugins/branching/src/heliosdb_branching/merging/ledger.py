"""What a merge writes, row by row, in the target's own file: first what is to be done, then what takes it back.

A sheet of the ledger is about one table. An entry has the row's key, its cells as they were, and as they are to be;
only those that change, in a row that stays.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..logs.changes import Key
from ..logs.tables import Table
from ..results import TableChanges
from ..running import rows, run, run_many, value

ROWS = "_heliosdb_merge_rows"
REMOVED, CHANGED, ADDED, CLASH = 0, 1, 2, 3
"""What an entry is about. A clash is in nobody's ledger for long: it waits for the strategy."""

_WIDTH = 12  # cells that the ledger has room for from the beginning
_WIDEST = 1900  # SQLite's limit is 2000 columns
_CREATE = (
    f"CREATE TABLE IF NOT EXISTS {ROWS} (seq INTEGER PRIMARY KEY, op INTEGER NOT NULL, mask TEXT, r INTEGER, "
    + ", ".join(f"c{number}" for number in range(_WIDTH))
    + ")"
)


class Write(NamedTuple):
    """One row to be written."""

    key: Key
    columns: tuple[str, ...]
    old: tuple[Any, ...] | None
    """The cells as they are; None for a row that is to be added."""
    new: tuple[Any, ...] | None
    """The cells as they should be; None for a row that is to be removed."""
    renumber: bool = False
    """The row gets a rowid of the database's choosing."""

    @property
    def inverse(self) -> Write:
        """What takes it back."""
        return Write(self.key, self.columns, self.new, self.old)


def numbered(write: Write, table: Table, rowid: int) -> Write:
    """Return a new row with the number that it got."""
    key, new = Key(write.key.values, rowid), write.new
    if table.alias:
        key = Key((rowid,))
        cells = dict(zip(write.columns, new or (), strict=True)) | {table.key[0]: rowid}
        new = tuple(cells[column] for column in write.columns)
    return Write(key, write.columns, None, new)


class Kind(NamedTuple):
    """Entries that have the same cells."""

    op: int
    mask: str
    by_rowid: bool
    entries: int


class Sheet:
    """What is written in one table."""

    def __init__(
        self, connection: Any, table: str, key: Sequence[str], columns: Sequence[str], after: int, upto: int
    ) -> None:
        self.connection = connection
        self.table = table
        self.key = tuple(key)
        self.columns = tuple(columns)
        self.after = after
        self.upto = upto
        self._kinds: list[Kind] | None = None

    # -- where things stand in an entry ------------------------------------------------------------------------------
    def key_cell(self, place: int) -> str:
        """Return the column that has a part of the key."""
        return f"c{place}"

    def old_cell(self, place: int) -> str:
        """Return the column that has a cell as it was."""
        return f"c{len(self.key) + place}"

    def new_cell(self, place: int) -> str:
        """Return the column that has a cell as it is to be."""
        return f"c{len(self.key) + len(self.columns) + place}"

    def given(self, place: int) -> str:
        """Return the condition that an entry has a cell."""
        return f"substr(w.mask, {place + 1}, 1) = '1'"

    def mask(self, columns: Iterable[str]) -> str:
        """Return which cells an entry has, as it says it."""
        there = set(columns)
        return "".join("1" if column in there else "0" for column in self.columns)

    def inside(self) -> str:
        """Return the condition that an entry is of this sheet."""
        return f"w.seq > {self.after} AND w.seq <= {self.upto}"

    @property
    def names(self) -> list[str]:
        """The columns of an entry, but for its number."""
        return ["op", "mask", "r", *(f"c{place}" for place in range(len(self.key) + 2 * len(self.columns)))]

    # -- entries -----------------------------------------------------------------------------------------------------
    def end(self) -> None:
        """Take note of where the last entry stands."""
        last = max(self.after, last_entry(self.connection))
        if last != self.upto:
            self.upto, self._kinds = last, None

    def add(self, writes: Iterable[Write]) -> None:
        """Enter these rows."""
        marks = ", ".join("?" * len(self.names))
        run_many(
            self.connection,
            f"INSERT INTO main.{ROWS} ({', '.join(self.names)}) VALUES ({marks})",
            map(self._entry, writes),
        )
        self.end()

    def _entry(self, write: Write) -> list[Any]:
        places = [self.columns.index(column) for column in write.columns]
        old, new = ([None] * len(self.columns) for _ in range(2))
        for cells, given in ((old, write.old), (new, write.new)):
            for place, cell in zip(places, given or (), strict=False):
                cells[place] = cell
        op = REMOVED if write.new is None else ADDED if write.old is None else CHANGED
        values = write.key.values or (None,) * len(self.key)
        return [op, self.mask(write.columns), write.key.rowid, *values, *old, *new]

    def writes(self) -> Iterator[Write]:
        """Yield the entries."""
        width, count = len(self.key), len(self.columns)
        text = f"SELECT {', '.join(self.names)} FROM main.{ROWS} AS w WHERE {self.inside()} ORDER BY seq"
        for op, mask, rowid, *cells in run(self.connection, text):
            key, old, new = cells[:width], cells[width : width + count], cells[width + count :]
            places = [place for place, mark in enumerate(mask) if mark == "1"]
            yield Write(
                Key(tuple(key), rowid),
                tuple(self.columns[place] for place in places),
                None if op == ADDED else tuple(old[place] for place in places),
                None if op == REMOVED else tuple(new[place] for place in places),
            )

    def strike(self, keys: Iterable[Key]) -> None:
        """Take the rows of these keys out of the sheet."""
        for key in keys:
            terms = [f"c{place} IS ?" for place in range(len(self.key))]
            run(
                self.connection,
                f"DELETE FROM main.{ROWS} AS w WHERE {' AND '.join([self.inside(), 'r IS ?', *terms])}",
                (key.rowid, *(key.values or (None,) * len(self.key))),
            )
            self._kinds = None

    def strike_clashes(self) -> None:
        """Take the entries out of the sheet that wait to be decided."""
        run(self.connection, f"DELETE FROM main.{ROWS} AS w WHERE {self.inside()} AND op = {CLASH}")
        self._kinds = None
        self.end()

    def kinds(self) -> list[Kind]:
        """Return what kinds of entries there are."""
        if self._kinds is None:
            found = rows(
                self.connection,
                f"SELECT op, mask, r IS NOT NULL, count(*) FROM main.{ROWS} AS w WHERE {self.inside()}"
                " GROUP BY 1, 2, 3",
            )
            self._kinds = [Kind(*each) for each in found]
        return self._kinds

    def counts(self) -> TableChanges:
        """Return how many rows of each kind there are."""
        found = dict.fromkeys((ADDED, CHANGED, REMOVED), 0)
        for kind in self.kinds():
            found[kind.op] += kind.entries
        return TableChanges(found[ADDED], found[CHANGED], found[REMOVED])

    def matches(self, alias: str, rowid: str | None, *, by_rowid: bool) -> str:
        """Return the condition that a row of the table is the one that an entry is about."""
        if by_rowid:
            return f"{alias}.{rowid} = w.r"
        return " AND ".join(f"{alias}.{q(column)} = w.c{place}" for place, column in enumerate(self.key))

    # -- as it is kept -----------------------------------------------------------------------------------------------
    def dumps(self) -> str:
        """Return where it stands, as JSON."""
        return json.dumps(
            {
                "table": self.table,
                "key": self.key,
                "columns": self.columns,
                "after": self.after,
                "upto": self.upto,
            },
            ensure_ascii=False,
        )

    @classmethod
    def loads(cls, connection: Any, text: str) -> Sheet:
        """Return what :meth:`dumps` wrote."""
        return cls(connection, **json.loads(text))


class Ledger:
    """The sheets of one merge."""

    def __init__(self, connection: Any, merge: int) -> None:
        self._connection = connection
        self.merge = merge
        self.sheets: list[Sheet] = []

    def sheet(self, table: Table) -> Sheet:
        """Begin a sheet.

        :raises NotSupportedError: the table has more columns than an entry could have
        """
        if not self.sheets:
            run(self._connection, _CREATE)
        width = len(table.key) + 2 * len(table.columns)
        if width > _WIDEST:
            raise sqlite3.NotSupportedError(
                f"table {table.name!r} has {len(table.columns)} columns, too many to be merged: at most "
                f"{(_WIDEST - len(table.key)) // 2}"
            )
        there = value(self._connection, "SELECT count(*) FROM pragma_table_info(?, 'main')", (ROWS,)) - 4
        for number in range(there, width):
            run(self._connection, f"ALTER TABLE main.{ROWS} ADD COLUMN c{number}")
        last = last_entry(self._connection)
        sheet = Sheet(self._connection, table.name, table.key, table.columns, last, last)
        self.sheets.append(sheet)
        return sheet

    def keep(self) -> None:
        """Note where the sheets stand, in the merge's transaction."""
        for part, sheet in enumerate(each for each in self.sheets if each.upto > each.after):
            run(
                self._connection,
                "INSERT INTO _heliosdb_merge_undo VALUES (?, ?, ?)",
                (self.merge, part, sheet.dumps()),
            )

    def forget_older(self, branch: str) -> None:
        """Drop what was kept of earlier merges of the same branch."""
        before = rows(
            self._connection,
            "SELECT id FROM _heliosdb_merges WHERE branch = ? AND id < ? AND undone_us IS NULL"
            " ORDER BY id DESC LIMIT 1",  # which had those before it forgotten
            (branch, self.merge),
        )
        for (merge,) in before:
            forget(self._connection, merge)


def last_entry(connection: Any) -> int:
    """Return the number of the ledger's last entry."""
    return int(value(connection, f"SELECT coalesce(max(seq), 0) FROM main.{ROWS}"))


def sheets_of(connection: Any, merge: int) -> list[Sheet]:
    """Return what was kept of a merge."""
    found = rows(
        connection, "SELECT content FROM _heliosdb_merge_undo WHERE merge = ? ORDER BY part", (merge,)
    )
    return [Sheet.loads(connection, content) for (content,) in found]


def forget(connection: Any, merge: int) -> None:
    """Drop what was kept of a merge, all but that it was."""
    for sheet in sheets_of(connection, merge):
        run(connection, f"DELETE FROM main.{ROWS} AS w WHERE {sheet.inside()}")
    run(connection, "DELETE FROM _heliosdb_merge_undo WHERE merge = ?", (merge,))
    run(connection, "UPDATE _heliosdb_merges SET before = '{}', steps = '[]' WHERE id = ?", (merge,))
    drop_copies(connection, str(merge))


def drop_copies(connection: Any, merge: str = "*") -> None:
    """Drop what was kept of the tables that a merge dropped or made anew; or all merges."""
    copies = rows(
        connection,
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name GLOB ?",
        (f"_heliosdb_undo_{merge}_*",),
    )
    for (name,) in copies:
        run(connection, f"DROP TABLE main.{q(name)}")
