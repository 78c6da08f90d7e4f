"""Vector search for HeliosDB: VECTOR columns in plain SQLite files, distances and arithmetic in SQL.

Installed beside the core it needs no import: ``heliosdb_sqlite.connect(..., enable_vector_search=True)`` finds it.
:class:`Vector` is what a VECTOR column comes back as, :class:`HalfVector` what a HALFVEC column does.
"""

from .values.vector import HalfVector, Vector

__all__ = ["HalfVector", "Vector"]
__version__ = "0.1.0"
