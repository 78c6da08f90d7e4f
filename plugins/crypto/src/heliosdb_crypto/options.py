"""The connect() keywords of encryption."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class CryptoOptions(BaseModel):
    """The key of an encrypted database. A key that is given as None is refused, not taken for no encryption."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encryption_key: Any = Field(default=None, repr=False)

    @property
    def given(self) -> bool:
        """Whether the keyword was written, whatever its value."""
        return "encryption_key" in self.model_fields_set
