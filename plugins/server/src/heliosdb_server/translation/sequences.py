"""CREATE, ALTER and DROP SEQUENCE.

A sequence is a table of its own with one row, as it is in PostgreSQL: any program can read where it stands. What makes
it a sequence is the comment in its definition, ``/* sequence 1 */``; the number is the format's version. A column whose
default it is says so in the same way, ``"id" /* nextval orders_id_seq */ INT4``: SQLite itself has no such default.
"""

from __future__ import annotations

import re
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..protocol.errors import PgError, not_supported
from ..types.registry import INT2, INT4, INT8, PgType
from . import comments, tree
from .scope import Schema

VERSION = 1
MARK = re.compile(r"\(\s*/\* sequence (\d+) \*/")
_LIMITS = {INT2: 2**15 - 1, INT4: 2**31 - 1, INT8: 2**63 - 1}
_COLUMNS = (
    "/* sequence 1 */ last_value INTEGER NOT NULL, log_cnt INTEGER NOT NULL, is_called BOOLEAN NOT NULL,"
    " start_value INTEGER NOT NULL, increment_by INTEGER NOT NULL, min_value INTEGER NOT NULL,"
    " max_value INTEGER NOT NULL, cycle BOOLEAN NOT NULL, data_type TEXT NOT NULL, owned_by TEXT"
)


def settled(options: dict[str, Any], kind: PgType = INT8) -> dict[str, Any]:
    """Return all options of a sequence, those that were not given as PostgreSQL has them.

    :raises PgError: they contradict each other
    """
    kind = options.get("type") or kind
    if kind not in _LIMITS:
        raise PgError("22023", "sequence type must be smallint, integer, or bigint")
    step = options.get("increment", 1)
    if step == 0:
        raise PgError("22023", "INCREMENT must not be zero")
    low = options.get("minimum")
    high = options.get("maximum")
    low = low if low is not None else 1 if step > 0 else -_LIMITS[kind] - 1
    high = high if high is not None else _LIMITS[kind] if step > 0 else -1
    if low >= high:
        raise PgError("22023", f"MINVALUE ({low}) must be less than MAXVALUE ({high})")
    start = options.get("start")
    start = start if start is not None else low if step > 0 else high
    if not low <= start <= high:
        what = ("less", "MINVALUE", low) if start < low else ("greater", "MAXVALUE", high)
        raise PgError("22023", f"START value ({start}) cannot be {what[0]} than {what[1]} ({what[2]})")
    cycle = bool(options.get("cycle", False))
    return {
        "type": kind.name,
        "start": start,
        "increment": step,
        "minimum": low,
        "maximum": high,
        "cycle": cycle,
    }


def created(
    name: str, options: dict[str, Any], owner: str = "", *, kind: PgType = INT8, prefix: str = ""
) -> list[str]:
    """Return the statements that make a sequence.

    :param owner: the column that it belongs to, ``table.column``
    """
    s = settled(options, kind)
    quoted = prefix + quote_identifier(name)
    owned = quote_text(owner) if owner else "NULL"
    values = (
        f"{s['start']}, 0, 0, {s['start']}, {s['increment']}, {s['minimum']}, {s['maximum']}, {int(s['cycle'])}, "
        f"'{s['type']}', {owned}"
    )
    return [f"CREATE TABLE {quoted} ({_COLUMNS})", f"INSERT INTO {quoted} VALUES ({values})"]


def serial_row(table: str) -> str:
    """Return what reads the row of a sequence that is SQLite's own count of a table's rows."""
    return (
        "(SELECT max(coalesce(max(seq), 0), 1) AS last_value, 0 AS log_cnt, coalesce(max(seq), 0) > 0 AS is_called"
        f" FROM sqlite_sequence WHERE name = {quote_text(table)})"
    )


