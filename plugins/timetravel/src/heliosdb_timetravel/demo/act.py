"""What the act shows: two states of a table, a query in each, the story of a row, and the way back.

The data are Python's own: ``unicodedata`` has today's Unicode, and that of 2002, version 3.2, beside it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

import heliosdb_sqlite

_LAST = 0x3100  # most scripts of today and the symbols; the ideographs would take longer than they are worth
_ZERO_WIDTH_SPACE = 0x200B
_CHANGED = """
    SELECT now.name, old.category AS "2002", now.category AS now
    FROM characters AS now
    JOIN characters FOR SYSTEM_TIME AS OF TAG 'Unicode 3.2' AS old USING (code)
    WHERE old.category <> now.category
    ORDER BY now.code LIMIT 5"""
_FOUND = """
    SELECT printf('U+%04X', code) AS place, name, category FROM characters
    WHERE name LIKE ? ORDER BY code LIMIT 5"""


def play(console: Console, folder: Path, queries: tuple[str, ...]) -> None:
    """Play the act.

    :param queries: words to look for in the names of characters, then and now
    """
    connection: Any = heliosdb_sqlite.connect(folder / "unicode.db", enable_time_travel=True)
    try:
        _fill(console, connection)
        _compare(console, connection)
        _tell(console, connection)
        for query in queries:
            _look_for(console, connection, query)
        _restore(console, connection)
    finally:
        connection.close()


def _characters(version: Any) -> Iterator[tuple[int, str, str]]:
    for code in range(_LAST):
        name = version.name(chr(code), None)
        if name is not None:
            yield code, name, version.category(chr(code))


def _fill(console: Console, connection: Any) -> None:
    connection.execute("CREATE TABLE characters (code INTEGER PRIMARY KEY, name TEXT, category TEXT)")
    old, new = unicodedata.ucd_3_2_0.unidata_version, unicodedata.unidata_version
    with connection.recorded_as(f"Unicode {old}"):
        connection.executemany("INSERT INTO characters VALUES (?, ?, ?)", _characters(unicodedata.ucd_3_2_0))
        connection.commit()
    connection.tag("Unicode 3.2")
    with connection.recorded_as(f"Unicode {new}"):
        connection.executemany(
            "INSERT INTO characters VALUES (?, ?, ?) ON CONFLICT (code) DO UPDATE "
            "SET name = excluded.name, category = excluded.category",
            _characters(unicodedata),
        )
        connection.commit()
    ((then,),) = connection.execute("SELECT count(*) FROM characters AS OF TAG 'Unicode 3.2'").fetchall()
    ((now,),) = connection.execute("SELECT count(*) FROM characters").fetchall()
    console.print(
        Text(f"{then:,} characters of Unicode {old} (2002), then the {now:,} of Unicode {new}: two commits.")
    )


def _compare(console: Console, connection: Any) -> None:
    console.print("\nBoth states in one statement: what changed its category?")
    _show_sql(console, _CHANGED)
    _show_rows(console, connection.execute(_CHANGED))


def _tell(console: Console, connection: Any) -> None:
    console.print(f"\nconn.history('characters', {_ZERO_WIDTH_SPACE:#06x}) tells the story of one row:")
    for version in connection.history("characters", _ZERO_WIDTH_SPACE):
        row = version.row or {}
        what = ", ".join(
            f"{name}: {before} became {after}" for name, (before, after) in version.changes.items()
        )
        console.print(Text(f"  {version.operation} by {version.user}: {what or row.get('name')}"))


def _look_for(console: Console, connection: Any, query: str) -> None:
    for state, clause in (("2002", "AS OF TAG 'Unicode 3.2'"), ("now", "")):
        console.print(Text(f"\n{query!r}, {state}:"))
        sql = _FOUND.replace("LIKE ?", f"LIKE ? {clause}") if clause else _FOUND
        _show_rows(console, connection.execute(sql, (f"%{query}%",)))


def _restore(console: Console, connection: Any) -> None:
    changes = connection.restore("characters", tag="Unicode 3.2", dry_run=True).tables["characters"]
    console.print(
        f"\nThe way back, conn.restore('characters', tag='Unicode 3.2'), would delete {changes.deleted:,} rows and "
        f"update {changes.updated:,}."
    )


def _show_sql(console: Console, sql: str) -> None:
    console.print(
        Padding(Syntax(dedent(sql).strip(), "sql", background_color="default", word_wrap=True), (0, 2))
    )


def _show_rows(console: Console, cursor: Any) -> None:
    table = Table(*[str(column[0]) for column in cursor.description], box=None, padding=(0, 2))
    for row in cursor:
        table.add_row(*[Text(str(value)) for value in row])
    console.print(Padding(table, (0, 2)))
