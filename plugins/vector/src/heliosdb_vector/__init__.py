"""Vector search for HeliosDB: VECTOR columns in plain SQLite files, distances and arithmetic in SQL.

Installed beside the core it needs no import: ``heliosdb_sqlite.connect(..., enable_vector_search=True)`` finds it.
:class:`Vector` is what a VECTOR column comes back as, :class:`HalfVector` what a HALFVEC column does.
:class:`VectorExplanation` and :class:`VectorIndexStats` are what ``explain_vector()`` and ``vector_index_stats()``
return.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .values.vector import HalfVector, Vector

if TYPE_CHECKING:
    from .index.stats import VectorIndexStats as VectorIndexStats
    from .surface.explaining import VectorExplanation as VectorExplanation

__all__ = ["HalfVector", "Vector", "VectorExplanation", "VectorIndexStats"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Vectors can be had without all that searches them.
    if name == "VectorIndexStats":
        from .index.stats import VectorIndexStats

        return VectorIndexStats
    if name == "VectorExplanation":
        from .surface.explaining import VectorExplanation

        return VectorExplanation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
