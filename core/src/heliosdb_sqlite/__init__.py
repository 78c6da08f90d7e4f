"""SQLite with the features people leave SQLite for.

A drop-in replacement for the standard library's module: ``import heliosdb_sqlite as sqlite3``. Every public name of
the running Python's :mod:`sqlite3` is here and is the standard library's own object; only :func:`connect`,
:class:`Connection` and :class:`Cursor` are HeliosDB's, and those are a true superset: a connection is a
``sqlite3.Connection``, a cursor a ``sqlite3.Cursor``, an error a ``sqlite3.Error``.

Features are switched on one connection at a time, ``connect("app.db", enable_vector_search=True)``, and come in
distributions of their own. A connection that switches none on runs the standard library's C code alone.

>>> import heliosdb_sqlite as sqlite3
>>> conn = sqlite3.connect(":memory:")
>>> conn.execute("SELECT 'hello' || ?", (" world",)).fetchone()
('hello world',)
>>> conn.close()
"""

# As the standard library does it: the package is its dbapi2 module, and importing that makes it an attribute here.
from .dbapi2 import *

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._typing import start_server as start_server

__version__ = "0.1.0"


def __getattr__(name: str) -> "Any":
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._module import deprecated_name, made_on_demand
    from ._standard import sqlite3

    if name in ("version", "version_info", "OptimizedUnicode"):
        return deprecated_name(sqlite3, name, __name__)
    return made_on_demand(name, __name__)
