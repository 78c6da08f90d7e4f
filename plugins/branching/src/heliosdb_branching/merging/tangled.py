"""The rows of a branch as they were in the latest states that it and another database have both behind them.

They are entered into the branch's logs, as if all its changes had been made since then: in the transaction that holds
the branch while it is merged, and that is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..lineage.known import Positions
from ..lineage.merged import Since
from ..lineage.tangled import CanNotTell, Common, History
from ..logs.changes import Key, Span, changes, lookup
from ..logs.tables import Table, read_table
from ..logs.triggers import ABSENT, IMAGE, Log, log_table
from ..logs.virtuals import content_tables
from ..logs.watching import logs
from ..running import run, run_many, value
from ..schema.shapes import TableShape, read_schema
from .converting import defaults_of
from .rows import Row, carried


def untangled(source: Any, history: History, start: Since) -> Since:
    """Return where the changes of a branch begin, once its logs tell what each row was.

    :raises CanNotTell: that is not known any more
    """
    schema = history.schema()
    known, now = logs(source), read_schema(source)
    spans = dict(start.spans)
    for name in content_tables(source):
        if name in known and _has_entries(source, known[name], spans.get(str(known[name].id), ())):
            raise CanNotTell(f"full-text table {name.removesuffix('_content')!r} has changed")
    for shape in schema.tables.values():
        there = next((name for name, log in known.items() if log.id == shape.log), None)
        if there is not None:
            rows = _Rows(source, history, shape, there, known[there], spans.get(str(shape.log), ()))
            spans[str(shape.log)] = [rows.enter()]
        elif shape.name in now.tables:
            raise CanNotTell(f"table {shape.name!r} was made anew")
    return start._replace(spans=spans, schema=schema)


def _has_entries(source: Any, log: Log, spans: Sequence[Span]) -> bool:
    last = value(source, f"SELECT coalesce(max(seq), 0) FROM main.{q(log.table)}")
    return any(last > each.after for each in spans)


class _There(NamedTuple):
    """The table on one of the branches."""

    table: Table
    log: int
    columns: list[str]
    """Our columns as they are called there now; none when not all are there any more."""
    numbers: dict[str, int | None]
    defaults: dict[str, Any]


class _Rows:
    """The rows of one table."""

    def __init__(
        self, source: Any, history: History, shape: TableShape, name: str, log: Log, spans: Sequence[Span]
    ) -> None:
        self._source = source
        self._history = history
        self._log = log
        self._spans = spans
        self._table = read_table(source, name)
        then = {number: column for column, number in shape.columns if number is not None}
        self._shape = shape
        self._columns = [column for column in self._table.columns if log.columns.get(column) in then]
        self._then = [then[log.columns[column]].lower() for column in self._columns]
        self._key = [then.get(log.columns[column], "").lower() for column in self._table.key]
        self._logged: dict[tuple[str, int], dict[Key, Row | None]] = {}
        self._tables: dict[str, _There | None] = {}

    def enter(self) -> Span:
        """Log what each row was that may have changed; return where that stands."""
        keys: dict[Key, None] = {}
        begins = {branch: self._history.shared[branch] for branch in self._history.beyond}
        if self._spans:
            begins[self._history.source] = {str(self._log.id): min(each.after for each in self._spans)}
        for branch, at in begins.items():
            keys |= dict.fromkeys((*self._changed(branch, at), *self._met(branch, at)))
        told = self._key and "" not in self._key and {*self._table.collations} == {"BINARY"}
        if keys and (not told or any(key.rowid is not None for key in keys)):
            raise CanNotTell(
                f"the rows of table {self._table.name!r} are told by no key, or by one of any case"
            )
        last = value(self._source, f"SELECT coalesce(max(seq), 0) FROM main.{q(self._log.table)}")
        defaults = defaults_of(self._source, self._table)
        names = ["v", "op", *(f"c{self._log.columns[column]}" for column in self._table.columns)]
        marks = ", ".join("?" * len(names))
        entries = (self._entry(key, self._row(self._history.common, key), defaults) for key in keys)
        run_many(
            self._source,
            f"INSERT INTO main.{q(self._log.table)} ({', '.join(names)}) VALUES ({marks})",
            list(entries),
        )
        return Span(last)

    def _entry(self, key: Key, row: Row | None, defaults: dict[str, Any]) -> list[Any]:
        cells = dict(zip(self._table.key, key.values, strict=True))
        if row is not None:
            cells = defaults | dict(zip(self._columns, row, strict=True)) | cells
        return [
            self._log.version,
            ABSENT if row is None else IMAGE,
            *(cells.get(column) for column in self._table.columns),
        ]

    def _row(self, common: Common, key: Key) -> Row | None:
        """Return what several states make of a row together."""
        row: Row | None = None
        for node, before in zip(common.nodes, common.before, strict=True):
            there = self._image(node.branch, node.at, key)
            row = there if before is None else carried(self._row(before, key), row, there)
        return row

    # -- in the file of one branch -----------------------------------------------------------------------------------
    def _image(self, branch: str, at: Positions, key: Key) -> Row | None:
        logged, there = self._changed(branch, at), self._in(branch)
        if key not in logged:
            logged[key] = None
            if there is not None and there.columns:
                logged[key] = lookup(self._history.file(branch), there.table, there.columns, [key])[0]
        return logged[key]

    def _changed(self, branch: str, at: Positions) -> dict[Key, Row | None]:
        """Return the rows that have changed since, each with what it was."""
        there = self._in(branch)
        if there is None:
            return {}
        place = (branch, at.get(str(there.log), 0))
        if place not in self._logged:
            found = changes(
                self._history.file(branch),
                there.log,
                [Span(place[1])],
                None,
                self._then,
                there.numbers,
                there.defaults,
                tuple(self._key),
            )
            self._logged[place] = {each.key: each.base for each in found}
        return self._logged[place]

    def _met(self, branch: str, at: Positions) -> Iterator[Key]:
        """Yield the rows about which a merge has decided since."""
        there = self._in(branch)
        if there is None:
            return
        key = ", ".join(f"c{there.numbers[column]}" for column in self._key) or "r"
        for cells in run(
            self._history.file(branch),
            f"SELECT {key} FROM main.{q(log_table(there.log))} WHERE seq > ? AND op > {IMAGE}",
            (at.get(str(there.log), 0),),
        ):
            yield Key(tuple(cells))

    def _in(self, branch: str) -> _There | None:
        """Return the table on a branch; None where it has none."""
        if branch not in self._tables:
            self._tables[branch] = self._find(branch)
        return self._tables[branch]

    def _find(self, branch: str) -> _There | None:
        file = self._history.file(branch)
        shape: TableShape | None = self._shape
        if branch != self._history.source:
            shape = self._history.schema_of(branch).tables.get(self._shape.name)
        if shape is None or shape.log is None:
            return None
        name = next((name for name, log in logs(file).items() if log.id == shape.log), None)
        if name is None:
            raise CanNotTell(f"table {shape.name!r} is dropped on another branch")
        table, now = (
            read_table(file, name),
            {number: name for name, number in logs(file)[name].columns.items()},
        )
        of = {column.lower(): number for column, number in shape.columns if number is not None}
        if not all(column in of for column in (*self._then, *self._key)):
            raise CanNotTell(f"the columns of table {shape.name!r} are others on another branch")
        if tuple(now.get(of[column]) for column in self._key) != table.key:
            raise CanNotTell(f"the primary key of table {shape.name!r} is another one on another branch")
        defaults = defaults_of(file, table)
        # A column that is not there any more was dropped with every row logged before.
        columns = [now[of[column]] for column in self._then if of[column] in now]
        return _There(
            table,
            shape.log,
            columns if len(columns) == len(self._then) else [],
            {column: of[column] for column in (*self._then, *self._key)},
            {column: defaults.get(now.get(of[column], "")) for column in self._then},
        )
