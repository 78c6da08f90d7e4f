"""Put heliosdb_sqlite in the place of sqlite3 in this process, and count whose connections it opens."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections import Counter
from typing import Any

from .configurations import PLUGIN, Configuration
from .idle_plugins import NoHook

CONFIGURATION = "HELIOSDB_DROPIN_CONFIGURATION"
"""Environment variable: the configuration that a process and all of its children run in."""
CHILDREN = "HELIOSDB_DROPIN_CHILDREN"
"""Environment variable: the file to which every such process adds what it counted, one JSON object a line."""

connections: Counter[str] = Counter()
"""How many connections this process opened: ``ours`` and ``others``."""
plugin: NoHook | None = None
"""The plugin that is active in this process."""


def swap(configuration: Configuration) -> None:
    """Make ``import sqlite3`` mean heliosdb_sqlite from here on, in the given configuration."""
    import sqlite3.dump  # Connection.iterdump imports it by this name, from C, after the swap  # noqa: F401

    import heliosdb_sqlite
    import heliosdb_sqlite.dbapi2

    if sys.version_info >= (3, 12):
        sys.modules["sqlite3.__main__"] = importlib.import_module("heliosdb_sqlite.__main__")
    sys.modules["sqlite3"] = heliosdb_sqlite
    sys.modules["sqlite3.dbapi2"] = heliosdb_sqlite.dbapi2

    global plugin
    plugin = configuration.make_plugin()
    if plugin is not None:
        from heliosdb_sqlite import plugins

        plugins.register(plugin, name=PLUGIN, always=True)


def count_connections() -> None:
    """Count, from here on, each connection that this process opens, by whether it is one of HeliosDB's."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect/handle":
            ours = sys.modules.get("heliosdb_sqlite")
            whose = "ours" if ours is not None and isinstance(arguments[0], ours.Connection) else "others"
            connections[whose] += 1

    sys.addaudithook(hook)


def report() -> None:
    """Add what this process counted to the file that the environment names."""
    line = {
        "script": sys.argv[0],
        "connections": dict(connections),
        "hooks": {} if plugin is None else dict(plugin.calls),
    }
    with open(os.environ[CHILDREN], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
