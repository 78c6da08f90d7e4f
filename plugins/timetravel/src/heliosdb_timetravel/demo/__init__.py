"""The time travel act of ``heliosdb demo``: Unicode's characters, as they were in 2002 and as they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from heliosdb_sqlite.plugins import DemoAct

if TYPE_CHECKING:
    from rich.console import Console


def _play(console: Console, folder: Path, queries: tuple[str, ...]) -> None:
    from .act import play  # here: rich comes with the command line, not with the plugin

    play(console, folder, queries)


ACT = DemoAct("Time travel: Unicode then and now", order=20, play=_play)
