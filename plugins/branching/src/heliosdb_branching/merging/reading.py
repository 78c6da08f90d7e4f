"""The rows that a merge or a comparison is about: each as it was, as it is here, and as it is on the branch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..logs.changes import Change, Key, Span, lookup
from ..logs.tables import Table, read_table
from ..logs.watching import is_complete, logs
from ..running import run
from ..schema.planning import Pair
from .converting import defaults_of, stored
from .interwoven import changes, interwoven
from .rows import UNSETTLED, settled

_BATCH = 1000


class Trio(NamedTuple):
    """A row on the three sides; None where there is none. The columns are those of an :class:`Alignment`."""

    key: Key
    theirs_key: Key
    base: tuple[Any, ...] | None
    ours: tuple[Any, ...] | None
    theirs: tuple[Any, ...] | None


@dataclass(frozen=True)
class Alignment:
    """Which column of the branch's table is which of the target's."""

    ours: Table
    theirs: Table
    columns: tuple[tuple[str, str], ...]
    """Each shared column by its name on the branch and its name here."""
    only_theirs: tuple[str, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The shared columns as they are called here."""
        return tuple(ours for _, ours in self.columns)


def align(ours: Table, theirs: Table, renamed: Mapping[str, str] | None = None) -> Alignment:
    """Return which column is which.

    :param renamed: the branch's new names by the old ones, where the target still has the old ones
    """
    here = {name.lower(): name for name in ours.columns}
    old = {new.lower(): was for was, new in (renamed or {}).items()}
    shared, only = [], []
    for name in theirs.columns:
        found = here.get(old.get(name.lower(), name).lower())
        if found is None:
            only.append(name)
        else:
            shared.append((name, found))
    return Alignment(ours, theirs, tuple(shared), tuple(only))


def key_matches(alignment: Alignment) -> bool:
    """Return whether both tables tell their rows by the same columns."""
    names = dict(alignment.columns)
    return tuple(names.get(column) for column in alignment.theirs.key) == alignment.ours.key


class Side(NamedTuple):
    """The two databases between which rows are compared."""

    target: Any
    branch: Any
    spans: Mapping[str, Sequence[Span]]

    def of(self, log: int | None) -> Sequence[Span]:
        """Return the parts of a log that count."""
        return self.spans.get(str(log), ())


def trios(
    side: Side, pair: Pair, alignment: Alignment, renumbered: Mapping[int, int] | None = None
) -> Iterator[Trio]:
    """Yield each row that the branch touched in a table."""
    found = _rebuilt(side, pair, alignment) if pair.rebuilt else _changes(side, pair, alignment)
    return _with_ours(side, alignment, found, renumbered)


def interwoven_trios(side: Side, pair: Pair, alignment: Alignment) -> Iterator[Trio]:
    """Yield the rows that the branch has changed between merges that wrote them."""
    if pair.base is not None and (arguments := _logged(side, alignment)) is not None:
        yield from _with_ours(side, alignment, interwoven(*arguments), None)


def in_our_types(target: Any, alignment: Alignment, found: Iterable[Trio]) -> Iterator[Trio]:
    """Yield rows with all sides as the target's table stores them: its columns may have other types."""
    rest = iter(found)
    while batch := list(islice(rest, _BATCH)):
        sides = [
            [settled(row) or () for row in side if row is not None]
            for side in zip(*(each[2:] for each in batch), strict=True)
        ]
        base, ours, theirs = (iter(stored(target, alignment.ours, alignment.names, side)) for side in sides)
        for trio in batch:
            was = None if trio.base is None else next(base)
            yield trio._replace(
                base=None if was is None else _still_unsettled(trio.base or (), was),
                ours=None if trio.ours is None else next(ours),
                theirs=None if trio.theirs is None else next(theirs),
            )


