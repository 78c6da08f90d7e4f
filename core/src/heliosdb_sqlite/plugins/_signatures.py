"""Hook signatures: what is right, and how a shorter one is called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import pluggy

from . import hookspecs


def signature(hook: str) -> str:
    """Return how a hook is written: ``heliosdb_parse(connection, statement)``."""
    return f"{hook}({', '.join(_parameters(hook))})"


def _parameters(hook: str) -> list[str]:
    return list(inspect.signature(getattr(hookspecs.Plugin, hook)).parameters)[1:]  # without self


def adapt(hook: str, impl: pluggy.HookImpl) -> Callable[..., Any]:
    """Return the implementation as a function of all the hook's arguments, by position.

    pluggy lets an implementation leave arguments out; taking them out here saves doing so on every call.

    :raises PluginValidationError: a pluggy wrapper, which a compiled pipeline has no place for
    """
    if impl.wrapper or impl.hookwrapper:
        raise pluggy.PluginValidationError(impl.plugin, f"{hook} is a wrapper, which HeliosDB has no use for")
    wanted = list(impl.argnames)
    every = _parameters(hook)
    function: Callable[..., Any] = impl.function
    if wanted == every:
        return function
    places = [every.index(argument) for argument in wanted]

    @functools.wraps(function)
    def with_fewer(*args: Any) -> Any:
        return function(*[args[place] for place in places])

    return with_fewer


def correct_signature(error: pluggy.PluginValidationError) -> str:
    """Return pluggy's complaint about a plugin, with the hook's right signature."""
    message = " ".join(str(error).split())
    known = hookspecs.HOOKS
    named = next(
        (
            word
            for word in message.replace("'", " ").replace("(", " ").split()
            if word.startswith("heliosdb_")
        ),
        "",
    )
    if named in known:
        return f"{message}; the hook is {signature(named)}"
    close = get_close_matches(named, known, 1)
    return f"{message}; did you mean {signature(close[0])}?" if close else message
