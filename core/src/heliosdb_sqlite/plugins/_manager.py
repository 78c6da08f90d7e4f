"""The installed plugins: found by entry point, validated by pluggy, asked for what they bring.

One manager serves the process. pluggy discovers, checks signatures and orders; what runs per statement is compiled
from it elsewhere (_active/hooks.py), because a pluggy call costs more than a small SELECT.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple

import pluggy

from .. import _connect
from .._discovery import ALWAYS
from . import hookspecs
from ._signatures import adapt, correct_signature

GROUP = "heliosdb"


class Found(NamedTuple):
    """A plugin that is there, or was meant to be."""

    name: str
    distribution: str
    version: str
    problem: str  # "" when it was loaded


class Manager:
    """The plugins of this process and what they bring."""

    def __init__(self) -> None:
        self.pluggy = pluggy.PluginManager(GROUP)
        self.pluggy.add_hookspecs(hookspecs)
        self.found: list[Found] = []
        self.always: set[str] = set()
        self.generation = 0  # grows with every (un)registration; what was compiled from an older one is stale
        self._impls: dict[str, dict[str, Callable[..., Any]]] = {}
        self._methods_generation = -1
        self._changed()

    # -- finding and registering -------------------------------------------------------------------------------------
    def discover(self) -> None:
        """Load every plugin that an installed distribution names; one that fails is reported and left out."""
        disabled = {name.strip() for name in os.environ.get("HELIOSDB_DISABLE_PLUGINS", "").split(",")}
        everywhere = {point.name for point in entry_points(group=ALWAYS)}
        points = {point.name: point for group in (ALWAYS, GROUP) for point in entry_points(group=group)}
        for name, point in sorted(points.items()):
            if name in disabled:
                self.found.append(_found(point, "disabled by HELIOSDB_DISABLE_PLUGINS"))
                continue
            try:
                self.register(point.load(), name, always=name in everywhere)
            except Exception as error:  # noqa: BLE001 - a stranger's module must not break every connection
                self.found.append(_found(point, f"{type(error).__name__}: {error}"))
                warnings.warn(
                    f"the HeliosDB plugin {name!r} could not be loaded: {error}", RuntimeWarning, stacklevel=2
                )
            else:
                self.found.append(_found(point, ""))

    def register(self, plugin: object, name: str, *, always: bool = False) -> None:
        """Add a plugin after checking every hook it implements."""
        try:
            self.pluggy.register(plugin, name)
            self.pluggy.check_pending()
        except ValueError as error:
            raise sqlite3.ProgrammingError(f"plugin {name!r} can't be registered: {error}") from None
        except pluggy.PluginValidationError as error:
            if self.pluggy.has_plugin(name):
                self.pluggy.unregister(name=name)
            raise sqlite3.ProgrammingError(f"plugin {name!r}: {correct_signature(error)}") from None
        self._changed()
        try:
            self._refuse_clashes()
        except sqlite3.ProgrammingError:
            self.unregister(name)
            raise
        if always:
            self.always.add(name)
            _connect.want_always()

    def unregister(self, name: str) -> None:
        """Take a plugin out again; connections that are open keep it."""
        self.pluggy.unregister(name=name)
        self.always.discard(name)
        self._changed()
        _connect.plain_again()

    def _changed(self) -> None:
        self.generation += 1
        self._impls = {
            hook: {
                impl.plugin_name: adapt(impl)
                for impl in reversed(getattr(self.pluggy.hook, hook).get_hookimpls())
            }
            for hook in vars(hookspecs)
            if hook.startswith("heliosdb_")
        }

    def _refuse_clashes(self) -> None:
        """Raise when two plugins bring a method, cursor method or function of the same name."""
        for hook, what in (
            ("heliosdb_methods", "connection method"),
            ("heliosdb_cursor_methods", "cursor method"),
            ("heliosdb_functions", "function"),
        ):
            owners: dict[str, str] = {}
            for name, mapping in self._each(hook):
                for key in mapping:
                    if (other := owners.setdefault(key, name)) != name:
                        raise sqlite3.ProgrammingError(
                            f"the plugins {other!r} and {name!r} both bring the {what} {key!r}: uninstall one of them, "
                            f"or set HELIOSDB_DISABLE_PLUGINS to its name"
                        )

    # -- asking ------------------------------------------------------------------------------------------------------
    def names(self) -> list[str]:
        """Return the names of the registered plugins."""
        return [name for name, plugin in self.pluggy.list_name_plugin() if plugin is not None]

    def implementations(self, hook: str) -> Mapping[str, Callable[..., Any]]:
        """Return the implementations of a hook by plugin name, in the order in which they are called."""
        return self._impls[hook]

    def ask(self, plugin: str, hook: str, *args: Any, default: Any = None) -> Any:
        """Return what one plugin's implementation of a hook answers; ``default`` when it has none."""
        function = self._impls[hook].get(plugin)
        return default if function is None else function(*args)

    def _each(self, hook: str) -> list[tuple[str, Mapping[str, Callable[..., Any]]]]:
        return [(name, function() or {}) for name, function in self._impls[hook].items()]

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Return the module functions of all plugins by name."""
        return {
            key: function
            for _, mapping in self._each("heliosdb_functions")
            for key, function in mapping.items()
        }

    def install_methods(self) -> bool:
        """Set the plugins' methods on Connection and Cursor, for dir() and help(); return whether that was news."""
        if self._methods_generation == self.generation:
            return False
        from .._connection import Connection
        from .._cursor import Cursor

        for hook, cls in (("heliosdb_methods", Connection), ("heliosdb_cursor_methods", Cursor)):
            for _, mapping in self._each(hook):
                for key, function in mapping.items():
                    if not hasattr(cls, key):
                        setattr(cls, key, function)
        self._methods_generation = self.generation
        return True


def _found(point: EntryPoint, problem: str) -> Found:
    distribution = point.dist
    return Found(
        point.name,
        distribution.name if distribution is not None else "?",
        distribution.version if distribution is not None else "?",
        problem,
    )


_lock = threading.RLock()


@cache
def _manager() -> Manager:
    made = Manager()
    made.discover()
    return made


def manager() -> Manager:
    """Return the process's manager; the first call loads the installed plugins."""
    with _lock:  # two threads must not both load
        return _manager()


def register(plugin: object, name: str, *, always: bool = False) -> None:
    """Add a plugin to this process without installing it, for tests and applications.

    :param plugin: a module or object with functions marked ``hookimpl``
    :param always: switch it on for every connection opened from now on, whatever keywords connect() gets
    :raises ProgrammingError: a hook's signature is wrong, a hook doesn't exist, or another plugin brings the same name
    """
    manager().register(plugin, name, always=always)


def unregister(name: str) -> None:
    """Take a registered plugin out again. Connections that are open keep it."""
    manager().unregister(name)
