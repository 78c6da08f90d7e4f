"""Virtual tables in a merge: full-text tables row by row, indexes of other tables rebuilt, the rest as a whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..logs.changes import Key, Span, inside, lookup
from ..logs.tables import Table, read_table
from ..logs.triggers import Log
from ..logs.virtuals import Virtual
from ..running import has_table, rows, run, value
from .interwoven import changes
from .ledger import Write
from .reading import Trio
from .rows import same_row


def touched(connection: Any, name: str, spans: Sequence[Span]) -> bool:
    """Return whether a virtual table was written to in these parts of the log."""
    if not has_table(connection, "_heliosdb_touched"):
        return False
    own = inside(each for each in spans if not each.arrived)
    text = f"SELECT EXISTS (SELECT 1 FROM _heliosdb_touched WHERE name = ? AND ({own}))"
    return bool(value(connection, text, (name,)))


def as_table(connection: Any, virtual: Virtual) -> Table:
    """Return a virtual table as an ordinary one: its rows are told by their rowid, an R*Tree's by its first column."""
    table = read_table(connection, virtual.name)
    if virtual.module.startswith("rtree"):
        return replace(
            table, key=table.columns[:1], collations=("BINARY",), alias=True, rowid=table.columns[0]
        )
    return table


def text_rows(
    target: Any, branch: Any, virtual: Virtual, here: Table, log: Log, spans: Sequence[Span]
) -> Iterator[Trio]:
    """Yield the rows of a full-text table that the branch touched.

    :raises NotSupportedError: it keeps them compressed, or beside others
    """
    content = read_table(branch, virtual.content or "")
    columns = content.columns[1 : 1 + len(here.columns)]
    if len(content.columns) != 1 + len(here.columns) or not content.alias:
        raise sqlite3.NotSupportedError(
            f"full-text table {virtual.name!r} keeps its rows in a way that can't be merged: leave it out of the branch"
        )
    found = list(changes(branch, log.id, spans, content, columns, log.columns, {}, content.key))
    keys = [Key((), change.key.values[0]) for change in found]
    for key, change, ours in zip(keys, found, lookup(target, here, here.columns, keys), strict=True):
        yield Trio(key, key, change.base, ours, change.theirs)


def differences(target: Any, branch: Any, here: Table) -> list[Write]:
    """Return what makes a virtual table what it is on the branch."""
    ours, theirs = by_key(target, here), by_key(branch, here)
    found = []
    for key in {**ours, **theirs}:
        our, their = ours.get(key), theirs.get(key)
        if not same_row(our, their):
            if our is not None:
                found.append(Write(key, here.columns, our, None))
            if their is not None:
                found.append(Write(key, here.columns, None, their))
    return found


def by_key(connection: Any, table: Table) -> dict[Key, tuple[Any, ...]]:
    """Return all rows of a virtual table."""
    columns = ", ".join(["rowid", *(q(column) for column in table.columns)])
    found = rows(connection, f"SELECT {columns} FROM main.{q(table.name)} ORDER BY rowid")
    if table.alias:
        return {Key((row[1],)): row[1:] for row in found}
    return {Key((), row[0]): row[1:] for row in found}


def same_index(target: Any, branch: Any, virtual: Virtual) -> bool:
    """Return whether the index of a full-text table is the same, byte by byte, in both databases."""
    for suffix in ("data", "docsize", "segments", "segdir"):
        table = f"{virtual.name}_{suffix}"
        if has_table(target, table) and has_table(branch, table):
            text = f"SELECT * FROM main.{q(table)} ORDER BY 1, 2"
            if rows(target, text) != rows(branch, text):
                return False
    return True


def rebuild(connection: Any, virtual: Virtual) -> None:
    """Have a full-text index of another table read that table anew."""
    run(connection, f"INSERT INTO main.{q(virtual.name)} ({q(virtual.name)}) VALUES ('rebuild')")
