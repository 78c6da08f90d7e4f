"""``heliosdb demo``: each installed feature on real data."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.rule import Rule

from ..plugins._manager import manager
from ._text import shown


@click.command(short_help="Show what the installed features do.")
@click.argument("queries", nargs=-1)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the demo's databases in this folder.",
)
def demo(queries: tuple[str, ...], keep: Path | None) -> None:
    """Show what the installed features do, on real data.

    QUERIES are texts of your own to search for. The package sentence-transformers turns them into vectors.
    """
    console = Console()
    acts = [act() for act in manager().implementations("heliosdb_demo").values()]
    if not acts:
        raise click.ClickException("no installed plugin has anything to show: pip install 'heliosdb[vector]'")
    with ExitStack() as stack:
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="heliosdb-demo-")))
        for act in sorted(acts, key=lambda act: act.order):
            console.print(Rule(act.title))
            act.play(console, folder, queries)
        if keep is not None:
            console.print(shown(f"The databases are in {keep}: plain SQLite files."), soft_wrap=True)
