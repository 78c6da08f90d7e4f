"""Methods that plugins add to connections and cursors, found when first asked for."""

from __future__ import annotations

import sqlite3
from typing import Any

from ._errors import MissingPlugin


def plugin_method(owner: sqlite3.Connection | sqlite3.Cursor, name: str) -> Any:
    """Return the bound method ``name`` that a plugin brings, after setting every plugin's methods on the class.

    Called by ``__getattr__``, so only for names that neither the class nor the instance has.

    :raises MissingPlugin: a HeliosDB plugin that is not installed brings it; the message says how to install it
    :raises AttributeError: nobody knows it
    """
    if not name.startswith("_"):
        from .plugins._manager import manager

        if manager().install_methods() and hasattr(type(owner), name):
            return getattr(owner, name)
        from . import _catalogue

        if (feature := _catalogue.owner_of_method(name)) is not None:
            raise MissingPlugin(f"{name}() {feature.comes_with}")
    raise AttributeError(f"{type(owner).__name__!r} object has no attribute {name!r}", name=name, obj=owner)


def names_with_plugins(owner: sqlite3.Connection | sqlite3.Cursor) -> list[str]:
    """Return what ``dir(owner)`` shows: the methods of the installed plugins are part of it."""
    from .plugins._manager import manager

    manager().install_methods()
    return sorted({*object.__dir__(owner)})
