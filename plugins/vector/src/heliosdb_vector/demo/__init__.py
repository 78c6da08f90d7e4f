"""The vector act of ``heliosdb demo``: WordNet's definitions, searched by meaning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from heliosdb_sqlite.plugins import DemoAct

if TYPE_CHECKING:
    from rich.console import Console


def _play(console: Console, folder: Path, queries: tuple[str, ...]) -> None:
    from .act import play  # here: rich comes with the command line, not with the plugin

    play(console, folder, queries)


ACT = DemoAct("Vector search: 3,000 definitions by meaning", order=10, play=_play)
