"""Random statements about the tables that are there, each with the text that plain sqlite3 is told instead."""

from __future__ import annotations

import re
import sqlite3
from typing import Any, NamedTuple

from hypothesis import strategies as st

from .twins import columns_of, tables

# The first letter of a name says what it is. Tables: `r` has an INTEGER PRIMARY KEY, `w` a key of two columns and no
# rowid, `n` no key. Columns: `i` integers, `t` text, `a` anything, `v` vectors, `s` sealed, `d` sealed the same way.
TYPES = {
    "i": "INTEGER",
    "t": "TEXT",
    "a": "",
    "v": "VECTOR(3)",
    "s": "TEXT ENCRYPTED",
    "d": "TEXT ENCRYPTED DETERMINISTIC",
}
SMALL = st.integers(0, 6)
TEXTS = st.sampled_from(["", "a", "b", "A", "ä", "it's", "%_", "long " * 30])
VALUES: dict[str, Any] = {
    "i": st.none() | SMALL | st.integers(-(2**63), 2**63 - 1),
    "t": st.none() | TEXTS | SMALL,
    "a": st.none() | TEXTS | SMALL | st.floats(allow_nan=False) | st.binary(max_size=4),
    "v": st.none() | st.lists(SMALL.map(float), min_size=3, max_size=3),
    "s": st.none() | TEXTS,
    "d": st.none() | TEXTS,
    "k": SMALL,
}


class Statement(NamedTuple):
    """A statement and its parameters."""

    sql: str
    parameters: Any = ()
    plain: str | None = None
    many: bool = False


def plain(sql: str) -> str:
    """Return a declaration as plain sqlite3 understands it."""
    return re.sub(r"VECTOR\(3\)", "BLOB", re.sub(r" ENCRYPTED( DETERMINISTIC)?", "", sql))


def values(name: str) -> Any:
    """Return a strategy for a column's values."""
    return SMALL if name == "id" else VALUES[name[0]]


def own_columns(twin: sqlite3.Connection, table: str) -> list[str]:
    """Return a table's columns, without the rowid."""
    return [name for name in columns_of(twin, table) if name != "rowid"]


def create_table(draw: Any, number: int, kinds: str) -> Statement:
    """Make a table with some of these kinds of columns."""
    form = draw(st.sampled_from("rrwn"))
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4))
    columns = [f"{kind}{number}{place} {TYPES[kind]}".strip() for place, kind in enumerate(chosen)]
    if form == "r":
        columns.insert(0, "id INTEGER PRIMARY KEY")
    elif form == "w":
        columns = ["k1 INTEGER", "k2 TEXT", *columns, "PRIMARY KEY (k1, k2)"]
    if form != "w" and draw(st.booleans()):
        rule = draw(st.sampled_from(["UNIQUE", f"CHECK (i{number}9 < 5)", "NOT NULL DEFAULT 1"]))
        columns.append(f"i{number}9 INTEGER {rule}")
    sql = f"CREATE TABLE {form}{number} ({', '.join(columns)}){' WITHOUT ROWID' if form == 'w' else ''}"
    return Statement(sql, plain=plain(sql))


def insert(draw: Any, twin: sqlite3.Connection, table: str, *, many: bool) -> Statement:
    """Insert a row or several, in one of the ways there are."""
    names = [name for name in own_columns(twin, table) if name == "id" or draw(st.integers(0, 5))]
    names = names or own_columns(twin, table)
    verb = draw(st.sampled_from(["INSERT", "INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"]))
    columns, marks = ", ".join(names), ", ".join("?" * len(names))
    row = st.tuples(*map(values, names))
    sql = f"{verb} INTO {table} ({columns}) VALUES ({marks})"
    if many:
        return Statement(sql, draw(st.lists(row, max_size=5)), many=True)
    if table[0] == "r" and verb == "INSERT" and draw(st.booleans()):
        changes = [f"{name} = excluded.{name}" for name in names if name[0] not in "sd" and name != "id"]
        sql += (
            f" ON CONFLICT (id) DO UPDATE SET {', '.join(changes)}" if changes else " ON CONFLICT DO NOTHING"
        )
    if draw(st.integers(0, 3)) == 0:
        sql += f" RETURNING {columns}"
    return Statement(sql, draw(row))


def update(draw: Any, twin: sqlite3.Connection, table: str) -> Statement:
    """Change some rows."""
    names = own_columns(twin, table)
    name = draw(st.sampled_from(names))
    conflict = draw(st.sampled_from(["", "", "", "OR IGNORE ", "OR REPLACE "]))
    if name[0] == "i" and name != "id" and draw(st.booleans()):
        change, parameters = f"{name} = coalesce({name}, 0) % 1000 + 1", ()
    else:
        change, parameters = f"{name} = ?", (draw(values(name)),)
    where, more = condition(draw, names)
    return Statement(f"UPDATE {conflict}{table} SET {change}{where}", (*parameters, *more))


