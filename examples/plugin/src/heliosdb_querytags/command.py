"""``heliosdb audit``. Imported by the command line alone, whose packages a program does not need."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .log import read_audit_log


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many to show.")
def audit(file: Path, limit: int) -> None:
    """Show the last commits that were written down in the database FILE, the newest first.

    The file is opened read-only. connect(..., audit_commits=True) is what writes them down.
    """
    table = Table("commit", "at (UTC)", "tag", "rows changed")
    for commit in read_audit_log(file, limit=limit):
        at = commit.at.strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(str(commit.id), at, Text(commit.tag or ""), str(commit.changes))
    Console().print(table)
