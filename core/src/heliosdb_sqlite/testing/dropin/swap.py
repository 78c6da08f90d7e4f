"""Put heliosdb_sqlite in the place of sqlite3 in this process, and count whose connections it opens."""

from __future__ import annotations

import atexit
import importlib
import json
import os
import sys
from collections import Counter
from contextlib import ExitStack
from typing import Any

from .configurations import Configuration

CONFIGURATION = "HELIOSDB_DROPIN_CONFIGURATION"
"""Environment variable: the configuration that a process and all of its children run in."""
CHILDREN = "HELIOSDB_DROPIN_CHILDREN"
"""Environment variable: the file to which every such process adds what it counted, one JSON object a line."""

connections: Counter[str] = Counter()
"""How many connections this process opened: ``ours``, ``others``, and bare ones that HeliosDB opened for itself."""
hooks: Counter[str] = Counter()
"""How often each hook of the plugin was called in this process."""
_process = ExitStack()  # what is entered here stays entered for as long as the process lives


def main() -> None:
    """Do all that a process of the environment's configuration has to; called before its first line."""
    configuration = Configuration.loads(os.environ[CONFIGURATION])
    count_connections()
    if configuration.heliosdb:
        swap(configuration)
    atexit.register(report)


def swap(configuration: Configuration) -> None:
    """Make ``import sqlite3`` mean heliosdb_sqlite from here on, in the given configuration."""
    import sqlite3.dump  # Connection.iterdump imports it by this name, from C, after the swap  # noqa: F401

    import heliosdb_sqlite
    import heliosdb_sqlite.dbapi2

    if sys.version_info >= (3, 12):
        sys.modules["sqlite3.__main__"] = importlib.import_module("heliosdb_sqlite.__main__")
    global hooks
    hooks = _process.enter_context(configuration.active())
    sys.modules["sqlite3"] = heliosdb_sqlite
    sys.modules["sqlite3.dbapi2"] = heliosdb_sqlite.dbapi2


def count_connections() -> None:
    """Count, from here on, each connection that this process opens, by whether it is one of HeliosDB's."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect/handle":
            ours = sys.modules.get("heliosdb_sqlite")
            if ours is not None and isinstance(arguments[0], ours.Connection):
                connections["ours"] += 1
            elif sys._getframe(1).f_globals.get("__name__", "").startswith("heliosdb_sqlite."):
                connections["internal"] += 1
            else:
                connections["others"] += 1

    sys.addaudithook(hook)


def report() -> None:
    """Add what this process counted to the file that the environment names."""
    line = {"script": sys.argv[0], "connections": dict(connections), "hooks": dict(hooks)}
    with open(os.environ[CHILDREN], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
