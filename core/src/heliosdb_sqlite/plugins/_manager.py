"""The installed plugins: found by entry point, validated by pluggy, asked for what they bring.

HeliosDB's own are imported when something of theirs is asked for: their connect() keywords, methods and functions are
known beforehand. What others bring is not, and could clash with them: where one is installed, all are imported.

One manager serves the process. pluggy discovers, checks signatures and orders; what runs per statement is compiled
from it elsewhere (_active/hooks.py), because a pluggy call costs more than a small SELECT.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from itertools import count
from typing import Any, NamedTuple

import pluggy

from .. import __version__, _connect
from .._connection import Connection
from .._cursor import Cursor
from .._discovery import ALWAYS, GROUP, module_of
from .._standard import sqlite3
from . import hookspecs
from ._answers import checked, refuse_unmarked
from ._signatures import adapt, correct_signature

CONTRACT = 1
"""The major version of the contract. It grows when a plugin written for the one before could misbehave."""

# Names that are sqlite3's own, by their kind.
_TAKEN: dict[str, Container[str]] = {
    "connection method": frozenset(dir(sqlite3.Connection)),
    "cursor method": frozenset(dir(sqlite3.Cursor)),
    "connect() keyword": _connect.KEYWORDS,
}


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
        self.pluggy.add_hookspecs(hookspecs.Plugin)
        self.found: list[Found] = []
        self.always: set[str] = set()
        self.generation = 0  # grows with every (un)registration; what was compiled from an older one is stale
        self._later: dict[str, EntryPoint] = {}  # HeliosDB's own that nothing has been asked of
        self._places = count()
        self._order: dict[str, int] = {}  # the place of each plugin among all, however late it is loaded
        self._impls: dict[str, dict[str, Callable[..., Any]]] = {}
        self._methods_generation = -1
        # By class and name: the method, and what stood there before.
        self._installed: dict[tuple[Any, str], tuple[Any, Any]] = {}
        self._changed()

    # -- finding and registering -------------------------------------------------------------------------------------
    def discover(self) -> None:
        """Look which plugins the installed distributions name, and load those that are not to wait.

        :raises ProgrammingError: one breaks the contract or claims what another one has
        """
        disabled = {name.strip() for name in os.environ.get("HELIOSDB_DISABLE_PLUGINS", "").split(",")}
        everywhere = {point.name for point in entry_points(group=ALWAYS)}
        points: dict[str, EntryPoint] = {}
        for point in (*entry_points(group=GROUP), *entry_points(group=ALWAYS)):
            other = points.setdefault(point.name, point)
            if other.value != point.value and point.name not in disabled:
                raise sqlite3.ProgrammingError(
                    f"two plugins are named {point.name!r}: {_found(other, '').distribution} brings {other.value}, "
                    f"{_found(point, '').distribution} brings {point.value}: uninstall one of them"
                )
        for name in sorted(points):
            self._order[name] = next(self._places)
            if name in disabled:
                self.found.append(_found(points[name], "disabled by HELIOSDB_DISABLE_PLUGINS"))
            else:
                self._later[name] = points[name]
        if everywhere or any(point.value != module_of(name) for name, point in self._later.items()):
            self.load(always=everywhere)

    def load(self, names: Iterable[str] | None = None, *, always: Container[str] = ()) -> None:
        """Load these plugins, or all, unless they are; one that can't be imported is reported and left out.

        :raises ProgrammingError: one breaks the contract or claims what another one has
        """
        for name in [name for name in self._later if names is None or name in names]:
            point = self._later[name]
            try:
                plugin = point.load()
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module must not break every connection
                self.found.append(_found(point, f"{type(error).__name__}: {error}"))
                warnings.warn(
                    f"the HeliosDB plugin {name!r} could not be loaded: {error}", RuntimeWarning, stacklevel=2
                )
            else:
                self.register(plugin, name, always=name in always)
                self.found.append(_found(point, ""))
            del self._later[name]
            self.found.sort()

    def register(self, plugin: object, name: str, *, always: bool = False) -> None:
        """Add a plugin after checking every hook it implements."""
        if (built_for := getattr(plugin, "heliosdb_contract", CONTRACT)) != CONTRACT:
            raise sqlite3.ProgrammingError(
                f"plugin {name!r} is built for version {built_for!r} of HeliosDB's plugin contract, this is version "
                f"{CONTRACT}: install a release of it that goes with heliosdb {__version__}, or set "
                f"HELIOSDB_DISABLE_PLUGINS={name}"
            )
        if self.pluggy.has_plugin(name):
            raise sqlite3.ProgrammingError(f"a plugin of the name {name!r} is registered already")
        refuse_unmarked(plugin, name)
        try:
            if name not in self._order:
                self._order[name] = next(self._places)
            self.pluggy.register(plugin, name)
            self.pluggy.check_pending()
            self._changed()
            self._refuse_clashes()
        except pluggy.PluginValidationError as error:
            self._take_out(name)
            raise sqlite3.ProgrammingError(f"plugin {name!r}: {correct_signature(error)}") from None
        except BaseException:
            self._take_out(name)
            raise
        if always:
            self.always.add(name)
            _connect.want_always()

    def unregister(self, name: str) -> None:
        """Take a plugin out again; connections that are open keep it."""
        self._take_out(name)
        _connect.plain_again()

    def _take_out(self, name: str) -> None:
        if self.pluggy.has_plugin(name):
            self.pluggy.unregister(name=name)
            self._order.pop(name, None)
        self.always.discard(name)
        self._changed()

    def _changed(self) -> None:
        self.generation += 1
        self._impls = {
            hook: {
                impl.plugin_name: adapt(hook, impl)
                for impl in sorted(getattr(self.pluggy.hook, hook).get_hookimpls(), key=self._rank)
            }
            for hook in hookspecs.HOOKS
        }

    def _rank(self, impl: pluggy.HookImpl) -> tuple[int, int]:
        """Return where an implementation stands among all: pluggy's order, had all been registered at once."""
        order = self._order[impl.plugin_name]
        if impl.tryfirst:
            return 0, -order
        return (2, order) if impl.trylast else (1, -order)

    def _refuse_clashes(self) -> None:
        """Raise when two plugins bring or claim the same name, or one takes a name of sqlite3's."""
        for what, claims in self._claims().items():
            taken = _TAKEN.get(what, ())
            owners: dict[str, str] = {}
            for name, keys in claims:
                for key in keys:
                    if key in taken:
                        raise sqlite3.ProgrammingError(
                            f"the plugin {name!r} brings the {what} {key!r}, which sqlite3 has too: rename it"
                        )
                    first, second = sorted((owners.setdefault(key, name), name))
                    if first != second:
                        raise sqlite3.ProgrammingError(
                            f"the plugins {first!r} and {second!r} both claim the {what} {key!r}: uninstall one of "
                            f"them, or set HELIOSDB_DISABLE_PLUGINS to its name"
                        )

    def _claims(self) -> dict[str, list[tuple[str, Iterable[str]]]]:
        """Return what each plugin claims, by the kind of name."""
        syntaxes, models = self._each("heliosdb_syntax"), self._each("heliosdb_options")
        return {
            "connection method": list(self._each("heliosdb_methods")),
            "cursor method": list(self._each("heliosdb_cursor_methods")),
            "function": list(self._each("heliosdb_functions")),
            "connect() keyword": [(name, model.model_fields) for name, model in models],
            "trigger word": [(name, syntax.words) for name, syntax in syntaxes],
            "column type": [(name, syntax.column_types) for name, syntax in syntaxes],
            "SQL clause": [(name, syntax.clauses) for name, syntax in syntaxes],
            "SQL function": [(name, syntax.functions) for name, syntax in syntaxes],
        }

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

    def _each(self, hook: str) -> list[tuple[str, Any]]:
        return [(name, checked(name, hook, function())) for name, function in self._impls[hook].items()]

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Return the module functions of all plugins by name."""
        return {
            key: function
            for _, mapping in self._each("heliosdb_functions")
            for key, function in mapping.items()
        }

    def install_methods(self) -> None:
        """Set the plugins' methods on Connection and Cursor, where calls, dir() and help() find them."""
        if self._methods_generation == self.generation:
            return
        with _lock:
            generation = self.generation
            _connect.stop_looking_for_methods()
            wanted = {
                (cls, key): function
                for hook, cls in (("heliosdb_methods", Connection), ("heliosdb_cursor_methods", Cursor))
                for _, mapping in self._each(hook)
                for key, function in mapping.items()
            }
            for (cls, key), (function, before) in [*self._installed.items()]:
                # Only what changes is touched: other threads are calling the others.
                if wanted.get((cls, key)) is not function:
                    delattr(cls, key) if before is None else setattr(cls, key, before)
                    del self._installed[cls, key]
            for (cls, key), function in wanted.items():
                if (cls, key) not in self._installed:
                    self._installed[cls, key] = function, vars(cls).get(key)
                    setattr(cls, key, function)
            self._methods_generation = generation


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


def manager(names: Iterable[str] | None = None) -> Manager:
    """Return the process's manager, with these plugins loaded if they are installed; with all of them by default."""
    with _lock:  # two threads must not both load
        made = _manager()
        made.load(names)
        return made


def register(plugin: object, name: str, *, always: bool = False) -> None:
    """Add a plugin to this process without installing it, for tests and applications.

    :param plugin: a module or object with functions marked ``hookimpl``
    :param always: switch it on for every connection opened from now on, whatever keywords connect() gets
    :raises ProgrammingError: a hook's signature is wrong, a hook doesn't exist, or another plugin brings the same name
    """
    manager().register(plugin, name, always=always)
    manager().install_methods()


def unregister(name: str) -> None:
    """Take a registered plugin out again. Connections that are open keep it."""
    manager().unregister(name)
    manager().install_methods()
