"""The connect() keywords of the result cache."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CacheOptions(BaseModel):
    """Whether a connection keeps the results of its queries, and how much memory they may take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enable_cache: bool = False
    cache_size_mb: float = Field(default=100, gt=0)
    """Megabytes (1024 * 1024 bytes) of memory, for this connection."""
