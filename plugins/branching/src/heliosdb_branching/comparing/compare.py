"""Two branches compared: the rows that either one's log says were touched since they parted, or all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..files.state import wait_for_copy
from ..lineage.ancestors import lineage_of
from ..lineage.merged import merged_through, since
from ..logs.changes import Change, Key, Span, changes, lookup
from ..logs.tables import Table, read_table
from ..logs.watching import logs, positions, watch
from ..merging.converting import defaults_of
from ..merging.reading import align, key_matches, whole
from ..merging.rows import same_row
from ..names import MAIN
from ..opening import Opener
from ..registry.entries import check_belongs, find
from ..running import run
from ..schema.planning import Pair, altered_here, pair_tables, plan_table, plan_tables, plan_things
from ..schema.shapes import Schema, read_schema
from .diff import BranchDiff, RowChange, TableDiff
from .statements import statements_for
from .virtual import differing

_BATCH = 1000


class _Sides(NamedTuple):
    """The databases, in the order in which the logs are read: the branch's log tells what to look at."""

    here: Any
    branch: Any
    base: Schema
    spans: dict[str, list[Span]]
    inverted: bool


def compare(opener: Opener, a: str, b: str, *, full: bool = False) -> BranchDiff:
    """Return what differs between two branches."""
    with ExitStack() as stack:
        sides = _open(stack, opener, a, b)
        counts: dict[str, list[int]] = {}
        scanned: set[str] = set()
        for change, was_scanned in _changes(sides, full):
            count = counts.setdefault(change.table, [0, 0, 0])
            count[("added", "changed", "removed").index(change.kind)] += 1
            if was_scanned:
                scanned.add(change.table)
        words, statements, altered, gone = _schema(sides[0]) if sides else ([], [], [], set())
    tables = {
        name: TableDiff(added, changed, removed, name in scanned)
        for name, (added, changed, removed) in counts.items()
    }
    modified = tuple(dict.fromkeys([*tables, *altered]))

    def rows() -> Iterator[RowChange]:
        with ExitStack() as again:
            for change, _ in _changes(_open(again, opener, a, b), full):
                yield change

    return BranchDiff(
        a, b, MappingProxyType(tables), tuple(words), tuple(statements), modified, rows, frozenset(gone)
    )


def _open(stack: ExitStack, opener: Opener, a: str, b: str) -> list[_Sides]:
    """Open both branches at one state each; return the ways in which their logs tell what to look at."""
    first, second = (_branch(stack, opener, name) for name in (a, b))
    if a == b:
        return []
    line_a, line_b = lineage_of(first), lineage_of(second)
    found = []
    if line_b.beyond(line_a):
        found.append(_sides(first, second, line_b, line_a, inverted=False))
    if line_a.beyond(line_b):
        found.append(_sides(second, first, line_a, line_b, inverted=True))
    return found


def _sides(here: Any, branch: Any, line: Any, other: Any, *, inverted: bool) -> _Sides:
    start = since(line, other, merged_through(here), positions(branch))
    return _Sides(
        here, branch, start.schema, {log: list(spans) for log, spans in start.spans.items()}, inverted
    )


def _branch(stack: ExitStack, opener: Opener, name: str) -> Any:
    main = stack.enter_context(opener.opened(opener.database))
    connection = main
    if name != MAIN:
        entry = find(main, name)
        connection = stack.enter_context(opener.opened(wait_for_copy(opener.database, entry)))
        check_belongs(connection, main, entry)
        watch(connection)
    run(connection, "BEGIN")
    stack.callback(lambda: run(connection, "ROLLBACK") if connection.in_transaction else None)
    return connection


def _changes(all_sides: list[_Sides], full: bool) -> Iterator[tuple[RowChange, bool]]:
    """Yield the rows that differ, each once, with whether its table had to be scanned."""
    seen: set[tuple[str, Key]] | None = set() if len(all_sides) > 1 and not full else None
    for number, sides in enumerate(all_sides[:1] if full else all_sides):
        ours, theirs = read_schema(sides.here), read_schema(sides.branch)
        for pair in pair_tables(sides.base, ours, theirs):
            if number and (pair.base is None or pair.theirs is None or pair.ours is None):
                continue  # the other side's turn has told of tables that only one side has
            for key, here, there, names, columns, scanned in _pair(sides, pair, full):
                if seen is not None:
                    if (names.name, key) in seen:
                        continue
                    seen.add((names.name, key))
                before, after = (there, here) if sides.inverted else (here, there)
                if same_row(before, after):
                    continue
                yield _row_change(names, key, before, after, columns), scanned
        for table, key, here, there, scanned in differing(
            sides.here, sides.branch, sides.spans, full=full, both=bool(number)
        ):
            if seen is not None:
                if (table.name, key) in seen:
                    continue
                seen.add((table.name, key))
            before, after = (there, here) if sides.inverted else (here, there)
            if not same_row(before, after):
                yield _row_change(table, key, before, after, table.columns), scanned


def _row_change(table: Table, key: Key, before: Any, after: Any, columns: tuple[str, ...]) -> RowChange:
    kind: Any = "added" if before is None else "removed" if after is None else "changed"
    named = [None if row is None else dict(zip(columns, row, strict=True)) for row in (before, after)]
    told_by = table.key if key.rowid is None else (table.rowid or "rowid",)  # NULL in a key tells nothing
    return RowChange(table.name, key.shown, kind, named[0], named[1], told_by)


