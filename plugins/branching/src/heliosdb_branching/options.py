"""The connect() keywords of branching."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class BranchingOptions(BaseModel):
    """Which branch of the database is opened; ``"main"`` is the database file itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    branch: str | None = None
