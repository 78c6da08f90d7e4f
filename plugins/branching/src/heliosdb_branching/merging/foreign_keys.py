"""Foreign keys after a merge: every reference that a written row makes, or that a removed row was made to, still holds.

Looked up row by row where an index allows it, so that the time grows with what was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..errors import Conflict
from ..logs.changes import Key, lookup
from ..logs.tables import Table, table_names
from ..running import rows, value
from .applying import Write


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
                parents = _primary_key(connection, parts[0][2])
            if len(parents) == len(parts):
                found.append(Reference(child, parts[0][2], tuple(part[3] for part in parts), tuple(parents)))
    return found


def _primary_key(connection: Any, table: str) -> list[str]:
    found = rows(connection, "SELECT name FROM pragma_table_info(?, 'main') WHERE pk ORDER BY pk", (table,))
    return [name for (name,) in found]


def check(connection: Any, written: Mapping[str, tuple[Table, Sequence[Write]]]) -> list[Conflict]:
    """Return the references that the written rows break."""
    by_name = {name.lower(): name for name in written}
    found: list[Conflict] = []
    for reference in references(connection):
        child, parent = by_name.get(reference.child.lower()), by_name.get(reference.parent.lower())
        if child is not None:
            found += _from_children(connection, reference, *written[child])
        if parent is not None:
            found += _to_parents(connection, reference, *written[parent])
    return found


def _from_children(
    connection: Any, reference: Reference, table: Table, writes: Sequence[Write]
) -> Iterator[Conflict]:
    lowered = {column.lower() for column in reference.columns}
    match = " AND ".join(
        f"p.{q(parent)} = c.{q(column)}"
        for column, parent in zip(reference.columns, reference.parents, strict=True)
    )
    missing = (
        f"SELECT 1 FROM main.{q(reference.child)} AS c WHERE {{}} AND "
        + " AND ".join(f"c.{q(column)} IS NOT NULL" for column in reference.columns)
        + f" AND NOT EXISTS (SELECT 1 FROM main.{q(reference.parent)} AS p WHERE {match})"
    )
    rowid, key_columns = str(table.rowid), table.key
    for write in writes:
        if write.new is None or not lowered.intersection(column.lower() for column in write.columns):
            continue
        condition, values = _where(f"c.{rowid}", write, key_columns)
        if value(connection, missing.format(condition), values) is not None:
            cells = dict(zip(write.columns, write.new, strict=True))
            yield Conflict(
                reference.child, write.key.shown, None, None, None, cells,
                f"it refers to a row that {reference.parent} does not have",
            )  # fmt: skip


def _where(rowid: str, write: Write, key: Sequence[str]) -> tuple[str, Sequence[Any]]:
    cells = dict(zip(write.columns, write.new or (), strict=True))
    if write.key.rowid is not None:
        return f"{rowid} = ?", (write.key.rowid,)
    values = [cells.get(column, was) for column, was in zip(key, write.key.values, strict=True)]
    return " AND ".join(f"c.{q(column)} = ?" for column in key), values


def _key_now(table: Table, write: Write) -> Key:
    """Return the key that a row has after it was written."""
    if write.key.rowid is not None:
        return write.key
    cells = dict(zip(write.columns, write.new or (), strict=False))
    return Key(tuple(cells.get(column, was) for column, was in zip(table.key, write.key.values, strict=True)))


def _to_parents(
    connection: Any, reference: Reference, table: Table, writes: Sequence[Write]
) -> Iterator[Conflict]:
    """Yield the rows that still refer to what was removed or got another key."""
    lowered = [parent.lower() for parent in reference.parents]
    marks = " AND ".join(f"c.{q(column)} = ?" for column in reference.columns)
    there = " AND ".join(f"p.{q(parent)} = ?" for parent in reference.parents)
    left = f"SELECT 1 FROM main.{q(reference.child)} AS c WHERE {marks} LIMIT 1"
    again = f"SELECT 1 FROM main.{q(reference.parent)} AS p WHERE {there} LIMIT 1"
    gone = []
    for write in writes:
        if write.old is None:
            continue
        cells = dict(zip((column.lower() for column in write.columns), write.old, strict=True))
        if not set(lowered) & set(cells):
            continue
        if not set(lowered) <= set(cells):  # a part of the key changed: the rest is as it is
            now = lookup(connection, table, reference.parents, [_key_now(table, write)])[0]
            cells = dict(zip(lowered, now or (), strict=False)) | cells
        if set(lowered) <= set(cells):
            gone.append((write, [cells[parent] for parent in lowered]))
    if not gone:
        return
    if len(gone) > 1 and not _indexed(connection, reference):
        yield from _by_scan(connection, reference, gone)
        return
    for write, values in gone:
        if value(connection, again, values) is None and value(connection, left, values) is not None:
            yield _orphans(reference, write)


def _orphans(reference: Reference, write: Write) -> Conflict:
    cells = dict(zip(write.columns, write.old or (), strict=True))
    return Conflict(
        reference.parent,
        write.key.shown,
        None,
        cells,
        cells,
        None,
        f"rows of {reference.child} still refer to it",
    )


def _indexed(connection: Any, reference: Reference) -> bool:
    """Return whether the children of a row can be looked up."""
    for (index,) in rows(connection, "SELECT name FROM pragma_index_list(?, 'main')", (reference.child,)):
        first = rows(connection, "SELECT name FROM pragma_index_info(?, 'main') ORDER BY seqno", (index,))
        if first and first[0][0] in reference.columns:
            return True
    key = _primary_key(connection, reference.child)
    return bool(key) and key[0] in reference.columns


def _by_scan(
    connection: Any, reference: Reference, gone: Sequence[tuple[Write, Sequence[Any]]]
) -> Iterator[Conflict]:
    """Look through the children once, since no index finds them."""
    columns = ", ".join(f"c.{q(column)}" for column in reference.columns)
    match = " AND ".join(
        f"p.{q(parent)} = c.{q(column)}"
        for column, parent in zip(reference.columns, reference.parents, strict=True)
    )
    orphans = {
        tuple(row)
        for row in rows(
            connection,
            f"SELECT DISTINCT {columns} FROM main.{q(reference.child)} AS c"
            f" WHERE NOT EXISTS (SELECT 1 FROM main.{q(reference.parent)} AS p WHERE {match})",
        )
    }
    for write, values in gone:
        if tuple(values) in orphans:
            yield _orphans(reference, write)
