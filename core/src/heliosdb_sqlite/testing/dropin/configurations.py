"""The configurations in which HeliosDB has to behave like the standard library's sqlite3."""

from __future__ import annotations

import json
import pkgutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from ..registering import registered
from ..variants import idle
from .in_line import everybody_in_line

Aspect = Literal["trace", "autocommit", "total_changes", "files"]
"""What a plugin may honestly change: the statements that SQLite is sent, what a write outside of a transaction leaves
when it fails half-way, the count of changes, what is in the file."""

HOOKS = (
    "open",
    "connect",
    "parse",
    "bind",
    "answer",
    "row",
    "error",
    "around",
    "executed",
    "changed",
    "before_commit",
    "commit",
    "durable",
    "rollback",
    "backup",
    "close",
)
"""The hooks that a connection meets, without their prefix."""


@dataclass(frozen=True)
class Configuration:
    """What is under test."""

    name: str
    heliosdb: bool = True
    """Whether the module under test is heliosdb_sqlite at all."""
    plugin: str = ""
    """The plugin that is switched on for every connection, as ``module:attribute``; "" for none."""
    options: str = "{}"
    """Its connect() keywords on each of them, as a JSON object."""
    ignoring: frozenset[Aspect] = frozenset()
    """What may differ from sqlite3."""
    idle: bool = False
    """Whether the plugin's hooks do nothing: what differs even so is HeliosDB's doing, not the plugin's."""
    in_line: bool = False
    """Whether every connection stands in line to write, as it does once two threads have its file open."""

    def load(self) -> Any:
        """Return the plugin."""
        return pkgutil.resolve_name(self.plugin)

    def hooks(self) -> frozenset[str]:
        """Return the hooks of connections that the plugin implements, without their prefix."""
        plugin = self.load() if self.plugin else None
        found = (getattr(plugin, f"heliosdb_{hook}", None) for hook in HOOKS)
        return frozenset(hook for hook, function in zip(HOOKS, found, strict=True) if _is_hook(function))

    def dumps(self) -> str:
        """Return the configuration as a text that a child process can read."""
        plugin = [self.plugin, self.options, sorted(self.ignoring), self.idle]
        return json.dumps([self.name, self.heliosdb, *plugin, self.in_line])

    @classmethod
    def loads(cls, text: str) -> Configuration:
        """Return the configuration that :meth:`dumps` wrote."""
        name, heliosdb, plugin, options, ignoring, idle, in_line = json.loads(text)
        return cls(name, heliosdb, plugin, options, frozenset(ignoring), idle, in_line)

    @contextmanager
    def active(self) -> Iterator[Counter[str]]:
        """Have the plugin on every connection opened within the block; yields how often its hooks are called."""
        calls: Counter[str] = Counter()
        with everybody_in_line() if self.in_line else nullcontext():
            if not self.plugin:
                yield calls
                return
            plugin, options = self.load(), json.loads(self.options)
            if self.idle:
                plugin, options = idle(HOOKS, plugin), {}
            with registered(plugin, "dropin", options=options, calls=calls):
                yield calls


STDLIB = Configuration("sqlite3", heliosdb=False)
"""The running Python's own sqlite3, which the others are compared with."""
PLAIN = Configuration("no plugin")
"""heliosdb_sqlite as installed, no plugin active."""
IN_LINE = Configuration("no plugin, every connection in line", in_line=True)
"""... as where several threads write to each file."""


def with_plugin(
    plugin: str, options: Mapping[str, Any] | None = None, *, ignoring: Iterable[Aspect] = (), name: str = ""
) -> Configuration:
    """Return the configuration that has ``plugin`` on every connection.

    :param plugin: ``module:attribute``, as an entry point names it: child processes have to find it too
    :raises ValueError: an aspect that there is none of
    """
    if unknown := sorted(set(ignoring) - set(get_args(Aspect))):
        raise ValueError(f"ignoring={unknown[0]!r}: the aspects are {', '.join(get_args(Aspect))}")
    made = Configuration(name or plugin, True, plugin, json.dumps(options or {}), frozenset(ignoring))
    if "before_commit" in made.hooks():
        # So that it can refuse, a write outside of a transaction gets one of its own, and leaves all or nothing.
        made = replace(made, ignoring=made.ignoring | {"trace", "autocommit"})
    return made


def _is_hook(function: object) -> bool:
    return hasattr(function, "heliosdb_impl")
