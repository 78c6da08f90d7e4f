"""The log of changed rows: which rowids changed since a snapshot was read, whoever changed them.

It is one small table in each database, written to by three triggers on each table that is searched, made of SQLite's
own functions alone, so that every program that writes to the table writes to the log. An entry is a rowid and a random
number: after a ROLLBACK the same sequence numbers are given again, and the random number tells one entry from another.
The log keeps the last 65,536 entries or more; a snapshot that is older is read anew.
"""

from __future__ import annotations

import re
import secrets
from typing import Any, NamedTuple

from heliosdb_sqlite.plugins import run
from heliosdb_sqlite.sql.quoting import quote_identifier

LOG = "heliosdb_vector_log"
KEPT, PRUNED_EVERY = 65_536, 8_192
_OWN = re.compile(r"heliosdb_vector_([0-9]+)_(insert|update|delete)")
_PRUNE = f"{LOG}_prune"


class Entry(NamedTuple):
    """One change."""

    seq: int
    nonce: int
    table: int
    row: int


class Head(NamedTuple):
    """The end of the log: its last entry; (0, 0) when it is empty."""

    seq: int
    nonce: int


def find_log(connection: Any, schema: str, table: str) -> int | None:
    """Return the number under which the changes of a table are logged; None if they are not."""
    place = quote_identifier(schema)
    found = run(
        connection,
        f"SELECT name, sql FROM {place}.sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE",
        (table,),
    ).fetchall()
    seen: dict[int, set[str]] = {}
    for name, sql in found:
        match = _OWN.fullmatch(name)
        if match and f"INSERT INTO {LOG} (tbl, row, nonce) SELECT {match[1]}, " in (sql or ""):
            seen.setdefault(int(match[1]), set()).add(match[2])
    complete = [number for number, kinds in seen.items() if len(kinds) == 3]
    if len(complete) != 1:
        return None
    own = run(
        connection, f"SELECT count(*) FROM {place}.sqlite_master WHERE type = 'table' AND name = '{LOG}'"
    ).fetchone()
    return complete[0] if own[0] else None


def make_log(connection: Any, schema: str, table: str, rowid: str) -> None:
    """Create the triggers on a table, and the log itself where the database has none yet.

    :param rowid: the name by which the table's rowid is reached
    """
    place, on = quote_identifier(schema), quote_identifier(table)
    run(
        connection,
        f"CREATE TABLE IF NOT EXISTS {place}.{LOG} (seq INTEGER PRIMARY KEY, tbl INTEGER NOT NULL, "
        "row INTEGER NOT NULL, nonce INTEGER NOT NULL)",
    )
    run(
        connection,
        f"CREATE TRIGGER IF NOT EXISTS {place}.{_PRUNE} AFTER INSERT ON {LOG} WHEN NEW.seq % {PRUNED_EVERY} = 0 "
        f"BEGIN DELETE FROM {LOG} WHERE seq <= NEW.seq - {KEPT}; END",
    )
    # Of a log that somebody has dropped, or that is not whole: they would write under numbers that nobody asks for.
    for (name,) in run(
        connection,
        f"SELECT name FROM {place}.sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE",
        (table,),
    ).fetchall():
        if _OWN.fullmatch(name):
            run(connection, f"DROP TRIGGER {place}.{quote_identifier(name)}")
    number = secrets.randbelow(2**53) + 1

    def entry(of: str, condition: str = "") -> str:
        return f"INSERT INTO {LOG} (tbl, row, nonce) SELECT {number}, {of}.{rowid}, random(){condition}; "

    bodies = {
        "insert": entry("NEW"),
        "delete": entry("OLD"),
        "update": entry("NEW") + entry("OLD", f" WHERE OLD.{rowid} <> NEW.{rowid}"),
    }
    for kind, body in bodies.items():
        run(
            connection,
            f"CREATE TRIGGER {place}.heliosdb_vector_{number}_{kind} AFTER {kind.upper()} ON {on} BEGIN {body}END",
        )


def head_of(connection: Any, schema: str) -> Head:
    """Return the end of the log."""
    found = run(
        connection, f"SELECT seq, nonce FROM {quote_identifier(schema)}.{LOG} ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return Head(*found) if found else Head(0, 0)


def entries_from(connection: Any, schema: str, seq: int) -> list[Entry]:
    """Return the entries from ``seq`` on, in order."""
    found = run(
        connection,
        f"SELECT seq, nonce, tbl, row FROM {quote_identifier(schema)}.{LOG} WHERE seq >= ? ORDER BY seq",
        (seq,),
    ).fetchall()
    return [Entry(*each) for each in found]
