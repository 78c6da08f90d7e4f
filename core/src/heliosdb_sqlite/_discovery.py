"""Which kinds of plugins are installed? Answered without importing importlib.metadata.

Importing that module and reading every distribution's metadata costs more than fifteen times ``import sqlite3``, which
a program that uses no plugin must not pay. What connect() has to know beforehand stands in the few entry-point files on
``sys.path``, and is read off them as text.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "heliosdb"
ALWAYS = "heliosdb.always"
_CORE = ("analyzer", "batch", "cache", "concurrency")  # the core's own
OURS = (*_CORE, "branching", "crypto", "server", "timetravel", "vector")


def module_of(name: str) -> "str | None":
    """Return the module that is HeliosDB's plugin of that name; None if there is none."""
    if name not in OURS:
        return None
    return f"heliosdb_sqlite.tuning.{name}.plugin" if name in _CORE else f"heliosdb_{name}.plugin"


def installed() -> "tuple[bool, bool]":
    """Return whether a plugin wants every connection, and whether one is installed that is not HeliosDB's own.

    The first has an entry point in the group ``heliosdb.always``, the second one under a name that is not ours.
    """
    always = strangers = False
    for text in _entry_points():
        section = ""
        for line in text.splitlines():
            if line.startswith("["):
                section = line.strip("[] \t")
            elif section in (GROUP, ALWAYS) and "=" in line:
                always |= section == ALWAYS
                strangers |= line.partition("=")[0].strip() not in OURS
    return always, strangers


def _entry_points() -> "Iterator[str]":
    """Yield the entry-point files on ``sys.path`` that mention HeliosDB."""
    for folder in sys.path:
        try:
            with os.scandir(folder or ".") as entries:
                found = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
        except OSError:  # sys.path may name zip files and folders that are not there
            continue
        for path in found:
            try:
                with open(os.path.join(path, "entry_points.txt"), "rb") as file:
                    content = file.read()
            except OSError:  # most distributions have no entry points
                continue
            if b"[heliosdb" in content:
                yield content.decode("utf-8", "replace")
