"""Stands in for doltlite where examples run: ``sqlite3.connect()`` opens what stands in ``doltlite.sql``.

That is what doltlite 0.51.3 wrote for ``iterdump()`` of a database of its own. Its branches are known by their names.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

_DUMP = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
_connect = sqlite3.connect


def _checkout(branch: str) -> int:
    if branch != "main":
        raise ValueError(f"no branch {branch!r}")
    return 0


def _opened(name: str, **keywords: Any) -> sqlite3.Connection:
    connection = _connect(":memory:", **keywords)
    connection.executescript(_DUMP)
    connection.create_function("dolt_checkout", 1, _checkout)
    return connection


sqlite3.connect = _opened
