"""``heliosdb plugins``: what is installed, and what it brings."""

from __future__ import annotations

from collections.abc import Iterator

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import _catalogue
from ..plugins import Syntax
from ..plugins._manager import Found, Manager, manager
from ._text import shown


@click.command(short_help="List the plugins and what they bring.")
def plugins() -> None:
    """List the plugins: installed ones with what they bring, HeliosDB's others with how to get them."""
    found, grid = manager(), Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    there = {each.name for each in found.found}
    for each in found.found:
        _add(grid, each.name, _state(each, found), _brought(each, found))
    for feature in _catalogue.FEATURES:
        if feature.name not in there:
            _add(
                grid,
                feature.name,
                Text(f"not installed: pip install 'heliosdb[{feature.name}]'", "yellow"),
                _would_bring(feature),
            )
    Console().print(grid)


def _add(grid: Table, name: str, state: Text, brings: Iterator[tuple[str, list[str]]]) -> None:
    if grid.row_count:
        grid.add_row()
    grid.add_row(shown(name, "bold"), "", state)
    for label, names in brings:
        if names:
            grid.add_row("", label, shown(", ".join(names)))


def _state(found: Found, installed: Manager) -> Text:
    state = shown(f"{found.distribution} {found.version}", "green")
    if found.problem:
        return state.append_text(shown(f"  not loaded: {found.problem}", "bold red"))
    return state.append("  on every connection") if found.name in installed.always else state


def _brought(found: Found, installed: Manager) -> Iterator[tuple[str, list[str]]]:
    """Yield what a plugin that is there says of itself."""
    name = found.name
    options = installed.ask(name, "heliosdb_options")
    syntax: Syntax = installed.ask(name, "heliosdb_syntax", default=Syntax())
    yield "connect()", list(options.model_fields) if options is not None else []
    yield (
        "methods",
        [
            *(f"conn.{key}()" for key in installed.ask(name, "heliosdb_methods", default={})),
            *(f"cursor.{key}()" for key in installed.ask(name, "heliosdb_cursor_methods", default={})),
        ],
    )
    yield "functions", [f"{key}()" for key in installed.ask(name, "heliosdb_functions", default={})]
    yield "SQL", [*syntax.column_types, *syntax.clauses, *(f"{key}()" for key in syntax.functions)]


def _would_bring(feature: _catalogue.Feature) -> Iterator[tuple[str, list[str]]]:
    """Yield what a plugin that is not there would say of itself."""
    yield "connect()", list(feature.options)
    yield "methods", [f"conn.{key}()" for key in feature.methods]
    yield "functions", [f"{key}()" for key in feature.functions]
    types = [*feature.column_types, *feature.sized_types]
    yield (
        "SQL",
        [*types, *feature.clauses, *feature.statements, *(f"{key}()" for key in feature.sql_functions)],
    )
