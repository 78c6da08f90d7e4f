"""The connect() keywords of time travel."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class TimeTravelOptions(BaseModel):
    """Which tables keep their history, and who is named in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enable_time_travel: bool = False
    time_travel_tables: Literal["all", "explicit"] = "all"
    time_travel_strict: bool = False
    time_travel_user: str | None = None
    system_versions: Literal["pairs", "flat"] = "pairs"
