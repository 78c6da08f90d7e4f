"""The connect() keywords of vector search."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class VectorOptions(BaseModel):
    """Whether a connection has vector search: its functions, its VECTOR columns, lists as parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enable_vector_search: bool = False
