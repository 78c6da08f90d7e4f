"""HeliosDB for SQLAlchemy: ``create_engine("heliosdb:///app.db?enable_vector_search=true")``."""

from __future__ import annotations

from .past import Tag, Transaction
from .types import HALFVEC, VECTOR, Encrypted

__all__ = ["HALFVEC", "VECTOR", "Encrypted", "Tag", "Transaction"]
__version__ = "0.1.0"