def _still_unsettled(row: Sequence[Any], now: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(UNSETTLED if cell == UNSETTLED else new for cell, new in zip(row, now, strict=True))


def _with_ours(
    side: Side, alignment: Alignment, found: Iterator[Change], renumbered: Mapping[int, int] | None
) -> Iterator[Trio]:
    alias = alignment.theirs.alias or alignment.theirs.logs_rowid
    while batch := list(islice(found, _BATCH)):
        keys = [
            _here(change.key, alignment, renumbered) if renumbered and alias else change.key
            for change in batch
        ]
        ours = lookup(side.target, alignment.ours, alignment.names, keys)
        for change, key, our in zip(batch, keys, ours, strict=True):
            base, theirs = change.base, change.theirs
            if key != change.key and alignment.theirs.alias:
                place = alignment.names.index(alignment.ours.key[0])
                base, theirs = (_with(row, place, key.values[0]) for row in (base, theirs))
            yield Trio(key, change.key, base, our, theirs)


def _with(row: tuple[Any, ...] | None, place: int, cell: Any) -> tuple[Any, ...] | None:
    return row if row is None else (*row[:place], cell, *row[place + 1 :])


def _here(key: Key, alignment: Alignment, renumbered: Mapping[int, int]) -> Key:
    if key.rowid is not None:
        return Key(key.values, renumbered.get(key.rowid, key.rowid))
    if alignment.theirs.alias:
        return Key((renumbered.get(key.values[0], key.values[0]),))
    return key


def _changes(side: Side, pair: Pair, alignment: Alignment) -> Iterator[Change]:
    arguments = _logged(side, alignment)
    if pair.base is None or arguments is None:
        return scan(side.branch, alignment.theirs, [theirs for theirs, _ in alignment.columns])
    return changes(*arguments)


def _logged(side: Side, alignment: Alignment) -> tuple[Any, ...] | None:
    """Return what reads a table's changes from its log; None when there is none."""
    log = logs(side.branch).get(alignment.theirs.name)
    if log is None:
        return None
    return (
        side.branch,
        log.id,
        side.of(log.id),
        alignment.theirs,
        [theirs for theirs, _ in alignment.columns],
        log.columns,
        defaults_of(side.branch, alignment.theirs),
        alignment.theirs.key,
    )


def touched_cells(side: Side, alignment: Alignment, columns: Sequence[str]) -> Iterator[Change]:
    """Yield the rows that the branch touched, with columns that only it has."""
    log = logs(side.branch).get(alignment.theirs.name)
    if log is None:
        return
    defaults = defaults_of(side.branch, alignment.theirs)
    key = alignment.theirs.key
    yield from changes(
        side.branch, log.id, side.of(log.id), alignment.theirs, columns, log.columns, defaults, key
    )


def scan(connection: Any, table: Table, columns: Sequence[str]) -> Iterator[Change]:
    """Yield every row of a table as one that was not there."""
    for key, row in whole(connection, table, columns):
        yield Change(key, None, row)


def whole(connection: Any, table: Table, columns: Sequence[str]) -> Iterator[tuple[Key, tuple[Any, ...]]]:
    """Yield every row of a table with its key."""
    width = len(table.key)
    rowid = table.rowid if table.logs_rowid else "NULL"
    selected = ", ".join([str(rowid), *(q(column) for column in (*table.key, *columns))])
    for row in run(connection, f"SELECT {selected} FROM main.{q(table.name)}"):
        values = row[1 : 1 + width]
        by_rowid = table.logs_rowid and (not values or None in values)
        yield Key(values, row[0] if by_rowid else None), row[1 + width :]


def _rebuilt(side: Side, pair: Pair, alignment: Alignment) -> Iterator[Change]:
    """Yield the rows of a table that was dropped and made anew: what it was stands in the log of the dropped one."""
    assert pair.base is not None  # noqa: S101 - otherwise it is new
    log = pair.base.log
    if log is None or not is_complete(side.branch, log):
        raise sqlite3.NotSupportedError(
            f"table {pair.base.name!r} was dropped and made anew on the branch by a program that HeliosDB did not see, "
            "so that its changes can't be told: make the change through connect(..., branch=...)"
        )
    key = alignment.theirs.key
    if not key or alignment.theirs.nullable_key:
        raise sqlite3.NotSupportedError(
            f"table {pair.base.name!r} was dropped and made anew on the branch and has no primary key, so that its "
            "rows can't be told apart: give it one"
        )
    numbers = {name.lower(): number for name, number in pair.base.columns}
    columns = [theirs for theirs, _ in alignment.columns]
    was: dict[tuple[Any, ...], tuple[Any, ...] | None] = {}
    defaults = defaults_of(side.branch, alignment.theirs)
    wanted = [*key, *columns]
    there = {column: numbers.get(column.lower()) for column in wanted}
    base_key = tuple(column for column in wanted[: len(key)] if there[column] is not None)
    if len(base_key) != len(key):
        raise sqlite3.NotSupportedError(
            f"the primary key of table {pair.base.name!r} is another one on the branch"
        )
    found = list(changes(side.branch, log, side.of(log), None, wanted, there, defaults, key))
    before = [settled(change.base) or () for change in found if change.base is not None]
    # The same values in columns of another type are no changes.
    now = iter(stored(side.branch, alignment.theirs, wanted, before))
    for change in found:
        row = next(now) if change.base is not None else None
        was[change.key.values if row is None else row[: len(key)]] = None if row is None else row[len(key) :]
    for there_now, row in whole(side.branch, alignment.theirs, columns):
        yield Change(there_now, was.pop(there_now.values, None), row)
    for values, row in was.items():
        if row is not None:
            yield Change(Key(values), row, None)


def dropped(side: Side, pair: Pair, ours: Table) -> Iterator[Trio]:
    """Yield the rows of ours, of a table that the branch has dropped, with what they were."""
    assert pair.base is not None  # noqa: S101 - otherwise the branch never had it
    known = {name for name, number in pair.base.columns if number is not None}
    columns = [column for column in ours.columns if column in known]
    was = _before(side, pair, ours, columns)
    for key, row in whole(side.target, ours, columns):
        yield Trio(key, key, was.get(key), row, None)


def dropped_cells(
    side: Side, pair: Pair, ours: Table, columns: Sequence[str]
) -> Iterator[tuple[Key, tuple[Any, ...] | None, tuple[Any, ...]]]:
    """Yield each row of ours, in columns that the branch has dropped: as it was, and as it is."""
    was = _before(side, pair, ours, columns)
    for key, row in whole(side.target, ours, columns):
        yield key, was.get(key), row


def _before(side: Side, pair: Pair, ours: Table, columns: Sequence[str]) -> dict[Key, tuple[Any, ...] | None]:
    """Return what the rows were in columns that the branch has dropped, by their keys."""
    assert pair.base is not None  # noqa: S101 - otherwise the branch never had them
    log = pair.base.log
    assert log is not None  # noqa: S101 - every table of a branch has one
    numbers = {name: number for name, number in pair.base.columns if number is not None}
    if any(column not in numbers for column in ours.key):
        return {}  # the key is another one here, and no row is what it was
    found = changes(side.branch, log, side.of(log), None, columns, numbers, {}, ours.key)
    return {change.key: change.base for change in found}


def knows_dropped(side: Side, pair: Pair) -> bool:
    """Return whether the log has every row of a table that the branch has dropped."""
    return pair.base is not None and pair.base.log is not None and is_complete(side.branch, pair.base.log)


def gone_here(side: Side, pair: Pair) -> Iterator[Change]:
    """Yield what the branch changed in a table that the target no longer has."""
    assert pair.theirs is not None  # noqa: S101 - it is about its rows
    table = read_table(side.branch, pair.theirs.name)
    log = logs(side.branch).get(table.name)
    if log is None or pair.rebuilt:
        yield from scan(side.branch, table, table.columns)
        return
    defaults = defaults_of(side.branch, table)
    yield from changes(
        side.branch, log.id, side.of(log.id), table, table.columns, log.columns, defaults, table.key
    )
