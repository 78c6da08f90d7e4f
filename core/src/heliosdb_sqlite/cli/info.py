"""``heliosdb info``: what a database file holds, and what this Python's SQLite can do."""

from __future__ import annotations

import platform
from pathlib import Path
from urllib.parse import quote

import click
from rich.console import Console
from rich.table import Table

from .._standard import sqlite3
from ..capabilities import capabilities
from ..sql.quoting import quote_identifier

_COUNT_UP_TO = 256 * 2**20  # bytes; counting the rows of a bigger file takes noticeable time


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--count/--no-count", default=None, help="Count each table's rows (the default up to 256 MiB).")
def info(file: Path | None, count: bool | None) -> None:
    """Show what the database FILE holds, if one is given, and what this Python's SQLite can do.

    The file is opened read-only and left as it is.
    """
    console = Console()
    if file is not None:
        _show_file(console, file, file.stat().st_size <= _COUNT_UP_TO if count is None else count)
    table = Table(
        "this Python",
        "",
        "what follows",
        title=f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
    )
    for each in capabilities():
        table.add_row(each.name, each.value, each.consequence)
    console.print(table)


def _show_file(console: Console, file: Path, count: bool) -> None:
    connection = sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro", uri=True)
    try:
        facts = Table(title=str(file), show_header=False)
        facts.add_row("size", f"{file.stat().st_size:,} bytes")
        for name in (
            "page_size",
            "journal_mode",
            "encoding",
            "auto_vacuum",
            "user_version",
            "application_id",
        ):
            facts.add_row(name.replace("_", " "), str(connection.execute(f"PRAGMA {name}").fetchone()[0]))
        console.print(facts)
        tables = Table("name", "kind", "rows" if count else "rows (not counted: --count)", "columns")
        query = "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY type, name"
        for name, kind in connection.execute(query).fetchall():
            columns = connection.execute("SELECT name, type FROM pragma_table_xinfo(?)", (name,)).fetchall()
            rows = _rows(connection, name) if count and kind == "table" else ""
            tables.add_row(name, kind, rows, "\n".join(" ".join(filter(None, column)) for column in columns))
        console.print(tables)
    except sqlite3.DatabaseError as error:
        error.args = (
            (f"{file}: {error} (is it encrypted, or no SQLite database?)",)
            if "not a database" in str(error)
            else error.args
        )
        raise
    finally:
        connection.close()


def _rows(connection: sqlite3.Connection, table: str) -> str:
    try:
        return f"{connection.execute(f'SELECT count(*) FROM {quote_identifier(table)}').fetchone()[0]:,}"
    except sqlite3.OperationalError as error:  # a virtual table whose module is not loaded
        return f"({error})"
