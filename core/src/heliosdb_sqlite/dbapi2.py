"""The DB-API 2.0 interface: the standard library's ``sqlite3.dbapi2`` with HeliosDB's connect, Connection and Cursor.

The star import takes the names of the running Python, whatever its version, and shares the objects themselves:
exception classes, ``Row``, the tables of adapters and converters. Code that catches ``sqlite3.Error`` or registers an
adapter works whichever of the two modules it imported.
"""

TYPE_CHECKING = False
if not TYPE_CHECKING:
    from sqlite3.dbapi2 import *

from ._connect import connect as connect
from ._connection import Connection as Connection
from ._cursor import Cursor as Cursor
from ._errors import MissingPlugin as MissingPlugin
from ._standard import sqlite3 as _standard

if TYPE_CHECKING:  # of two definitions mypy keeps the first, pyright the last: both find ours
    from sqlite3.dbapi2 import *  # type: ignore[no-redef, assignment]
    from typing import Any

    from ._connect import connect as connect
    from ._connection import Connection as Connection
    from ._cursor import Cursor as Cursor


def __getattr__(name: str) -> "Any":
    if name.startswith("__"):  # "import *" asks for __all__, and must not cost the imports below
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._module import deprecated_name

    return deprecated_name(_standard.dbapi2, name, __name__)
