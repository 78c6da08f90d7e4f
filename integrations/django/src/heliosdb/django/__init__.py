"""HeliosDB for Django: ``"ENGINE": "heliosdb.django"``, and what models get from it."""

from __future__ import annotations

from .past import HistoryManager, HistoryQuerySet, as_of
from .vectors import CosineDistance, L1Distance, L2Distance, MaxInnerProduct, VectorField

__all__ = [
    "CosineDistance",
    "HistoryManager",
    "HistoryQuerySet",
    "L1Distance",
    "L2Distance",
    "MaxInnerProduct",
    "VectorField",
    "as_of",
]
__version__ = "0.1.0"
