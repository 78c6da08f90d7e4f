"""``heliosdb plugins``: what is installed, and what it brings."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from .. import _catalogue
from ..plugins._manager import manager
from ..plugins._options import models


@click.command()
def plugins() -> None:
    """List the plugins: installed ones with what they bring, HeliosDB's others with how to get them."""
    found, options = manager(), {name: list(model.model_fields) for name, model in models(manager()).items()}
    table = Table("plugin", "distribution", "state", "connect() options", "methods and functions")
    for each in found.found:
        brings = [f"conn.{key}" for key in found.ask(each.name, "heliosdb_methods", default={})]
        brings += [f"cursor.{key}" for key in found.ask(each.name, "heliosdb_cursor_methods", default={})]
        brings += [f"{key}()" for key in found.ask(each.name, "heliosdb_functions", default={})]
        state = each.problem or ("on every connection" if each.name in found.always else "installed")
        table.add_row(
            each.name,
            f"{each.distribution} {each.version}",
            state,
            "\n".join(options.get(each.name, [])),
            "\n".join(brings),
        )
    there = {each.name for each in found.found}
    for feature in _catalogue.FEATURES:
        if feature.name not in there:
            state = f"pip install 'heliosdb\\[{feature.name}]'"
            brings = [f"conn.{key}" for key in feature.methods] + [f"{key}()" for key in feature.functions]
            table.add_row(
                feature.name,
                f"heliosdb-{feature.name}",
                state,
                "\n".join(feature.options),
                "\n".join(brings),
                style="dim",
            )
    Console().print(table)
