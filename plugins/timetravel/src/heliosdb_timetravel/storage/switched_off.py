"""Remembers which tables are not to be adopted, because their versioning was dropped."""

from __future__ import annotations

from . import layout
from .names import SETTINGS, in_schema
from .shape import Run

_WITHOUT = "without"  # what their settings hold, and begin with


def switched_off(run: Run, schema: str = "main") -> set[str]:
    """Return the tables, in lower case, whose versioning was dropped."""
    if not layout.exists(run, schema):
        return set()
    rows = run(f"SELECT name FROM {in_schema(schema, SETTINGS)} WHERE value = ?", (_WITHOUT,)).fetchall()
    return {name.partition(":")[2] for (name,) in rows}


def switch_off(run: Run, schema: str, name: str, *, off: bool) -> None:
    """Remember that a table is not to be adopted, or that it may be again."""
    if not layout.exists(run, schema):
        return
    setting = f"{_WITHOUT}:{name.lower()}"
    settings = in_schema(schema, SETTINGS)
    if off:
        run(f"INSERT INTO {settings} VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (setting, _WITHOUT))
    else:
        run(f"DELETE FROM {settings} WHERE name = ?", (setting,))
