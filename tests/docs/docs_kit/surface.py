"""Everything that HeliosDB lets its users and its plugins' authors write, read off the installed distributions."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import click

import heliosdb_sqlite.plugins
import heliosdb_sqlite.sql
import heliosdb_sqlite.testing.dropin
from heliosdb_sqlite.cli.app import build
from heliosdb_sqlite.plugins import Syntax, hookspecs
from heliosdb_sqlite.plugins._manager import manager
from heliosdb_sqlite.plugins._options import models

from .files import DISTRIBUTIONS, ROOT

HOOKS: tuple[str, ...] = hookspecs.HOOKS


def hook(name: str) -> tuple[str, bool]:
    """Return how a hook is written, without self, and whether it is provisional."""
    function = getattr(hookspecs.Plugin, name)
    parameters = [each for each in inspect.signature(function).parameters if each != "self"]
    return f"{name}({', '.join(parameters)})", "provisional" in (inspect.getdoc(function) or "").lower()


def options() -> list[str]:
    """Return the connect() keywords of the installed plugins."""
    return list(defaults())


def defaults() -> dict[str, Any]:
    """Return what each connect() keyword of the installed plugins is where connect() is not given it."""
    fields = [each for model in models(manager()).values() for each in model.model_fields.items()]
    return {keyword: field.default for keyword, field in fields}


def methods() -> list[str]:
    """Return the methods that the installed plugins bring, with their parentheses."""
    hooks = ("heliosdb_methods", "heliosdb_cursor_methods", "heliosdb_functions")
    brought = [bring() for each in hooks for bring in manager().implementations(each).values()]
    return [f"{key}()" for mapping in brought for key in mapping]


def sql() -> list[str]:
    """Return the column types, clauses and functions that the installed plugins add to SQL."""
    syntaxes: list[Syntax] = [bring() for bring in manager().implementations("heliosdb_syntax").values()]
    return [word for each in syntaxes for word in (*each.column_types, *each.clauses, *each.functions)]


def variables() -> list[str]:
    """Return the environment variables that the distributions read."""
    text = "".join(
        path.read_text(encoding="utf-8")
        for folder in DISTRIBUTIONS
        for path in (folder / "src").rglob("*.py")
    )
    return sorted(set(re.findall(r"\bHELIOSDB_[A-Z_]+[A-Z]\b", text)))


def commands(group: click.Group | None = None, path: str = "heliosdb") -> Iterator[tuple[str, click.Command]]:
    """Yield each subcommand of ``heliosdb`` by all its words."""
    for name, command in sorted((group or build()).commands.items()):
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def extras() -> list[str]:
    """Return the extras of the core's distribution."""
    text = (ROOT / "core" / "pyproject.toml").read_text(encoding="utf-8")
    table = text.partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    return re.findall(r"^([a-z0-9-]+) = ", table, re.MULTILINE)


def plugin_names() -> list[str]:
    """Return what plugins and their tests import: the names of heliosdb_sqlite.plugins and heliosdb_sqlite.testing."""
    testing = heliosdb_sqlite.testing
    return [*heliosdb_sqlite.plugins.__all__, *testing.__all__, *testing.dropin.__all__]


def members(cls: Any) -> list[str]:
    """Return the public fields, methods and properties of a class of the contract."""
    named = {*vars(cls), *getattr(cls, "__annotations__", {})}
    return sorted(each for each in named if not each.startswith(("_", "heliosdb_")))


def sql_tools() -> Iterator[tuple[str, list[str]]]:
    """Yield each module of heliosdb_sqlite.sql with the public functions and classes that it defines."""
    for module_info in pkgutil.iter_modules(heliosdb_sqlite.sql.__path__):
        module = importlib.import_module(f"heliosdb_sqlite.sql.{module_info.name}")
        yield (
            module.__name__,
            [
                key
                for key, value in vars(module).items()
                if not key.startswith("_") and getattr(value, "__module__", "") == module.__name__
            ],
        )
