"""The connect() keywords of the server."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class ServerOptions(BaseModel):
    """Whether the connection is served to others while it is open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    heliosdb_mode: Literal["embedded", "hybrid"] = "embedded"
