"""What all steps of one analysis stand on."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..schema.catalog import Catalog
from ..trial.copy import Place, Trial
from ..trial.rows import Copied


@dataclass
class Ground:
    """The copy, how much of each table is in it, and when to be done."""

    catalog: Catalog
    trial: Trial
    deadline: float
    """A time of ``time.monotonic()``."""
    copied: dict[Place, Copied] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What the report's reader should know."""
