"""Rows that a branch has changed by itself and that merges into it have written too: what they were for both sides.

The row as the other side last had it from the branch, with what merges have brought to both sides since; what the
branch has made of it besides is its own change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..logs import changes as logged
from ..logs.changes import Change, Key, Span, identities, inside, lookup
from ..logs.tables import Table
from ..logs.triggers import IMAGE, MET_FROM, MET_TO, log_table
from ..logs.watching import versions
from ..running import run
from .rows import Row, carried


class _Entry(NamedTuple):
    """An entry of a log."""

    row: int
    """Which row it is about."""
    seq: int
    op: int
    key: Key
    image: Row | None


def changes(
    connection: Any,
    log: int,
    spans: Sequence[Span],
    table: Table | None,
    columns: Sequence[str],
    numbers: Mapping[str, int | None],
    defaults: Mapping[str, Any],
    key: tuple[str, ...],
) -> Iterator[Change]:
    """Yield each row that was touched, once: :func:`..logs.changes.changes`, and the interwoven ones."""
    given = (connection, log, spans, table, columns, numbers, defaults, key)
    yield from logged.changes(*given)
    yield from interwoven(*given)


def interwoven(
    connection: Any,
    log: int,
    spans: Sequence[Span],
    table: Table | None,
    columns: Sequence[str],
    numbers: Mapping[str, int | None],
    defaults: Mapping[str, Any],
    key: tuple[str, ...],
) -> Iterator[Change]:
    """Yield the rows that the branch has changed between merges that wrote them; it is asked as changes() is."""
    arrived = [each for each in spans if each.arrived]
    if not arrived:
        return
    reader = _Reader(connection, log, spans, numbers, defaults)
    for condition, by_rowid in identities(
        [f"c{numbers[column]}" for column in key], "r" if table is None or table.logs_rowid else None
    ):
        found = list(reader.entries(columns, key, condition, by_rowid))
        groups = [list(group) for _, group in groupby(found, key=lambda entry: entry.row)]
        keys = [group[0].key for group in groups]
        now: Sequence[Row | None] = [None] * len(keys)
        if table is not None:
            now = lookup(connection, table, columns, keys)
        for entries, theirs in zip(groups, now, strict=True):
            yield Change(entries[0].key, _base(entries, arrived, theirs), theirs)


def _base(entries: Sequence[_Entry], arrived: Sequence[Span], now: Row | None) -> Row | None:
    """Return what a row was for both sides."""
    plain = [each for each in entries if each.op <= IMAGE]
    base = plain[0].image if plain else now
    for span in arrived:
        inside_it = [each for each in entries if _is_in(span, each)]
        written = [each for each in inside_it if each.op <= IMAGE]
        was = [each for each in inside_it if each.op & MET_FROM]
        became = [each for each in inside_it if each.op & MET_TO]
        if was and became:
            base = carried(was[-1].image, base, became[-1].image)
        elif written:
            later = [each for each in plain if each.seq > written[-1].seq]
            base = carried(written[0].image, base, later[0].image if later else now)
    return base


def _is_in(span: Span, entry: _Entry) -> bool:
    return entry.seq > span.after and (span.upto is None or entry.seq <= span.upto)


class _Reader:
    """Reads the entries of one log."""

    def __init__(
        self,
        connection: Any,
        log: int,
        spans: Sequence[Span],
        numbers: Mapping[str, int | None],
        defaults: Mapping[str, Any],
    ) -> None:
        self._connection = connection
        self._log = log
        self._spans = spans
        self._numbers = numbers
        self._defaults = defaults
        self._versions = versions(connection, log)

    def entries(
        self, columns: Sequence[str], key: tuple[str, ...], condition: str, by_rowid: bool
    ) -> Iterator[_Entry]:
        """Yield all entries of the rows in question, row by row, in their order."""
        keys = [f"c{self._numbers[column]}" for column in key]
        told = ["r"] if by_rowid else keys
        logged_as = [self._numbers[column] for column in columns]
        cells = [f"l.c{number}" if number is not None else "NULL" for number in logged_as]
        table = f"main.{q(log_table(self._log))}"
        where = f"{inside(self._spans)} AND {condition}"
        arrived = inside(each for each in self._spans if each.arrived)
        rows = (
            f"SELECT min(seq) AS row, {', '.join(f'{each} AS k{place}' for place, each in enumerate(told))}"
            f" FROM {table} WHERE {where} GROUP BY {', '.join(told)} HAVING sum({arrived})"
            f" AND (sum(op <= {IMAGE} AND NOT {arrived}) OR sum(op > {IMAGE} AND {arrived}))"
        )
        same = " AND ".join(f"l.{each} = f.k{place}" for place, each in enumerate(told))
        selected = ", ".join(
            ["f.row", "l.seq", "l.v", "l.op", "l.r", *(f"l.{each}" for each in keys), *cells]
        )
        text = (
            f"SELECT {selected} FROM ({rows}) AS f CROSS JOIN (SELECT * FROM {table} WHERE {where}) AS l ON {same}"
            " ORDER BY f.row, l.seq"
        )
        for row, seq, version, op, rowid, *rest in run(self._connection, text):
            cells_now = tuple(rest[len(keys) :])
            image = self._known(version, columns, cells_now) if op & IMAGE else None
            yield _Entry(row, seq, op, Key(tuple(rest[: len(keys)]), rowid if by_rowid else None), image)

    def _known(self, version: int, columns: Sequence[str], cells: Row) -> Row:
        """Return a row with the defaults of the columns that came after it."""
        there = self._versions.get(version, {})
        return tuple(
            cell if self._numbers[column] in there else self._defaults.get(column)
            for column, cell in zip(columns, cells, strict=True)
        )
