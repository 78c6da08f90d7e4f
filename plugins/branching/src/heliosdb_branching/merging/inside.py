"""The three-way merge of a table inside SQLite: one statement finds and enters what the branch brings.

It compares what a row was, by the branch's log, what it is here and what it is on the branch. Rows that no side has
changed against the other never leave SQLite; those that clash are handed over, to be decided one by one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..logs.changes import Key, Span, grouped, identities, inside
from ..logs.tables import Table
from ..logs.triggers import Log, log_table
from ..logs.watching import versions
from ..running import run, value
from .ledger import ADDED, CHANGED, CLASH, REMOVED, ROWS, Sheet
from .meeting import Notes
from .reading import Alignment, Trio

THEIRS = "heliosdb_theirs"
"""The name under which the branch is attached to the target."""

IS_POSSIBLE = sqlite3.sqlite_version_info >= (3, 35)
_WIDEST = 480  # columns, each of which is there four times at most; SQLite has rows of 2000
_KEEP, _TAKE, _CLASH = "'0'", "'1'", "'2'"


class _Found(NamedTuple):
    """A query of rows."""

    source: str
    """Its WITH clause."""
    rows: str

    def selecting(self, columns: Sequence[str], condition: str) -> str:
        """Return a query of some of it, without what it begins with."""
        return f"SELECT {', '.join(columns)} FROM ({self.rows}) WHERE {condition}"


def fits(alignment: Alignment) -> bool:
    """Return whether the rows of all sides fit into one row of SQLite."""
    return len(alignment.ours.columns) <= _WIDEST


def is_attached(connection: Any) -> bool:
    """Return whether the branch can be read on the target's connection."""
    return bool(value(connection, "SELECT 1 FROM pragma_database_list WHERE name = ?", (THEIRS,)))


