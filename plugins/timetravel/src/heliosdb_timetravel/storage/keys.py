"""What identifies a row: the declared primary key, else the rowid.

A primary key that may be NULL identifies only the rows in which it is not. There the rowid stands in for it, as one
more part of the key, which is '' for the others.
"""

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_identifier

from .names import ROW, TO
from .shape import Shape


def parts(shape: Shape) -> list[str]:
    """Return the names of the key's columns in the table of starts: k1, k2 ..."""
    return [f"k{place}" for place in range(1, len(of_row(shape, "x")) + 1)]


def of_row(shape: Shape, row: str) -> list[str]:
    """Return the key of a row of the user's table, as expressions.

    :param row: what names the row in SQL: an alias, NEW or OLD
    """
    if shape.rowid_is_key:
        return [f"{row}.{_rowid(shape)}"]
    columns = [f"{row}.{quote_identifier(name)}" for name in shape.key]
    if not shape.nullable:
        return columns
    null = " OR ".join(f"{column} IS NULL" for column in columns)
    return [*_not_null(shape, columns), f"CASE WHEN {null} THEN {row}.{shape.rowid} ELSE '' END"]


def of_version(shape: Shape, version: str) -> list[str]:
    """Return the key of a superseded row, as expressions.

    :param version: what names the row of the history in SQL
    """
    if shape.rowid_is_key:
        return [f"{version}.{quote_identifier(shape.key[0]) if shape.key else ROW}"]
    columns = [f"{version}.{quote_identifier(name)}" for name in shape.key]
    if not shape.nullable:
        return columns
    return [*_not_null(shape, columns), f"{version}.{ROW}"]


def _not_null(shape: Shape, columns: list[str]) -> list[str]:
    """Return the key's columns as expressions that are never NULL, and are compared as the columns are."""
    return [
        f"coalesce({column}, 0){_collate(collation)}"
        for column, collation in zip(columns, shape.key_collations, strict=True)
    ]


def row_part(shape: Shape, row: str) -> str:
    """Return what the history's extra column holds of a row, "" where the key needs none."""
    if shape.rowid_is_key:
        return "" if shape.key else f"{row}.{shape.rowid}"
    return of_row(shape, row)[-1] if shape.nullable else ""


def _alike(shape: Shape, left: str, right: str) -> str:
    """Return the condition that two rows have the same in all columns of the key, so that indexes serve."""
    return " AND ".join(
        f"{left}.{quote_identifier(name)} IS {right}.{quote_identifier(name)}{_collate(collation)}"
        for name, collation in zip(shape.key, shape.key_collations, strict=True)
    )


def find_row(shape: Shape, row: str, version: str) -> str:
    """Return the condition that a row of the user's table has the key of a superseded one, so that indexes serve."""
    if shape.rowid_is_key:
        return equal(of_row(shape, row), of_version(shape, version))
    same = _alike(shape, row, version)
    if not shape.nullable:
        return same
    return f"{same} AND ({version}.{ROW} = '' OR {row}.{shape.rowid} = {version}.{ROW})"


def find_same(shape: Shape, found: str, row: str) -> str:
    """Return the condition that a row of the user's table has the key of another, so that indexes serve."""
    if shape.rowid_is_key:
        return equal(of_row(shape, found), of_row(shape, row))
    same = _alike(shape, found, row)
    if not shape.nullable:
        return same
    whole = " AND ".join(f"{row}.{quote_identifier(name)} IS NOT NULL" for name in shape.key)
    return f"{same} AND (({whole}) OR {found}.{shape.rowid} = {row}.{shape.rowid})"


def find_version(shape: Shape, version: str, other: str) -> str:
    """Return the condition that a superseded row has the key of another one, so that the history's index serves."""
    if shape.rowid_is_key:
        return equal(of_version(shape, version), of_version(shape, other))
    same = _alike(shape, version, other)
    return f"{same} AND {version}.{ROW} = {other}.{ROW}" if shape.nullable else same


def find_marks(shape: Shape, version: str, row: str) -> str:
    """Return the condition that a superseded row whose end is negative has the key of a row, found by that key."""
    if shape.rowid_is_key:
        same = equal(of_version(shape, version), of_row(shape, row))
    else:
        same = _alike(shape, version, row)
        if shape.nullable:
            same += f" AND {version}.{ROW} = {of_row(shape, row)[-1]}"
    return f"{same} AND +{version}.{TO} < 0"  # the sign keeps SQLite from reading all that have such an end


def find_start(shape: Shape, start: str, key: list[str]) -> str:
    """Return the condition that a row of the table of starts is about ``key``."""
    return equal([f"{start}.{part}" for part in parts(shape)], key)


def same(shape: Shape, one: str, other: str) -> str:
    """Return the condition that two rows of the user's table have one key."""
    if shape.rowid_is_key:
        return equal(of_row(shape, one), of_row(shape, other))
    collations = [*shape.key_collations, *[""] * shape.nullable]
    return " AND ".join(
        f"{left} IS {right}{_collate(collation)}"
        for left, right, collation in zip(of_row(shape, one), of_row(shape, other), collations, strict=True)
    )


def equal(left: list[str], right: list[str]) -> str:
    """Return the condition that two keys, given as expressions, are one; the left one's collations count."""
    return " AND ".join(f"{one} = {two}" for one, two in zip(left, right, strict=True))


def definitions(shape: Shape) -> str:
    """Return the columns of the table of starts, and what follows the parenthesis."""
    if shape.rowid_is_key:
        return "(k1 INTEGER PRIMARY KEY, txn INTEGER NOT NULL)"
    defined = []
    for part, name, collation in zip(parts(shape), shape.key, shape.key_collations, strict=False):
        column = shape.column(name)
        declared = column.type if column is not None else ""
        if shape.strict and declared.upper() == "ANY":
            declared = ""  # which means any type; outside of a STRICT table ANY means NUMERIC
        defined.append(f"{part} {declared}{_collate(collation) or ' COLLATE BINARY'}")
    if shape.nullable:
        defined.append(parts(shape)[-1])
    return (
        f"({', '.join(defined)}, txn INTEGER NOT NULL, PRIMARY KEY ({', '.join(parts(shape))})) WITHOUT ROWID"
    )


def _rowid(shape: Shape) -> str:
    return quote_identifier(shape.key[0]) if shape.key else shape.rowid


def _collate(collation: str) -> str:
    return f" COLLATE {quote_identifier(collation)}" if collation else ""
