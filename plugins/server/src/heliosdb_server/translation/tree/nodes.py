"""What all nodes of a statement's tree are."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Node:
    """Anything that stands in a statement; ``at`` is its place in the text."""

    at: int = field(default=-1, kw_only=True)
