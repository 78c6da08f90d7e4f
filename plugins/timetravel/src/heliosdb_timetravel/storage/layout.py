"""The tables of time travel in a database: made when the first table is versioned, and looked at ever after."""

from __future__ import annotations

import sqlite3
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from .names import BEGIN_HERE, BEGIN_PLAIN, COMMITS, FORMAT, NOT_YET, NOW, SETTINGS, TABLES, TAGS, in_schema
from .shape import Run
from .triggers import begin_here, begin_plain

_EVERY = 16
"""The commits' times are indexed at every 16th commit: that is enough to find one, and most commits don't pay."""


def exists(run: Run, schema: str) -> bool:
    """Return whether the database keeps any history.

    :raises NotSupportedError: it does, in a format that this version does not know
    """
    q = quote_identifier(schema)
    found = run(f"SELECT 1 FROM {q}.sqlite_master WHERE type = 'table' AND name = ?", (SETTINGS,)).fetchone()
    if found is None:
        return False
    (version,) = run(f"SELECT value FROM {in_schema(schema, SETTINGS)} WHERE name = 'format'").fetchone() or (
        None,
    )
    if version != FORMAT:
        raise sqlite3.NotSupportedError(
            f"the history in this database has format {version!r}, and this heliosdb-timetravel knows format {FORMAT}: "
            "use the release of heliosdb-timetravel that wrote it, or a later one"
        )
    return True


def create(run: Run, schema: str) -> None:
    """Make the tables that every database with history has."""
    q = quote_identifier(schema)
    run(f"CREATE TABLE {q}.{SETTINGS} (name TEXT PRIMARY KEY, value) WITHOUT ROWID")
    run(f"INSERT INTO {q}.{SETTINGS} VALUES ('format', ?)", (FORMAT,))
    run(
        f"CREATE TABLE {q}.{COMMITS} (txn INTEGER PRIMARY KEY, time INTEGER NOT NULL, "
        "state INTEGER NOT NULL, wall INTEGER, who TEXT)"
    )
    run(f"CREATE INDEX {q}.{COMMITS}_time ON {COMMITS} (time) WHERE txn % {_EVERY} = 0")
    run(
        f"CREATE TABLE {q}.{TABLES} (number INTEGER PRIMARY KEY, name TEXT NOT NULL, began INTEGER NOT NULL, "
        "adopted INTEGER NOT NULL, ended INTEGER, purged INTEGER NOT NULL DEFAULT 0, definition TEXT NOT NULL)"
    )
    run(
        f"CREATE TABLE {q}.{TAGS} (name TEXT PRIMARY KEY, txn INTEGER NOT NULL, made INTEGER NOT NULL) WITHOUT ROWID"
    )
    run(
        f"CREATE VIEW {q}.{NOW} AS SELECT txn, time, state, NULL AS seen FROM {COMMITS} ORDER BY txn DESC LIMIT 1"
    )
    run(begin_plain(BEGIN_PLAIN).replace("CREATE TRIGGER ", f"CREATE TRIGGER {q}.", 1))


def join(run: Run) -> None:
    """Have what this connection writes to main recorded under one commit for each of its transactions."""
    found = run(
        "SELECT 1 FROM temp.sqlite_master WHERE type = 'trigger' AND name = ?", (BEGIN_HERE,)
    ).fetchone()
    if found is None:
        run(begin_here(BEGIN_HERE, NOT_YET))


def txn_at(schema: str, time: str) -> str:
    """Return an expression for the last transaction that had committed at ``time``, 0 for none.

    :param time: an expression: microseconds since 1970
    """
    table = in_schema(schema, COMMITS)
    before = f"SELECT txn FROM {table} WHERE txn % {_EVERY} = 0 AND time <= {time} ORDER BY time DESC LIMIT 1"
    return (
        f"coalesce((SELECT txn FROM {table} WHERE txn >= coalesce(({before}), 0) "
        f"AND txn < coalesce(({before}), 0) + {_EVERY} AND time <= {time} ORDER BY txn DESC LIMIT 1), 0)"
    )


def open_commit(run: Run, schema: str) -> int:
    """Return the number of the open transaction's commit, which is made if it has none yet."""
    run(f"INSERT INTO {in_schema(schema, NOW)} (seen) VALUES (NULL)")
    found: Any = run(f"SELECT max(txn) FROM {in_schema(schema, COMMITS)}").fetchone()
    return int(found[0])
