"""Foreign keys after a merge: every reference that a written row makes, or that a removed row was made to, still holds.

Only the rows that were written are looked at, and looked up where an index allows it, so that the time grows with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..errors import Conflict
from ..logs.changes import Key
from ..logs.tables import Table, table_names
from ..running import rows, run
from .ledger import ADDED, CHANGED, REMOVED, ROWS, Sheet


class Reference(NamedTuple):
    """A foreign key."""

    child: str
    parent: str
    columns: tuple[str, ...]
    parents: tuple[str, ...]


def references(connection: Any) -> list[Reference]:
    """Return the foreign keys of the database."""
    found = []
    for child in table_names(connection):
        keys: dict[int, list[tuple[Any, ...]]] = {}
        for row in rows(
            connection,
            'SELECT id, seq, "table", "from", "to" FROM pragma_foreign_key_list(?, \'main\') ORDER BY id, seq',
            (child,),
        ):
            keys.setdefault(row[0], []).append(row)
        for parts in keys.values():
            parents = [part[4] for part in parts]
            if None in parents:
                parents = _primary_key(connection, parts[0][2]) or [""] * len(parts)
            if len(parents) == len(parts):
                found.append(Reference(child, parts[0][2], tuple(part[3] for part in parts), tuple(parents)))
    return found


def _primary_key(connection: Any, table: str) -> list[str]:
    found = rows(connection, "SELECT name FROM pragma_table_info(?, 'main') WHERE pk ORDER BY pk", (table,))
    return [name for (name,) in found]


Written = Mapping[str, tuple[Table, Sheet]]
"""The tables that were written, by their names."""


def check(
    connection: Any, written: Written, *, back: bool = False, elsewhere: Collection[str] = ()
) -> list[Conflict]:
    """Return the references that the written rows break.

    :param back: the sheets were taken back
    :param elsewhere: the tables of the branch: what refers to a table that neither side has refers to nothing
    """
    here = {name.lower() for (name,) in rows(connection, "SELECT name FROM main.sqlite_master")}
    gone = {name.lower() for name in elsewhere} - here
    by_name = {name.lower(): name for name, (_, sheet) in written.items() if sheet.counts().total}
    found: list[Conflict] = []
    for reference in references(connection) if by_name else ():
        child, parent = by_name.get(reference.child.lower()), by_name.get(reference.parent.lower())
        if child is not None and reference.parent.lower() in here | gone:
            found += _Check(connection, reference, *written[child], back=back).from_children(
                there=reference.parent.lower() in here
            )
        if parent is not None:
            found += _Check(connection, reference, *written[parent], back=back).to_parents()
    return found


class _Check:
    """One reference, and the rows that were written in one of its tables."""

    def __init__(
        self, connection: Any, reference: Reference, table: Table, sheet: Sheet, *, back: bool
    ) -> None:
        self._connection = connection
        self._reference = reference
        self._table = table
        self._sheet = sheet
        self._now = sheet.old_cell if back else sheet.new_cell
        self._before = sheet.new_cell if back else sheet.old_cell
        self._came, self._went = (REMOVED, ADDED) if back else (ADDED, REMOVED)
        self._match = " AND ".join(
            f"p.{q(parent)} = c.{q(column)}"
            for column, parent in zip(reference.columns, reference.parents, strict=True)
        )

    def from_children(self, *, there: bool) -> Iterator[Conflict]:
        """Yield the rows that refer to what is not there.

        :param there: the table is there, to which they refer
        """
        reference = self._reference
        filled = " AND ".join(f"c.{q(column)} IS NOT NULL" for column in reference.columns)
        for by_rowid in self._identities():
            joined = f"CROSS JOIN main.{q(reference.child)} AS c ON {self._is('c', by_rowid)}"
            orphan = filled
            if there:
                orphan += (
                    f" AND NOT EXISTS (SELECT 1 FROM main.{q(reference.parent)} AS p WHERE {self._match})"
                )
            reason = f"it refers to a row that {reference.parent} does not have"
            for key, cells in self._entries(
                joined, self._came, reference.columns, by_rowid, orphan, self._now
            ):
                yield Conflict(reference.child, key.shown, None, None, None, cells, reason)

    def to_parents(self) -> Iterator[Conflict]:
        """Yield the rows that others still refer to, and that were removed or got another key."""
        reference = self._reference
        places = {column.lower(): place for place, column in enumerate(self._sheet.columns)}
        if not all(parent.lower() in places for parent in reference.parents):
            yield from self._any_orphans()
            return
        collations = _collations(self._connection, reference)
        for by_rowid in self._identities():
            joined = f"LEFT JOIN main.{q(reference.parent)} AS now ON {self._is('now', by_rowid)}"
            was = []
            for parent in reference.parents:
                place = places[parent.lower()]
                cell = f"CASE WHEN {self._sheet.given(place)} THEN w.{self._before(place)} ELSE now.{q(parent)} END"
                collation = collations.get(parent.lower(), "BINARY")
                was.append(cell if collation == "BINARY" else f"{cell} COLLATE {q(collation)}")
            again = " AND ".join(
                f"p.{q(parent)} = {cell}" for parent, cell in zip(reference.parents, was, strict=True)
            )
            orphans = (
                f"{self._has_children(was)}"
                f" AND NOT EXISTS (SELECT 1 FROM main.{q(reference.parent)} AS p WHERE {again})"
            )
            found = self._entries(joined, self._went, reference.parents, by_rowid, orphans, self._before)
            reason = f"rows of {reference.child} still refer to it"
            for key, cells in found:
                yield Conflict(reference.parent, key.shown, None, cells, cells, None, reason)

    def _has_children(self, values: Sequence[str]) -> str:
        """Return the condition that rows refer to these values: looked up, or read once where no index finds them."""
        reference = self._reference
        child = f"main.{q(reference.child)} AS c"
        columns = [f"c.{q(column)}" for column in reference.columns]
        if _indexed(self._connection, reference):
            match = " AND ".join(f"{each} = {column}" for each, column in zip(values, columns, strict=True))
            return f"EXISTS (SELECT 1 FROM {child} WHERE {match})"
        row = values[0] if len(values) == 1 else f"({', '.join(values)})"
        return f"{row} IN (SELECT {', '.join(columns)} FROM {child})"

    def _any_orphans(self) -> Iterator[Conflict]:
        """Yield the orphans of the whole table, where what they refer to is computed from other columns."""
        reference = self._reference
        columns = ", ".join(f"c.{q(column)}" for column in reference.columns)
        filled = " AND ".join(f"c.{q(column)} IS NOT NULL" for column in reference.columns)
        text = (
            f"SELECT DISTINCT {columns} FROM main.{q(reference.child)} AS c WHERE {filled}"
            f" AND NOT EXISTS (SELECT 1 FROM main.{q(reference.parent)} AS p WHERE {self._match})"
        )
        for row in rows(self._connection, text):
            cells = dict(zip(reference.columns, row, strict=True))
            reason = f"it refers to a row that {reference.parent} does not have"
            yield Conflict(reference.child, None, None, None, None, cells, reason)

    def _identities(self) -> list[bool]:
        return sorted({kind.by_rowid for kind in self._sheet.kinds()})

    def _is(self, alias: str, by_rowid: bool) -> str:
        return self._sheet.matches(alias, self._table.rowid, by_rowid=by_rowid)

    def _entries(
        self, joined: str, op: int, columns: Sequence[str], by_rowid: bool, condition: str, cell: Any
    ) -> Iterator[tuple[Key, dict[str, Any]]]:
        """Yield the key of each entry that touches one of the columns and meets the condition, and its cells."""
        sheet = self._sheet
        places = {column.lower(): place for place, column in enumerate(sheet.columns)}
        touched = "1"
        if all(column.lower() in places for column in columns):  # else one of them is computed
            touched = " OR ".join(sheet.given(places[column.lower()]) for column in columns)
        width = len(sheet.key)
        keys = [sheet.key_cell(place) for place in range(width)]
        cells = [cell(place) for place in range(len(sheet.columns))]
        text = (
            f"SELECT {', '.join(f'w.{each}' for each in ['mask', 'r', *keys, *cells])} FROM main.{ROWS} AS w {joined}"
            f" WHERE {sheet.inside()} AND w.op IN ({op}, {CHANGED}) AND w.r IS {'NOT NULL' if by_rowid else 'NULL'}"
            f" AND ({touched}) AND {condition}"
        )
        for mask, rowid, *found in run(self._connection, text):
            given = zip(sheet.columns, mask, found[width:], strict=True)
            yield Key(tuple(found[:width]), rowid), {name: each for name, mark, each in given if mark == "1"}


def _indexed(connection: Any, reference: Reference) -> bool:
    """Return whether the children of a row can be looked up."""
    lowered = {column.lower() for column in reference.columns}
    for (index,) in rows(connection, "SELECT name FROM pragma_index_list(?, 'main')", (reference.child,)):
        first = rows(connection, "SELECT name FROM pragma_index_info(?, 'main') ORDER BY seqno", (index,))
        if first and first[0][0] is not None and first[0][0].lower() in lowered:
            return True
    key = _primary_key(connection, reference.child)
    return bool(key) and key[0].lower() in lowered


def _collations(connection: Any, reference: Reference) -> dict[str, str]:
    """Return how the referenced columns compare, as far as an index says so."""
    found: dict[str, str] = {}
    for (index,) in rows(
        connection, "SELECT name FROM pragma_index_list(?, 'main') WHERE \"unique\"", (reference.parent,)
    ):
        terms = rows(connection, "SELECT name, coll FROM pragma_index_xinfo(?, 'main') WHERE key", (index,))
        if {str(name).lower() for name, _ in terms} == {parent.lower() for parent in reference.parents}:
            found.update({str(name).lower(): collation for name, collation in terms})
    return found
