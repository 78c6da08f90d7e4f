"""The connect() keywords of this plugin."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field


class QueryTagsOptions(BaseModel):
    """Which tag a connection's statements carry, and whether its commits are written down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query_tag: str | None = Field(default=None, min_length=1, max_length=200)
    audit_commits: bool = False
    commit_check: Callable[[sqlite3.Connection], str | None] | None = None
    """Asked before each commit: the reason it returns refuses the commit, None lets it pass."""

    @property
    def asks_for_anything(self) -> bool:
        """Whether a connection with these options needs the plugin at all."""
        return self.query_tag is not None or self.audit_commits or self.commit_check is not None
