"""``heliosdb branch``: branches on the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

import heliosdb_sqlite
from heliosdb_sqlite.plugins import key_options

from ..comparing.diff import BranchDiff, RowChange
from ..errors import Conflict, MergeConflict
from ..names import MAIN
from ..results import Branch, MergeReport, TableChanges

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False))
_SHOWN = 20  # rows of a diff, and conflicts of a merge


def _shown(text: object) -> str:
    """Return a text from a database as it can be printed: control characters are spelled out."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in str(text))


def _connect(file: str, encryption_key: Any) -> Any:
    options = {} if encryption_key is None else {"encryption_key": encryption_key}
    return closing(heliosdb_sqlite.connect(file, **options))


@click.group(short_help="Make, compare and merge branches of a database.")
def branch() -> None:
    """Make, compare and merge branches of a database FILE.

    \b
        heliosdb branch create shop.db spring
        heliosdb branch diff shop.db main spring
        heliosdb branch merge shop.db spring
    """  # noqa: D301 - click looks for the character


@branch.command("list")
@_FILE
@key_options
def list_(file: str, encryption_key: Any) -> None:
    """List the branches of FILE as a tree."""
    with _connect(file, encryption_key) as connection:
        branches = connection.list_branches()
    children: dict[str, list[Branch]] = {}
    names = {each.name for each in branches}
    for each in branches[1:]:
        parent = each.parent if each.parent in names else MAIN
        children.setdefault(parent or MAIN, []).append(each)
    tree = Tree(_described(branches[0]))
    _grow(tree, MAIN, children)
    Console().print(tree)


def _grow(tree: Tree, name: str, children: dict[str, list[Branch]]) -> None:
    for each in children.get(name, []):
        _grow(tree.add(_described(each)), each.name, children)


def _described(branch: Branch) -> Text:
    text = Text(_shown(branch.name), style="bold")
    facts = [f"{branch.size_mb:.1f} MB"]
    if branch.created_at is not None:
        facts.append(f"made {_ago(branch.created_at)}")
        facts.append(f"{branch.commits} commit{'' if branch.commits == 1 else 's'}")
    text.append("  " + ", ".join(facts), style="not bold dim")
    if branch.state != "ready":
        text.append(
            f"  {_shown(branch.state)}",
            style="not bold red" if branch.state != "copying" else "not bold yellow",
        )
    elif branch.is_active and branch.created_at is not None:
        text.append("  open", style="not bold green")
    return text


