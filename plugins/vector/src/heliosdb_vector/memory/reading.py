"""A column read from the database: all of it, or the rows that have changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from heliosdb_sqlite.plugins import run
from heliosdb_sqlite.sql.quoting import quote_identifier

from .codes import bytes_of_codes
from .matrix import GONE, ODD_LIMIT, Reader, Snapshot

_AT_ONCE = 2000
_JSON_ROWS = "SELECT value FROM json_each(?)"


class Column(NamedTuple):
    """A column that is searched."""

    schema: str
    table: str
    column: str
    rowid: str  # a name by which the table's rowid is reached
    dimensions: int


class Unsearchable(NamedTuple):
    """Why a column is not searched in memory at this moment."""

    reason: str


def table_of(column: Column) -> str:
    """Return the table that a column is in, as SQL writes it."""
    return f"{quote_identifier(column.schema)}.{quote_identifier(column.table)}"


def _value(column: Column) -> str:
    """Return the expression for the column's value: a BLOB, NULL, or a number for anything else."""
    name = quote_identifier(column.column)
    return f"CASE typeof({name}) WHEN 'blob' THEN {name} WHEN 'null' THEN NULL ELSE 0 END"


def rows_at_least(connection: Any, column: Column, count: int) -> bool:
    """Return whether the table has so many rows."""
    if count <= 0:
        return True
    sql = f"SELECT 1 FROM {table_of(column)} LIMIT 1 OFFSET {count - 1}"
    return run(connection, sql).fetchone() is not None


def may_lose_rows(connection: Any, schema: str, table: str) -> bool:
    """Return whether REPLACE can take rows out of a table without running its triggers: those of another rowid."""
    sql = 'SELECT 1 FROM pragma_index_list(?, ?) WHERE "unique" LIMIT 1'
    return run(connection, sql, (table, schema)).fetchone() is not None


def read_column(
    connection: Any, column: Column, limit: int, make_room: Callable[[int], None]
) -> Snapshot | Unsearchable:
    """Return the column as it is now, if it takes no more than so many bytes.

    :param make_room: is told how many bytes there will be
    """
    size = column.dimensions * 4 + 12
    first, last = run(
        connection,
        f"SELECT (SELECT min({column.rowid}) FROM {table_of(column)}), "
        f"(SELECT max({column.rowid}) FROM {table_of(column)})",
    ).fetchone()
    rows = 0 if first is None else last - first + 1  # memory that is never written to takes none
    if rows * size > limit:
        rows = run(connection, f"SELECT count(*) FROM {table_of(column)}").fetchone()[0]
    if rows * size > limit:
        return Unsearchable(
            f"its {rows} vectors take {(rows * size >> 20) + 1} MB, and vector_cache_mb is {limit >> 20}"
        )
    make_room(rows * size)
    reader = Reader(column.dimensions, rows)
    cursor = run(
        connection, f"SELECT {column.rowid}, {_value(column)} FROM {table_of(column)} ORDER BY {column.rowid}"
    )
    while found := cursor.fetchmany(_AT_ONCE):
        reader.add(found)
    snapshot = reader.snapshot()
    if len(snapshot.odd) > ODD_LIMIT:
        return Unsearchable(
            f"{len(snapshot.odd)} of its values are no vectors of {column.dimensions} dimensions, "
            "or have lengths that float32 can't compute with"
        )
    if snapshot.count * (size + bytes_of_codes(column.dimensions)) > limit:
        snapshot.base.keep_uncoded()
    return snapshot


def read_rows(connection: Any, column: Column, rowids: set[int]) -> dict[int, Any]:
    """Return the column's values in these rows as they are now; ``GONE`` for a row that is not there."""
    rows: dict[int, Any] = dict.fromkeys(rowids, GONE)
    wanted = sorted(rowids)
    for start in range(0, len(wanted), 10_000):
        json = f"[{','.join(map(str, wanted[start : start + 10_000]))}]"
        rows.update(
            run(
                connection,
                f"SELECT {column.rowid}, {_value(column)} FROM {table_of(column)} "
                f"WHERE {column.rowid} IN ({_JSON_ROWS})",
                (json,),
            ).fetchall()
        )
    return rows
