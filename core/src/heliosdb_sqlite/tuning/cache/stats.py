"""How a cache is doing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CacheStats:
    """What a connection's result cache has done since it was opened, and what it holds.

    >>> stats = CacheStats(
    ...     hits=3, misses=1, bypasses=2, invalidations=0, evictions=0, entries=1, bytes=640, limit=1 << 20
    ... )
    >>> stats.cache_hits, f"{stats.hit_rate:.0%}"
    (3, '75%')
    """

    hits: int
    """Queries answered from the cache."""
    misses: int
    """Queries that were looked up, not found, and asked of SQLite."""
    bypasses: int
    """Queries that were not looked up: inside a transaction, or not worth it, or of a kind that can't be kept."""
    invalidations: int
    """Results dropped because the database or the connection had changed."""
    evictions: int
    """Results dropped to make room for others."""
    entries: int
    """Results that are held now."""
    bytes: int
    """The memory they take."""
    limit: int
    """... and the most it may be: ``cache_size_mb``."""

    @property
    def cache_hits(self) -> int:
        """Another name for :attr:`hits`."""
        return self.hits

    @property
    def cache_misses(self) -> int:
        """Another name for :attr:`misses`."""
        return self.misses

    @property
    def hit_rate(self) -> float:
        """The share of hits among the queries that were looked up, from 0 to 1."""
        looked_up = self.hits + self.misses
        return self.hits / looked_up if looked_up else 0.0