_Found = tuple[Key, Any, Any, Table, tuple[str, ...], bool]


def _pair(sides: _Sides, pair: Pair, full: bool) -> Iterator[_Found]:
    """Yield the rows of a table on both sides: those touched, or all."""
    if pair.theirs is None or pair.ours is None:
        yield from _only_one(sides, pair)
        return
    here, there = read_table(sides.here, pair.ours.name), read_table(sides.branch, pair.theirs.name)
    plan, _ = plan_table(pair)
    alignment = align(here, there, plan.rename_columns)
    if not key_matches(alignment) or not there.has_identity:
        yield from _only_one(sides, pair._replace(theirs=None))
        yield from _only_one(sides, pair._replace(ours=None))
        return
    log = logs(sides.branch).get(there.name)
    logged = not full and log is not None and pair.base is not None and not pair.rebuilt
    columns = (*alignment.names, *alignment.only_theirs)
    defaults = defaults_of(sides.branch, there)
    missing = tuple(defaults.get(column) for column in alignment.only_theirs)
    theirs_columns = [*(theirs for theirs, _ in alignment.columns), *alignment.only_theirs]
    names = here if sides.inverted else there
    shown = columns if sides.inverted else tuple(theirs_columns)
    if logged and log is not None:
        touched: Iterator[Change] = changes(
            sides.branch,
            log.id,
            sides.spans.get(str(log.id), ()),
            there,
            theirs_columns,
            log.columns,
            defaults,
            there.key,
        )
        rows: Iterator[tuple[Key, Any]] = ((change.key, change.theirs) for change in touched)
    else:
        rows = whole(sides.branch, there, theirs_columns)
    for key, our, their in _beside(sides.here, here, alignment.names, rows):
        yield key, None if our is None else our + missing, their, names, shown, not logged
    if not logged:
        gone = ((key, row) for key, row in whole(sides.here, here, alignment.names))
        for key, their, our in _beside(
            sides.branch, there, [theirs for theirs, _ in alignment.columns], gone
        ):
            if their is None:
                yield key, our + missing, None, names, shown, True


def _beside(
    connection: Any, table: Any, columns: Any, rows: Iterator[tuple[Key, Any]]
) -> Iterator[tuple[Key, Any, Any]]:
    """Yield each row with the one of the same key in a table of another database."""
    while batch := list(islice(rows, _BATCH)):
        found = lookup(connection, table, columns, [key for key, _ in batch])
        for (key, row), other in zip(batch, found, strict=True):
            yield key, other, row


def _only_one(sides: _Sides, pair: Pair) -> Iterator[_Found]:
    """Yield the rows of a table that one side alone has."""
    connection, shape = (sides.here, pair.ours) if pair.theirs is None else (sides.branch, pair.theirs)
    if shape is None:
        return
    table = read_table(connection, shape.name)
    for key, row in whole(connection, table, table.columns):
        ours, theirs = (row, None) if pair.theirs is None else (None, row)
        yield key, ours, theirs, table, table.columns, True


# ---- the schema ----


def _schema(sides: _Sides) -> tuple[list[str], list[str], list[str], set[str]]:
    """Return how the schemas differ, in words and as statements, the tables whose definitions do, and those dropped."""
    here, branch, base = read_schema(sides.here), read_schema(sides.branch), sides.base
    if sides.inverted:
        here, branch, base = branch, _numbered(here, base), branch
    words: list[str] = []
    statements: list[str] = []
    altered: list[str] = []
    dropped = set()
    plans = [plan for plan, _ in plan_tables(base, here, branch) if plan.alters]
    statements += statements_for(
        *((sides.branch, sides.here) if sides.inverted else sides[:2]), here, branch, plans
    )
    reached = altered_here(here, plans)
    for plan in plans:
        pair = plan.pair
        words += plan.describe(reached)
        shape = pair.theirs or pair.ours
        if shape is not None:
            altered.append(shape.name)
        if plan.drop and pair.ours is not None:
            dropped.add(pair.ours.name.lower())
    for thing in plan_things(base, here, branch, here, dropped, lambda _: None):
        if thing.drop is not None:
            kind = "TABLE" if thing.drop.kind == "virtual" else thing.drop.kind.upper()
            words.append(f"drop {thing.drop.kind} {thing.drop.name}")
            statements.append(f"DROP {kind} {q(thing.drop.name)}")
        if thing.create is not None:
            words.append(f"create {thing.create.kind} {thing.create.name}")
            statements.append(thing.create.sql)
    return words, statements, altered, dropped


def _numbered(schema: Schema, base: Schema) -> Schema:
    """Return a schema whose tables and columns have the numbers of those they are in the base."""
    tables = {}
    for name, shape in schema.tables.items():
        was = base.tables.get(name)
        numbers = dict(was.columns) if was is not None else {}
        columns = tuple((column, numbers.get(column)) for column, _ in shape.columns)
        tables[name] = shape._replace(log=was.log if was is not None else None, columns=columns)
    return Schema(tables, schema.things)
