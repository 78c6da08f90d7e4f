"""A plugin as it is, but for what a test wants of it: other defaults of its options, its hooks' calls counted."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..plugins import Plugin, hookimpl

if TYPE_CHECKING:
    from pydantic import BaseModel

_PREFIX = "heliosdb_"


def variant(
    plugin: object, options: Mapping[str, Any] | None = None, calls: Counter[str] | None = None
) -> SimpleNamespace:
    """Return a plugin with the hooks of ``plugin``.

    :param options: the values that its connect() keywords have where connect() does not give them
    :param calls: counts how often each hook is called, by the hook's name without ``heliosdb_``
    :raises TypeError: it has no such option
    """
    hooks = {name: hook for name in dir(plugin) if (hook := _hook(plugin, name)) is not None}
    if options:
        model = hooks["heliosdb_options"]() if "heliosdb_options" in hooks else None
        known = model.model_fields if model is not None else {}
        if unknown := sorted(set(options) - set(known)):
            raise TypeError(f"the plugin has no option {unknown[0]!r}: it has {', '.join(known) or 'none'}")
        hooks["heliosdb_options"] = _answering(_with_defaults(model, options))
    if calls is not None:
        hooks = {name: _counted(name.removeprefix(_PREFIX), hook, calls) for name, hook in hooks.items()}
    contract = {"heliosdb_contract": plugin.heliosdb_contract} if hasattr(plugin, "heliosdb_contract") else {}
    return SimpleNamespace(**hooks, **contract)


def idle(hooks: Iterable[str], plugin: object | None = None) -> Plugin:
    """Return a plugin that has these hooks, and does nothing in them.

    :param hooks: by their names without ``heliosdb_``
    :param plugin: leave out those that this one has not
    """
    names = [f"{_PREFIX}{hook}" for hook in hooks]
    if plugin is not None:
        names = [name for name in names if _hook(plugin, name) is not None]
    made: Plugin = type("Idle", (Plugin,), {name: _doing_nothing(getattr(Plugin, name)) for name in names})()
    return made


def _doing_nothing(spec: Any) -> Callable[..., None]:
    """Return an implementation with all the arguments that the hook has: what it declares does nothing itself."""
    return hookimpl(FunctionType(spec.__code__, {}, spec.__name__))


def _hook(plugin: object, name: str) -> Callable[..., Any] | None:
    """Return the plugin's implementation of a hook; None when the name is of something else."""
    function = getattr(plugin, name, None) if name.startswith(_PREFIX) else None
    return function if hasattr(function, "heliosdb_impl") else None


def _with_defaults(model: Any, options: Mapping[str, Any]) -> type[BaseModel]:
    def init(self: Any, **given: Any) -> None:
        model.__init__(self, **{**options, **given})

    shown = {"__module__": model.__module__, "__doc__": model.__doc__}
    made: type[BaseModel] = type(model)(model.__name__, (model,), {"__init__": init, **shown})
    return made


def _answering(model: type[BaseModel]) -> Callable[[], type[BaseModel]]:
    @hookimpl
    def heliosdb_options() -> type[BaseModel]:
        return model

    return heliosdb_options


def _counted(name: str, hook: Callable[..., Any], calls: Counter[str]) -> Callable[..., Any]:
    @functools.wraps(hook)
    def counted(*args: Any) -> Any:
        calls[name] += 1
        return hook(*args)

    return counted
