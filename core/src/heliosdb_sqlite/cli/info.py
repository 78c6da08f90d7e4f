"""``heliosdb info``: what a database file holds, and what this Python's SQLite can do."""

from __future__ import annotations

import platform
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .._standard import sqlite3
from ..capabilities import capabilities
from ..sql.quoting import quote_identifier
from ._reading import Header, read_header, read_only
from ._text import shown

_COUNT_UP_TO = 256 * 2**20  # bytes; counting the rows of a bigger file takes noticeable time


@click.command(short_help="Show what a database and this machine have.")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--count/--no-count", default=None, help="Count each table's rows (the default up to 256 MiB).")
def info(file: Path | None, count: bool | None) -> None:
    """Show what the database FILE holds, if one is given, and what this Python's SQLite can do.

    The file is opened read-only and left as it is.
    """
    console = Console()
    if file is not None:
        if not file.is_file():
            raise click.ClickException(f"{file} is not a regular file")
        header = read_header(file)
        console.print(shown(str(file), "bold"), soft_wrap=True)
        console.print(_facts(file, header))
        with read_only(file, header) as connection:
            counted = file.stat().st_size <= _COUNT_UP_TO if count is None else count
            console.print(_contents(connection, counted))
    console.print(_machine(file.resolve().parent if file is not None else Path()))


def _facts(file: Path, header: Header | None) -> Table:
    table = Table(show_header=False)
    table.add_row("size", f"{file.stat().st_size:,} bytes")
    if header is not None:
        table.add_row("page size", f"{header.page_size:,} bytes")
        table.add_row("journal", "write-ahead log" if header.write_ahead else "rollback journal")
        for suffix in ("-wal", "-journal"):
            beside = Path(f"{file.resolve()}{suffix}")
            if beside.exists():
                table.add_row(f"beside it, {suffix}", f"{beside.stat().st_size:,} bytes")
        table.add_row("text encoding", header.encoding)
        table.add_row("user version", str(header.user_version))
        if header.application_id:
            table.add_row("application id", f"0x{header.application_id:08x}")
        table.add_row("last written by", f"SQLite {header.written_by}")
    return table


def _contents(connection: sqlite3.Connection, count: bool) -> Table | Text:
    table = Table("name", "kind", "rows" if count else "rows (--count)", "columns")
    query = """
        SELECT name, CASE WHEN sql LIKE 'CREATE VIRTUAL%' THEN 'virtual table' ELSE type END
        FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY type, name
    """
    for name, kind in connection.execute(query).fetchall():
        rows = _rows(connection, name) if count and kind != "view" else ""
        table.add_row(shown(name), kind, shown(rows), shown(_columns(connection, name)))
    return table if table.row_count else Text("no tables")


def _columns(connection: sqlite3.Connection, table: str) -> str:
    query = "SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden <> 1"
    try:
        return ", ".join(" ".join(filter(None, column)) for column in connection.execute(query, (table,)))
    except sqlite3.OperationalError as error:
        return f"({error})"  # a virtual table of an absent module, a view of a dropped table


def _rows(connection: sqlite3.Connection, table: str) -> str:
    try:
        return f"{connection.execute(f'SELECT count(*) FROM {quote_identifier(table)}').fetchone()[0]:,}"
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise
        return "?"  # a virtual table of an absent module, which the columns tell


def _machine(folder: Path) -> Table:
    title = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    table = Table("this machine", "", "what follows", title=title)
    for each in capabilities(folder):
        table.add_row(each.name, each.value, each.consequence)
    return table
