"""The plugin's act in ``heliosdb demo``."""

from __future__ import annotations

from heliosdb_sqlite.plugins import DemoAct

from .act import play

ACT = DemoAct(title="Encryption: Python's own manual, in a file that nobody can read", order=40, play=play)
