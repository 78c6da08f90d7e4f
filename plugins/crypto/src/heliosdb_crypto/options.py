"""The connect() keywords of encryption."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class CryptoOptions(BaseModel):
    """The key of an encrypted database, and those of its encrypted columns where they are others.

    A key that is given as None is refused, not taken for no encryption.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encryption_key: Any = Field(default=None, repr=False)
    column_key: Any = Field(default=None, repr=False)

    def column_keys(self) -> list[Any]:
        """Return the keys of encrypted columns, the one that writes first."""
        given = self.column_key
        return list(given) if isinstance(given, (list, tuple)) else [given]

    def given(self, keyword: str) -> bool:
        """Whether the keyword was written, whatever its value."""
        return keyword in self.model_fields_set
