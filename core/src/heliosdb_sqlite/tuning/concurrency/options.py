"""The connect() keyword of concurrency."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class ConcurrencyOptions(BaseModel):
    """How connections to one file share it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concurrency: Literal["default", "fair", "wal"] = "default"
