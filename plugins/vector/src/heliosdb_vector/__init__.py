"""Vector search for HeliosDB: VECTOR columns in plain SQLite files, distances and arithmetic in SQL.

Installed beside the core it needs no import: ``heliosdb_sqlite.connect(..., enable_vector_search=True)`` finds it.
:class:`Vector` is what a VECTOR column comes back as.
"""

from .values.vector import Vector

__all__ = ["Vector"]
__version__ = "0.1.0"
