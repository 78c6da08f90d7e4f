"""The catalog's relations as tables in memory, filled anew when the schema has changed."""
from __future__ import annotations
from typing import Any
def refresh(session: Any) -> None:
    return
