"""What a plugin says it brings, checked when it is registered: an error then names the plugin, the hook and the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._standard import sqlite3
from . import hookspecs
from .syntax import Syntax

_NAMED = ("heliosdb_methods", "heliosdb_cursor_methods", "heliosdb_functions")


def refuse_unmarked(plugin: object, name: str) -> None:
    """Raise for a function that is named like a hook and would never be called.

    :raises ProgrammingError: ``@hookimpl`` is missing
    """
    for hook in hookspecs.HOOKS:
        function = getattr(plugin, hook, None) if hook in dir(plugin) else None
        inherited = hasattr(function, "heliosdb_spec")  # from the class Plugin, which has all of them
        if callable(function) and not inherited and not hasattr(function, "heliosdb_impl"):
            raise sqlite3.ProgrammingError(
                f"plugin {name!r}: {hook}() is not marked: put @hookimpl above it, from heliosdb_sqlite.plugins"
            )


def checked(name: str, hook: str, answer: Any) -> Any:
    """Return what a plugin's hook answered, if it is of the kind that the hook asks for.

    :raises ProgrammingError: it is not
    """
    if hook in _NAMED:
        answer = {} if answer is None else answer
        fits = isinstance(answer, Mapping) and all(
            isinstance(key, str) and callable(function) for key, function in answer.items()
        )
        wanted = "a dict of functions by their names"
    elif hook == "heliosdb_syntax":
        fits, wanted = isinstance(answer, Syntax), "a Syntax"
    else:
        fits = isinstance(answer, type) and isinstance(getattr(answer, "model_fields", None), Mapping)
        wanted = "a class derived from pydantic's BaseModel"
    if not fits:
        raise sqlite3.ProgrammingError(f"plugin {name!r}: {hook}() returned {answer!r}: it takes {wanted}")
    return answer
