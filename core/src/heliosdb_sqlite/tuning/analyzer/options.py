"""The connect() keywords of the query analyzer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class AnalyzerOptions(BaseModel):
    """Whether a connection records its statements, and which of them it calls slow."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query_analyzer: bool = False
    slow_query_seconds: float | None = Field(default=None, ge=0)
    """Statements that take this long are logged; None logs none."""
    slow_query_parameters: bool = False
    """Whether their parameters are logged with them."""
