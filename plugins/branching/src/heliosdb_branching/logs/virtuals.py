"""Which virtual tables a database has, and which of them a branch has written to.

What a virtual table keeps in its shadow tables is its own business: pages of an index can't be merged. The rows of a
full-text table with content of its own stand in one of them, plainly, and are logged there.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier as q
from heliosdb_sqlite.sql.quoting import quote_text

from ..running import has_table, rows, run
from .tables import virtual_tables

_FULL_TEXT = ("fts3", "fts4", "fts5")
TOUCHED = "touched"
"""Under which positions() says how far the log of touched virtual tables has come."""


class Virtual(NamedTuple):
    """A virtual table, by how its rows can be had."""

    name: str
    module: str
    content: str | None
    """The shadow table that has its rows; None when there is none."""
    external: str | None
    """The table that it indexes; "" for none, None when its content is its own."""


def virtuals(connection: Any) -> dict[str, Virtual]:
    """Return the virtual tables of a database."""
    found = {}
    for name, (module, sql) in virtual_tables(connection).items():
        external = _external(sql) if module in _FULL_TEXT else None
        content = None
        if module in _FULL_TEXT and external is None and has_table(connection, f"{name}_content"):
            content = f"{name}_content"
        found[name] = Virtual(name, module, content, external)
    return found


def _external(sql: str) -> str | None:
    """Return what the option content= of a full-text table names."""
    tokens = tokenize(sql)
    for place, token in enumerate(tokens[:-2]):
        if token.word == "CONTENT" and tokens[place + 1].text == "=":
            return tokens[place + 2].name
    return None


def content_tables(connection: Any) -> list[str]:
    """Return the shadow tables whose rows are logged."""
    return [each.content for each in virtuals(connection).values() if each.content is not None]


def watch_others(connection: Any) -> None:
    """Have it noted when a virtual table is written to whose rows can't be logged."""
    run(
        connection,
        "CREATE TABLE IF NOT EXISTS _heliosdb_touched (seq INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    )
    there = {
        name for (name,) in rows(connection, "SELECT name FROM main.sqlite_master WHERE type = 'trigger'")
    }
    tables = [
        name for (name,) in rows(connection, "SELECT name FROM main.sqlite_master WHERE type = 'table'")
    ]
    for each in virtuals(connection).values():
        if each.module in _FULL_TEXT:
            continue  # FTS5 writes its index while SQLite commits, where a trigger makes SQLite 3.40 crash
        for shadow in tables:
            if not re.fullmatch(re.escape(each.name) + "_[a-z]+", shadow) or shadow.endswith("_config"):
                continue
            for event in ("INSERT", "UPDATE", "DELETE"):
                trigger = f"_heliosdb_touch_{event.lower()}_{shadow}"
                if trigger not in there:
                    run(
                        connection,
                        f"CREATE TRIGGER main.{q(trigger)} AFTER {event} ON {q(shadow)} BEGIN"
                        f" INSERT INTO _heliosdb_touched (name) VALUES ({quote_text(each.name)}); END",
                    )
