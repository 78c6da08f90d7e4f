"""An act of ``heliosdb demo``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class DemoAct:
    """One feature shown on real data by ``heliosdb demo``.

    ``play(console, folder, queries)`` prints to the rich console, keeps its files in ``folder``, and answers the
    texts that the user typed on the command line, if any.
    """

    title: str
    order: int
    play: Callable[[Console, Path, tuple[str, ...]], None]