def like(name: str, other: str) -> str:
    """Return the statement that gives a new sequence the options of another one."""
    columns = "start_value, increment_by, min_value, max_value, cycle, data_type"
    return (
        f"UPDATE {quote_identifier(name)} SET ({columns}, last_value)"
        f" = (SELECT {columns}, start_value FROM {quote_identifier(other)})"
    )


def create(node: tree.CreateSequence, schema: Schema) -> list[str]:
    """Return the statements for CREATE SEQUENCE."""
    if len(node.name) == 1 and not node.temporary:
        schema.making()
    if schema.table(None, node.name[-1]) is not None or schema.serial(node.name[-1]) is not None:
        if node.if_not_exists:
            return []
        raise PgError("42P07", f'relation "{node.name[-1]}" already exists')
    prefix = "temp." if node.temporary else ""
    return created(node.name[-1], node.options, node.options.get("owner", ""), prefix=prefix)


def alter(name: str, options: dict[str, Any], schema: Schema, *, if_exists: bool) -> list[str]:
    """Return the statements for ALTER SEQUENCE."""
    table = schema.serial(name)
    if table is not None:
        if set(options) - {"restart", "start", "owner", "nothing"}:
            raise not_supported(f'"{name}" counts the rows of "{table}": it can only be restarted')
        if "restart" not in options:
            return []
        return serial_set(table, (1 if options["restart"] is None else options["restart"]) - 1)
    found = schema.table(None, name)
    if found is None or found.kind != "sequence":
        if found is None and if_exists:
            return []
        if found is None:
            raise PgError("42P01", f'relation "{name}" does not exist')
        raise PgError("42809", f'"{name}" is not a sequence')
    quoted = quote_identifier(name)
    sets = []
    for option, column in (("increment", "increment_by"), ("minimum", "min_value"), ("maximum", "max_value"),
                           ("start", "start_value"), ("cycle", "cycle"), ("type", "data_type")):  # fmt: skip
        if option in options and options[option] is not None:
            value = options[option]
            if option == "increment" and value == 0:
                raise PgError("22023", "INCREMENT must not be zero")
            text = quote_text(value.name) if isinstance(value, PgType) else str(int(value))
            sets.append(f"{column} = {text}")
    if "owner" in options:
        sets.append(f"owned_by = {quote_text(options['owner']) if options['owner'] else 'NULL'}")
    if "restart" in options:
        value = options["restart"]
        sets += [f"last_value = {'start_value' if value is None else value}", "is_called = 0"]
    return [f"UPDATE {quoted} SET {', '.join(sets)}"] if sets else []


def serial_set(table: str, number: int) -> list[str]:
    """Return the statements after which the next row of a table that counts by itself gets the next number."""
    name = quote_text(table)
    return [
        f"DELETE FROM sqlite_sequence WHERE name = {name}",
        f"INSERT INTO sqlite_sequence (name, seq) VALUES ({name}, {number})",
    ]


def dropped(node: tree.Drop, schema: Schema) -> list[str]:
    """Return the statements for DROP SEQUENCE."""
    made = []
    for parts in node.names:
        name = parts[-1]
        if len(parts) == 1 and not schema.sees("public"):
            raise PgError("42P01", f'sequence "{name}" does not exist')
        if (table := schema.serial(name)) is not None:
            raise PgError(
                "2BP01",
                f"cannot drop sequence {name} because other objects depend on it",
                detail=f"The rows of table {table} are counted by it.",
            )
        found = schema.table(None, name)
        if found is None:
            if node.if_exists:
                continue
            raise PgError("42P01", f'sequence "{name}" does not exist')
        if found.kind != "sequence":
            raise PgError("42809", f'"{name}" is not a sequence')
        users = schema.counted_by(name)
        if users:
            raise PgError(
                "2BP01",
                f"cannot drop sequence {name} because other objects depend on it",
                detail="\n".join(f"a default of table {user} depends on sequence {name}" for user in users),
            )
        made.append(f"DROP TABLE {quote_identifier(found.name)}")
        made += comments.forgotten(schema, found.name)
    return made
