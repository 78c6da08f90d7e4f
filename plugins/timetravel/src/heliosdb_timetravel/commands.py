"""The commands ``heliosdb history`` and ``heliosdb restore``."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

import heliosdb_sqlite
from heliosdb_sqlite.plugins import key_options

from .versions import Version

_STYLES = {"INSERT": "green", "UPDATE": "yellow", "DELETE": "red", "ADOPT": "cyan"}
_BYTES = re.compile(r"[xX]'(?:[0-9a-fA-F]{2})*'")
_LONGEST = 200  # of a value that is shown
_BRANCH = click.option("--branch", metavar="NAME", help="The branch that is meant, instead of main.")


def add(cli: click.Group) -> None:
    """Add the commands to the command line."""
    cli.add_command(history)
    cli.add_command(restore)


@contextmanager
def _opened(file: Path, branch: str | None, encryption_key: Any) -> Iterator[Any]:
    options: dict[str, Any] = {"enable_time_travel": True, "time_travel_tables": "explicit"}
    if branch is not None:
        options["branch"] = branch
    if encryption_key is not None:
        options["encryption_key"] = encryption_key
    connection = heliosdb_sqlite.connect(file, **options)
    try:
        yield connection
    finally:
        connection.close()


# A key may be negative.
@click.command(
    short_help="Show who changed a row, when, and what.", context_settings={"ignore_unknown_options": True}
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
@click.option("--dropped", is_flag=True, help="Show columns that the table has no more, too.")
@_BRANCH
@key_options
def history(
    file: Path, table: str, key: Sequence[str], *, dropped: bool, branch: str | None, encryption_key: Any
) -> None:
    """Show who changed a row, when, and what: the versions of the row of TABLE with the primary key KEY.

    A key of several columns is given one by one, a key of bytes as x'00ff'.

    \b
        heliosdb history shop.db products 7
    """  # noqa: D301 - click looks for the character
    console = Console(highlight=False)
    with _opened(file, branch, encryption_key) as connection:
        found: list[Version] = []
        for values in _readings(key):
            found = connection.history(table, values, dropped=dropped)
            if found:
                break
    if not found:
        raise sqlite3.OperationalError(f"table {table!r} never had a row with the key {' '.join(key)!r}")
    for version in found:
        for line in _lines(version):
            console.print(line, soft_wrap=True)


def _readings(key: Sequence[str]) -> Iterator[Any]:
    """Yield what a key that was typed can mean: numbers, bytes, or texts that look like them."""
    for values in product(*map(_meanings, key)):
        yield values[0] if len(values) == 1 else values


def _meanings(part: str) -> list[Any]:
    if _BYTES.fullmatch(part):
        return [bytes.fromhex(part[2:-1]), part]
    for number in (int, float):
        with suppress(ValueError):
            if str(number(part)) == part:  # 007 is no number, but a text that happens to be digits
                return [number(part), part]
    return [part]


def _lines(version: Version) -> Iterator[Text]:
    style = _STYLES.get(version.operation or "", "")
    when = (
        version.time.astimezone().isoformat(sep=" ", timespec="milliseconds")
        if version.time
        else "not committed"
    )
    line = Text(f"{when}  ")
    line.append(version.operation or "as it was", style=f"bold {style}".strip())
    line.append(
        f"  transaction {version.transaction}" + (f"  by {version.user}" if version.user else ""), style="dim"
    )
    yield line
    if version.operation in ("UPDATE", "DELETE"):
        for name, (before, after) in version.changes.items():
            yield Text(f"  - {name} = {_value(before)}", style="red")
            if version.row is not None:
                yield Text(f"  + {name} = {_value(after)}", style="green")
    elif version.row is not None:
        for name, value in version.row.items():
            yield Text(f"    {name} = {_value(value)}")


def _value(value: Any) -> str:
    text = repr(value) if value is not None else "NULL"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


@click.command(short_help="Make tables what they were at a moment.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("table", required=False)
@click.option(
    "--at", help="The moment to go back to, local time unless it names a zone: '2024-12-31 12:00:00'."
)
@click.option("--tag", help="The tag to go back to, instead of --at.")
@click.option("--transaction", type=int, help="The transaction to go back to, instead of --at.")
@click.option("--dry-run", is_flag=True, help="Change nothing, only say what would change.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--user", help="Whom to name in the history.")
@_BRANCH
@key_options
def restore(
    file: Path,
    table: str | None,
    at: str | None,
    tag: str | None,
    transaction: int | None,
    *,
    dry_run: bool,
    yes: bool,
    user: str | None,
    branch: str | None,
    encryption_key: Any,
) -> None:
    """Make TABLE, or without one all tables with a history, what they were. What is there now becomes history.

    Shows what will change, and asks.

    \b
        heliosdb restore shop.db products --at '2024-12-31 12:00'
    """  # noqa: D301 - click looks for the character
    console = Console(highlight=False)
    state = {"at": at, "tag": tag, "transaction": transaction}
    with _opened(file, branch, encryption_key) as connection, connection.recorded_as(user):
        planned = connection.restore(table, **state, dry_run=True)
        for name, changes in planned.tables.items():
            console.print(
                Text(
                    f"{name}: {changes.deleted} to delete, {changes.updated} to update, {changes.inserted} to insert"
                )
            )
        for name in planned.left_alone:
            console.print(Text(f"{name}: left alone; it is not there now, or was not there then"))
        if dry_run or not planned.total:
            return
        if not yes:
            click.confirm(f"Change {_rows(planned.total)} of {file}?", abort=True)
        done = connection.restore(table, **state)
        console.print(Text(f"{_rows(done.total)} changed.", style="green"))


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"