def _ago(moment: datetime) -> str:
    seconds = max(0.0, (datetime.now(moment.tzinfo) - moment).total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


@branch.command()
@_FILE
@click.argument("name")
@click.option("--from", "from_branch", default=MAIN, show_default=True, help="The branch to copy.")
@click.option("--as-of", help="Copy the state of a past instant; needs the timetravel plugin.")
@key_options
def create(file: str, name: str, from_branch: str, as_of: str | None, encryption_key: Any) -> None:
    """Make a branch of FILE called NAME."""
    with _connect(file, encryption_key) as connection, _copying() as progress:
        made = connection.create_branch(name, from_branch, as_of, progress=progress)
    click.echo(f"branch {_shown(made.name)} made from {_shown(made.parent)}")


class _copying:  # noqa: N801 - used as a function
    """Shows how far a long copy is, on a terminal."""

    def __init__(self) -> None:
        columns = (TextColumn("copying"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task: Any = None

    def __enter__(self) -> Callable[[int, int], None]:
        return self._report

    def _report(self, done: int, size: int) -> None:
        if not sys.stderr.isatty():
            return
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task("copying", total=size)
        self._bar.update(self._task, completed=done)

    def __exit__(self, *_: object) -> None:
        if self._task is not None:
            self._bar.stop()


@branch.command()
@_FILE
@click.argument("a")
@click.argument("b")
@click.option(
    "--rows",
    type=click.IntRange(0),
    default=_SHOWN,
    show_default=True,
    help="How many rows of each table to show.",
)
@click.option("--full", is_flag=True, help="Look at every row, not only at those changed on a branch.")
@click.option("--sql", "as_sql", is_flag=True, help="Print the statements that make A what B is.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
@key_options
def diff(
    file: str, a: str, b: str, rows: int, full: bool, as_sql: bool, as_json: bool, encryption_key: Any
) -> None:
    """Show what would turn branch A of FILE into branch B: rows and definitions added, changed and removed."""
    if as_sql and as_json:
        raise click.UsageError("give --sql or --json, not both")
    with _connect(file, encryption_key) as connection:
        found: BranchDiff = connection.compare_branches(a, b, full=full)
        if as_sql or as_json:
            (found.to_sql if as_sql else found.to_json)(sys.stdout)
            return
        _show_diff(found, rows)


def _show_diff(found: BranchDiff, limit: int) -> None:
    console = Console()
    if not found:
        console.print("no differences")
        return
    for words in found.schema:
        console.print(Text(f"schema: {_shown(words)}", style="cyan"))
    for name, table in found.tables.items():
        counts = f"+{table.added} ~{table.changed} -{table.removed}"
        console.print(
            Text.assemble(
                (_shown(name), "bold"), f"  {counts}", ("  every row looked at" if table.scanned else "")
            )
        )
        for change in islice(found.rows(name), limit):
            console.print(_row(change), soft_wrap=True)
        if table.total > limit:
            console.print(Text(f"  ... and {table.total - limit} more", style="dim"))


def _row(change: RowChange) -> Text:
    key = ", ".join(map(_shown, map(repr, change.key)))
    if change.before is None:
        return Text(f"  + {key}  {_cells(change.after or {})}", style="green")
    if change.after is None:
        return Text(f"  - {key}  {_cells(change.before)}", style="red")
    cells = [
        f"{_shown(column)}: {_shown(repr(change.before.get(column)))} -> {_shown(repr(after))}"
        for column, after in change.after.items()
        if change.before.get(column) != after or type(change.before.get(column)) is not type(after)
    ]
    return Text(f"  ~ {key}  {', '.join(cells)}", style="yellow")


def _cells(row: dict[str, Any]) -> str:
    return ", ".join(f"{_shown(column)}={_shown(repr(cell))}" for column, cell in row.items())


@branch.command()
@_FILE
@click.argument("name")
@click.option("--into", default=MAIN, show_default=True, help="The branch that gets the changes.")
@click.option(
    "--strategy",
    type=click.Choice(["abort", "ours", "theirs"]),
    default="abort",
    show_default=True,
    help="What to do where both sides changed the same cell or row.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing, and show what would be done.")
@click.option(
    "--renumber", is_flag=True, help="Give new rows another id where both sides added one under the same."
)
@key_options
def merge(
    file: str, name: str, into: str, strategy: str, dry_run: bool, renumber: bool, encryption_key: Any
) -> None:
    """Merge branch NAME of FILE."""
    console = Console()
    with _connect(file, encryption_key) as connection:
        try:
            report = connection.merge_branch(
                name, into, strategy=strategy, dry_run=dry_run, renumber=renumber
            )
        except MergeConflict as error:
            _show_conflicts(console, error.conflicts)
            raise click.ClickException(
                f"{_shown(into)} was left as it is: choose a strategy, or change one side"
            ) from None
    _show_report(console, report)


def _show_report(console: Console, report: MergeReport) -> None:
    for words in report.schema:
        console.print(Text(f"schema: {_shown(words)}", style="cyan"))
    _show_counts(console, dict(report.tables))
    if report.conflicts:
        _show_conflicts(console, report.conflicts)
    what = "would change" if report.dry_run else "changed"
    rows = report.total_row_changes
    console.print(
        Text(
            f"merging {_shown(report.branch)} {what} {rows} row{'' if rows == 1 else 's'} of {_shown(report.into)}"
        )
    )


def _show_counts(console: Console, tables: dict[str, TableChanges]) -> None:
    if not tables:
        return
    grid = Table("table", "added", "changed", "removed")
    for name, each in tables.items():
        grid.add_row(Text(_shown(name)), str(each.added), str(each.changed), str(each.removed))
    console.print(grid)


def _show_conflicts(console: Console, conflicts: tuple[Conflict, ...]) -> None:
    grid = Table(
        "table", "key", "column", "base", "ours", "theirs", "", title="conflicts", title_justify="left"
    )
    for each in conflicts[:_SHOWN]:
        key = "" if each.key is None else ", ".join(map(repr, each.key))
        cells = (
            each.table,
            key,
            each.column or "",
            repr(each.base),
            repr(each.ours),
            repr(each.theirs),
            each.reason,
        )
        grid.add_row(*(Text(_shown(cell)) for cell in cells))
    console.print(grid)
    if len(conflicts) > _SHOWN:
        console.print(f"... and {len(conflicts) - _SHOWN} more")


@branch.command()
@_FILE
@click.argument("names", nargs=-1, required=True)
@key_options
def delete(file: str, names: tuple[str, ...], encryption_key: Any) -> None:
    """Delete branches of FILE."""
    with _connect(file, encryption_key) as connection:
        for name in names:
            connection.delete_branch(name)
            click.echo(f"branch {_shown(name)} deleted")


@branch.command()
@_FILE
@click.argument("name")
@click.option("--into", default=MAIN, show_default=True, help="The branch that it was merged into.")
@key_options
def undo(file: str, name: str, into: str, encryption_key: Any) -> None:
    """Take the last merge of branch NAME back."""
    console = Console()
    with _connect(file, encryption_key) as connection:
        report = connection.undo_merge(name, into)
    for words in report.schema:
        console.print(Text(f"schema: {_shown(words)}", style="cyan"))
    _show_counts(console, dict(report.tables))
    console.print(Text(f"the merge of {_shown(name)} is undone"))