def delete(draw: Any, twin: sqlite3.Connection, table: str) -> Statement:
    """Delete some rows, or all."""
    where, parameters = condition(draw, own_columns(twin, table))
    return Statement(f"DELETE FROM {table}{where}", parameters)


def condition(draw: Any, names: list[str]) -> tuple[str, tuple[Any, ...]]:
    """Return a WHERE that may say nothing, and its parameters."""
    usable = [name for name in names if name[0] not in "vs"]
    if not usable or draw(st.integers(0, 7)) == 0:
        return "", ()
    name = draw(st.sampled_from(usable))
    operator = "=" if name[0] == "d" else draw(st.sampled_from(["=", "=", "<", ">=", "<>", "IS"]))
    return f" WHERE {name} {operator} ?", (draw(values(name)),)


def select(draw: Any, twin: sqlite3.Connection, table: str) -> Statement:
    """Ask for rows, groups, or a join of a table with itself."""
    names = own_columns(twin, table)
    where, parameters = condition(draw, names)
    usable = [name for name in names if name[0] not in "vs"]
    forms = [f"SELECT * FROM {table}{where}", f"SELECT count(*), count({names[-1]}) FROM {table}{where}"]
    if usable:
        name = usable[0]
        forms += [
            f"SELECT {name}, count(*) FROM {table}{where} GROUP BY {name}",
            f"WITH c AS (SELECT * FROM {table}{where}) SELECT * FROM c",
            f"SELECT x.{name}, y.{name} FROM {table} AS x LEFT JOIN {table} AS y ON x.{name} = y.{name}",
        ]
    sql = draw(st.sampled_from(forms))
    return Statement(sql, parameters if "?" in sql else ())


def alter(draw: Any, twin: sqlite3.Connection, number: int, kinds: str, *, freely: bool) -> Statement:
    """Change the schema; ``freely`` in ways that a merge would have to follow."""
    table = draw(st.sampled_from(tables(twin)))
    names = [name for name in own_columns(twin, table) if name != "id" and name[0] != "k"]
    kind = draw(st.sampled_from(kinds))
    default = {"i": " DEFAULT 7", "t": " DEFAULT 'seven'"}.get(kind, "") if draw(st.booleans()) else ""
    forms = [f"ALTER TABLE {table} ADD COLUMN {kind}{number} {TYPES[kind]}{default}"]
    indexed = [name for name in names if name[0] in "itad"]
    if indexed:
        forms.append(f"CREATE INDEX x{number} ON {table} ({draw(st.sampled_from(indexed))})")
    other = draw(st.sampled_from(tables(twin)))
    counted = [name for name in own_columns(twin, other) if name[0] == "i" and name != "id"]
    if counted:
        event = draw(st.sampled_from(["INSERT", "UPDATE", "DELETE"]))
        change = f"{counted[0]} = coalesce({counted[0]}, 0) % 4 + 1"
        forms.append(
            f"CREATE TRIGGER g{number} AFTER {event} ON {table} BEGIN UPDATE {other} SET {change}; END"
        )
    if freely:
        forms += [f"ALTER TABLE {table} RENAME TO {table}x", f"DROP TABLE {table}"]
        forms += [f"CREATE VIEW y{number} AS SELECT {', '.join(names)} FROM {table}"] if names else []
        if names:
            name = draw(st.sampled_from(names))
            forms += [
                f"ALTER TABLE {table} RENAME COLUMN {name} TO {name}x",
                f"ALTER TABLE {table} DROP COLUMN {name}",
            ]
    sql = draw(st.sampled_from(forms))
    return Statement(sql, plain=plain(sql) if plain(sql) != sql else None)


WRONG = st.sampled_from([
    Statement("SELEC 1"),
    Statement("SELECT * FROM nowhere"),
    Statement("SELECT ?, ?", (1,)),
    Statement("INSERT INTO nowhere VALUES (1)"),
    Statement("SELECT 1; SELECT 2"),
    Statement("ROLLBACK TO nowhere"),
    Statement("SELECT no_such_function(1)"),
    Statement("CREATE TABLE sqlite_mine (x)"),
    Statement("SELECT :a", {"b": 1}),
    Statement("DROP TABLE nowhere"),
    Statement("SELECT abs(-9223372036854775808)"),
])  # fmt: skip
