"""The SQL functions: distances, arithmetic, aggregates, each computed from what SQL hands over."""

from .defining import CLAIMED, NAMES, VECTORS, define

__all__ = ["CLAIMED", "NAMES", "VECTORS", "define"]
