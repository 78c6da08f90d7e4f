"""Does an installed distribution want a say in every connection? Answered without importing importlib.metadata.

Importing that module and reading every distribution's metadata costs more than fifteen times ``import sqlite3``, which
a program that uses no plugin must not pay. A plugin that wants every connection declares an entry point in the group
``heliosdb.always``; whether any does is a substring search in the few entry-point files on ``sys.path``.
"""

import os
import sys

ALWAYS = "heliosdb.always"


def any_always() -> bool:
    """Return whether an installed distribution declares an entry point in the group ``heliosdb.always``."""
    needle = b"[" + ALWAYS.encode() + b"]"
    for folder in sys.path:
        try:
            with os.scandir(folder or ".") as entries:
                found = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
        except OSError:  # sys.path may name zip files and folders that are not there
            continue
        for path in found:
            try:
                with open(os.path.join(path, "entry_points.txt"), "rb") as file:
                    if needle in file.read():
                        return True
            except OSError:  # most distributions have no entry points
                continue
    return False
