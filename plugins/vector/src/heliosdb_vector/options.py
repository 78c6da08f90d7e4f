"""The connect() keywords of vector search."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class VectorOptions(BaseModel):
    """Whether a connection has vector search: its functions, its VECTOR columns, lists as parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enable_vector_search: bool = False
    vector_cache_mb: int | None = Field(default=None, ge=0)
    """The most memory, in MB, that this process keeps vectors in; None: a quarter of the machine's. 0: none."""
    vector_change_log: bool = True
    """Whether a search may begin to log the changes of the table that it searches."""
    vector_exact: bool = False
    """Whether approximate indexes are passed over."""
