"""fts5_any(): any of the words of a text, as a query of FTS5's; and the name of what searches by it."""

from __future__ import annotations

import re
from typing import Any

NAME, WORDS = "hybrid_search", "fts5_any"
_WORD = re.compile(r"\w+")


def fts5_any(text: Any) -> str:
    """Return an FTS5 query for rows with any of the words of a text, whatever else stands in it."""
    words = dict.fromkeys(_WORD.findall("" if text is None else str(text)))
    return " OR ".join(f'"{word}"' for word in words) or '""'
