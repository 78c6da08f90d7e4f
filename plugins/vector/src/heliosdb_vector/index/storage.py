"""What is stored of an approximate index: two ordinary tables in the user's database.

``heliosdb_vector_index`` has a row for each index: the version of the format, the place in the log of changes at which
the contents hold, what was measured when it was built, what all parts have in common. ``heliosdb_vector_index_part``
has the contents, in parts of some thousand rows: their rowids as 64-bit integers and what the method knows of them,
little-endian. Where an index is dropped by another program its rows stay until the next index is made or dropped; they
are in nobody's way.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any, NamedTuple

from heliosdb_sqlite.plugins import run
from heliosdb_sqlite.sql.quoting import quote_identifier

from ..memory.changes import Head
from ..memory.position import Position
from .contents import Contents, Method, StoredContents
from .definition import Definition, numbers
from .methods import METHODS

FORMAT = 1
INDEX, PART = "heliosdb_vector_index", "heliosdb_vector_index_part"
_COLUMNS = {
    INDEX: ("id", "format", "dimensions", "log", "seq", "nonce", "count", "odd", "mean", "facts"),
    PART: ("id", "part", "rowids", "codes"),
}


class Stored(NamedTuple):
    """An index's row."""

    version: int
    dimensions: int
    log: int  # the number of the table's changes in the log
    head: Head
    rows: int
    odd: frozenset[int]
    common: bytes
    facts: dict[str, Any]
    """What was measured, chosen and counted when it was built: the recall, the method's sizes, seconds."""

    @property
    def build(self) -> Any:
        """What tells the contents of one build from another's."""
        return self.facts.get("build")


def make_tables(connection: Any, schema: str) -> None:
    """Create the tables where they are not there yet, and forget indexes that have been dropped."""
    place = quote_identifier(schema)
    run(
        connection,
        f"CREATE TABLE IF NOT EXISTS {place}.{INDEX} (id INTEGER PRIMARY KEY, format INTEGER NOT NULL, "
        "dimensions INTEGER NOT NULL, log INTEGER NOT NULL, seq INTEGER NOT NULL, nonce INTEGER NOT NULL, "
        "count INTEGER NOT NULL, odd TEXT NOT NULL, mean BLOB NOT NULL, facts TEXT NOT NULL)",
    )
    run(
        connection,
        f"CREATE TABLE IF NOT EXISTS {place}.{PART} (id INTEGER NOT NULL, part INTEGER NOT NULL, "
        "rowids BLOB NOT NULL, codes BLOB NOT NULL, PRIMARY KEY (id, part)) WITHOUT ROWID",
    )
    for table, columns in _COLUMNS.items():
        found = run(connection, "SELECT name FROM pragma_table_info(?, ?)", (table, schema)).fetchall()
        if tuple(name for (name,) in found) != columns:
            raise sqlite3.NotSupportedError(
                f"table {table!r} is not as format {FORMAT} of vector indexes, which this release knows, has it: if a "
                "later release of heliosdb-vector has made it, update"
            )
    known = numbers(connection, schema)
    for table in (PART, INDEX):
        run(
            connection,
            f"DELETE FROM {place}.{table} WHERE id NOT IN (SELECT value FROM json_each(?))",
            (json.dumps(known),),
        )


def method_of(definition: Definition) -> Method:
    """Return the method of an index."""
    return METHODS[definition.method]


def store(
    connection: Any, definition: Definition, log: int, contents: Contents, facts: dict[str, Any]
) -> None:
    """Write an index's contents, which are merged, in place of those that are there."""
    place, number, method = quote_identifier(definition.schema), definition.number, method_of(definition)
    run(connection, f"DELETE FROM {place}.{PART} WHERE id = ?", (number,))
    run(connection, f"DELETE FROM {place}.{INDEX} WHERE id = ?", (number,))
    for part, (rowids, codes) in enumerate(method.parts(contents)):
        run(connection, f"INSERT INTO {place}.{PART} VALUES (?, ?, ?, ?)", (number, part, rowids, codes))
    head = contents.position.head
    row = (
        *(number, FORMAT, contents.dimensions, log, head.seq, head.nonce, contents.count),
        *(json.dumps(sorted(contents.odd)), method.head(contents), json.dumps(facts)),
    )
    run(connection, f"INSERT INTO {place}.{INDEX} VALUES ({', '.join('?' * len(row))})", row)


def why_not_read(connection: Any, definition: Definition) -> str:
    """Return why an index is passed by, and left as it is: a later release has stored it; "" if none has."""
    try:
        row = run(
            connection,
            f"SELECT format FROM {quote_identifier(definition.schema)}.{INDEX} WHERE id = ?",
            (definition.number,),
        ).fetchone()
    except sqlite3.OperationalError:  # there is no such table
        return ""
    if row is None or not isinstance(row[0], int) or row[0] <= FORMAT:
        return ""
    return (
        f"index {definition.name!r} is stored in format {row[0]}, and this release knows format {FORMAT}: update "
        "heliosdb-vector, or build it anew with REINDEX"
    )


def stored(connection: Any, schema: str, number: int) -> Stored | None:
    """Return an index's row; None if it has none that this version can read."""
    try:
        row = run(
            connection,
            "SELECT format, dimensions, log, seq, nonce, count, odd, mean, facts "
            f"FROM {quote_identifier(schema)}.{INDEX} WHERE id = ?",
            (number,),
        ).fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error) or "no such column" in str(error):
            return None
        raise
    if row is None or row[0] != FORMAT:
        return None
    try:
        return _read(*row)
    except (TypeError, ValueError):  # somebody has written to it: the index is built again
        return None


def _read(
    version: int,
    dimensions: int,
    log: int,
    seq: int,
    nonce: int,
    count: int,
    odd: str,
    mean: bytes,
    facts: str,
) -> Stored:
    numbers, known = frozenset(json.loads(odd)), json.loads(facts)
    for value in (dimensions, log, seq, nonce, count, *numbers):
        if type(value) is not int:
            raise TypeError(f"{value!r} is no whole number")
    if not isinstance(known, dict) or not isinstance(mean, bytes):
        raise TypeError("no facts, or no mean")
    return Stored(version, dimensions, log, Head(seq, nonce), count, numbers, mean, known)


def load(connection: Any, definition: Definition, row: Stored) -> Contents:
    """Return an index's contents as they are stored."""
    parts = run(
        connection,
        f"SELECT rowids, codes FROM {quote_identifier(definition.schema)}.{PART} WHERE id = ? ORDER BY part",
        (definition.number,),
    )
    position = Position(row.head)
    return method_of(definition).load(
        StoredContents(row.dimensions, definition.metric, row.facts, row.common, parts, position, row.odd)
    )


def stored_bytes(connection: Any, schema: str, number: int) -> int:
    """Return how much an index's contents take in the file."""
    found = run(
        connection,
        f"SELECT coalesce(sum(length(rowids) + length(codes)), 0) FROM {quote_identifier(schema)}.{PART} WHERE id = ?",
        (number,),
    ).fetchone()
    return int(found[0])