class InsideMerge:
    """The merge of one table.

    :param log: the branch's log of the table; None for a table that is new on the branch
    :param defaults: what a column held before there was one
    """

    def __init__(
        self,
        target: Any,
        branch: Any,
        alignment: Alignment,
        log: Log | None,
        spans: Sequence[Span],
        defaults: Mapping[str, Any],
    ) -> None:
        self._target = target
        self._alignment = alignment
        self._log = log
        self._spans = spans
        self._parameters: list[Any] = []
        self._versions = versions(branch, log.id) if log is not None else {}
        self._defaults = defaults
        theirs = {ours: its for its, ours in alignment.columns}
        self._shared = [place for place, name in enumerate(alignment.ours.columns) if name in theirs]
        self._theirs = [theirs.get(name) for name in alignment.ours.columns]
        self.by_rowid = False
        """Some row is told by its rowid alone."""

    def enter(self, sheet: Sheet, notes: Notes | None) -> list[Trio]:
        """Enter what is to be written; return the rows that clash.

        :param notes: takes note of rows that both sides have changed
        """
        clashes: list[Trio] = []
        for condition, by_rowid in self._identities():
            if by_rowid:
                if not self._any(condition):
                    continue
                self.by_rowid = True
            touched = self._found(condition, by_rowid)
            run(self._target, self._entering(sheet, touched), self._parameters)
            sheet.end()
            if notes is not None:
                for into, selected in notes.statements(self._alignment.ours.columns):
                    query = touched.selecting(selected, f"{self._differs('t')} AND {self._differs('o')}")
                    run(self._target, f"{touched.source} {into} {query}", self._parameters)
            if any(kind.op == CLASH for kind in sheet.kinds()):
                clashes += self._clashes(touched)
                sheet.strike_clashes()
        return clashes

    def _identities(self) -> Iterator[tuple[str, bool]]:
        theirs = self._alignment.theirs
        log = self._log
        if log is None:
            keys = [f"t.{q(column)}" for column in theirs.key]
            yield from identities(keys, f"t.{theirs.rowid}" if theirs.logs_rowid else None)
        else:
            keys = [f"c{log.columns[column]}" for column in theirs.key]
            yield from identities(keys, "r" if theirs.logs_rowid else None)

    def _any(self, condition: str) -> bool:
        theirs = self._alignment.theirs
        if self._log is None:
            text = f"SELECT EXISTS (SELECT 1 FROM {THEIRS}.{q(theirs.name)} AS t WHERE {condition})"
        else:
            log = f"{THEIRS}.{q(log_table(self._log.id))}"
            text = f"SELECT EXISTS (SELECT 1 FROM {log} WHERE ({inside(self._spans)}) AND {condition})"
        return bool(value(self._target, text))

    # -- rows on three sides -----------------------------------------------------------------------------------------
    def _found(self, condition: str, by_rowid: bool) -> _Found:
        """Return the query of all rows that the branch touched, each with what becomes of it.

        Each row: what is to be done, which cells, its rowid and key, then for every column of ours what becomes of the
        cell, what it was, what it is here and what it is on the branch.
        """
        self._parameters = []
        source, was = self._source(condition, by_rowid)
        ours, theirs = self._alignment.ours, self._alignment.theirs
        here = f"LEFT JOIN main.{q(ours.name)} AS o ON {_on('o', ours, by_rowid)}"
        selected = [
            "l.r AS r",
            *(f"l.k{place} AS k{place}" for place in range(len(ours.key))),
            "l.there AS b",
            f"{_presence('o', ours)} AS o",
        ]
        if self._log is not None:
            there = f"{_presence('t', theirs)}"
            joined = f"LEFT JOIN {THEIRS}.{q(theirs.name)} AS t ON {_on('t', theirs, by_rowid)}"
        else:
            there, joined = "1", ""
        selected.append(f"{there} AS t")
        for place, column in enumerate(ours.columns):
            selected.append(f"o.{q(column)} AS o{place}")
            if place in self._shared:
                base, their = was[place], self._their(place)
                selected += [f"{base} AS b{place}", f"{their} AS t{place}"]
        rows = f"SELECT {', '.join(selected)} FROM l {joined} {here} LIMIT -1"
        states = [
            f"CASE WHEN {self._same(place, 't', 'b')} OR {self._same(place, 'o', 't')} THEN {_KEEP}"
            f" WHEN {self._same(place, 'o', 'b')} THEN {_TAKE} ELSE {_CLASH} END AS s{place}"
            if place in self._shared
            else f"{_KEEP} AS s{place}"
            for place in range(len(ours.columns))
        ]
        cells = f"SELECT *, {', '.join(states)} FROM ({rows}) LIMIT -1"
        mask = _balanced(" || ", [f"s{place}" for place in range(len(ours.columns))])
        masked = f"SELECT *, {mask} AS m FROM ({cells}) LIMIT -1"
        return _Found(source, f"SELECT *, {self._verdict()} AS op FROM ({masked}) LIMIT -1")

    def _source(self, condition: str, by_rowid: bool) -> tuple[str, dict[int, str]]:
        """Return the rows that were touched, and the expression of each cell as it was."""
        theirs = self._alignment.theirs
        if self._log is None:
            rowid = f"t.{theirs.rowid}" if by_rowid else "NULL"
            told = "".join(f", t.{q(column)} AS k{place}" for place, column in enumerate(theirs.key))
            cells = "".join(f", t.{q(str(self._theirs[place]))} AS t{place}" for place in self._shared)
            text = (
                f"WITH l AS (SELECT {rowid} AS r{told}, 0 AS there{cells}"
                f" FROM {THEIRS}.{q(theirs.name)} AS t WHERE {condition})"
            )
            return text, dict.fromkeys(self._shared, "NULL")
        log = self._log
        keys = [f"c{log.columns[column]}" for column in theirs.key]
        logged = [f"c{log.columns[str(self._theirs[place])]} AS b{place}" for place in self._shared]
        named = [f"{key} AS k{place}" for place, key in enumerate(keys)]
        rowid = "r" if by_rowid else "NULL AS r"
        selected = ["min(seq) AS s", "v", "op <> 0 AS there", rowid, *named, *logged]
        text = (
            f"WITH l AS MATERIALIZED (SELECT {', '.join(selected)} FROM {THEIRS}.{q(log_table(log.id))}"
            f" {grouped(self._spans, condition, 'r' if by_rowid else ', '.join(keys))})"
        )
        return text, {place: self._was(place) for place in self._shared}

    def _was(self, place: int) -> str:
        """Return the expression of a cell as it was: its default, in entries older than the column."""
        assert self._log is not None  # noqa: S101 - a new table was nothing
        column = str(self._theirs[place])
        number = self._log.columns[column]
        unaware = [str(version) for version, known in self._versions.items() if number not in known]
        unaware = [version for version in unaware if int(version) >= 0]
        if not unaware:
            return f"l.b{place}"
        self._parameters.append(self._defaults.get(column))
        return f"CASE WHEN l.there AND l.v IN ({', '.join(unaware)}) THEN ? ELSE l.b{place} END"

    def _their(self, place: int) -> str:
        return f"l.t{place}" if self._log is None else f"t.{q(str(self._theirs[place]))}"

    def _same(self, place: int, one: str, other: str) -> str:
        """Return the condition that a cell is the same on two sides."""
        ours, theirs = self._alignment.ours, self._alignment.theirs
        converts = ours.columns[place] in ours.converting and self._theirs[place] in theirs.converting
        return same(f"{one}{place}", f"{other}{place}", converts=converts)

    def _all_same(self, one: str, other: str) -> str:
        return _balanced(" AND ", [self._same(place, one, other) for place in self._shared])

    def _differs(self, side: str) -> str:
        """Return the condition that a row is not on a side what it was."""
        return f"(CASE WHEN b AND {side} THEN NOT {self._all_same(side, 'b')} ELSE b <> {side} END)"

    def _verdict(self) -> str:
        """Return the expression of what becomes of a row; NULL where it stays as it is."""
        all_same = self._all_same
        return (
            f"CASE WHEN b AND o AND t THEN CASE WHEN instr(m, {_CLASH}) THEN {CLASH}"
            f" WHEN instr(m, {_TAKE}) THEN {CHANGED} END"
            f" WHEN NOT t THEN CASE WHEN NOT b OR NOT o THEN NULL WHEN {all_same('o', 'b')} THEN {REMOVED}"
            f" ELSE {CLASH} END"
            f" WHEN NOT b THEN CASE WHEN NOT o THEN {ADDED} WHEN {all_same('o', 't')} THEN NULL ELSE {CLASH} END"
            f" WHEN {all_same('t', 'b')} THEN NULL ELSE {CLASH} END"
        )

    # -- what is done with them --------------------------------------------------------------------------------------
    def _entering(self, sheet: Sheet, found: _Found) -> str:
        """Return the statement that enters what is to be written, each cell only where it is needed."""
        width = range(len(self._alignment.ours.columns))
        every, shared = "1" * len(width), "".join("1" if place in self._shared else "0" for place in width)
        keys = [f"k{place}" for place in range(len(sheet.key))]
        old = [
            f"CASE WHEN op = {REMOVED} OR (op = {CHANGED} AND s{place} = {_TAKE}) THEN o{place} END"
            for place in width
        ]
        new = [
            f"CASE WHEN op = {ADDED} OR (op = {CHANGED} AND s{place} = {_TAKE}) THEN t{place} END"
            if place in self._shared
            else "NULL"
            for place in width
        ]
        mask = f"CASE op WHEN {REMOVED} THEN '{every}' WHEN {ADDED} THEN '{shared}' ELSE m END"
        query = found.selecting(["op", mask, "r", *keys, *old, *new], "op IS NOT NULL")
        return f"{found.source} INSERT INTO main.{ROWS} ({', '.join(sheet.names)}) {query}"

    def _clashes(self, found: _Found) -> Iterator[Trio]:
        """Yield the rows that both sides changed, each in its own way."""
        names = self._alignment.names
        width = len(self._alignment.ours.key)
        order = {name: place for place, name in enumerate(self._alignment.ours.columns)}
        cells = [f"{side}{order[name]}" for side in "bot" for name in names]
        keys = [f"k{place}" for place in range(width)]
        query = found.selecting(["r", "b", "o", "t", *keys, *cells], f"op = {CLASH}")
        for rowid, was, our, their, *rest in run(self._target, f"{found.source} {query}", self._parameters):
            key, values = Key(tuple(rest[:width]), rowid), rest[width:]
            count = len(names)
            sides = (tuple(values[start : start + count]) for start in range(0, 3 * count, count))
            present = (was, our, their)
            base, ours, theirs = (row if there else None for row, there in zip(sides, present, strict=True))
            yield Trio(key, key, base, ours, theirs)


def _presence(alias: str, table: Table) -> str:
    there = table.rowid if table.rowid is not None else q(table.key[0])
    return f"{alias}.{there} IS NOT NULL"


def _on(alias: str, table: Table, by_rowid: bool) -> str:
    """Return the condition that a row of a table is the one that was touched."""
    if by_rowid:
        on = f"{alias}.{table.rowid} = l.r"
        if table.key:
            on += f" AND ({' OR '.join(f'{alias}.{q(column)} IS NULL' for column in table.key)})"
        return on
    return " AND ".join(f"{alias}.{q(column)} = l.k{place}" for place, column in enumerate(table.key))


def same(one: str, other: str, *, converts: bool = False) -> str:
    """Return the condition that two values are the same, type and all: no affinity, no collation.

    :param converts: they are of columns that know no difference between 1 and 1.0
    """
    equal = f"(+{one}) IS ((+{other}) COLLATE BINARY)"
    return f"({equal})" if converts else f"({equal} AND typeof({one}) = typeof({other}))"


def _balanced(operator: str, terms: Sequence[str]) -> str:
    """Return the terms joined, in parentheses that keep the expression from becoming deep."""
    if len(terms) <= 8:
        return f"({operator.join(terms)})" if terms else "1"
    half = len(terms) // 2
    return f"({_balanced(operator, terms[:half])}{operator}{_balanced(operator, terms[half:])})"
