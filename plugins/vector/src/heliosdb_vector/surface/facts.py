"""What this machine can do for vector search: the lines of ``heliosdb info``."""

from __future__ import annotations

from heliosdb_sqlite.plugins import Capability

from ..loading.finding import sqlite_vec_loading
from ..memory.codes import available


def facts() -> list[Capability]:
    """Return whether sqlite-vec and NumKong can be used, and what follows."""
    loading = sqlite_vec_loading()
    there = loading.way != "off"
    return [
        Capability(
            "sqlite-vec",
            f"{loading.version}, by {loading.way}" if there else "no",
            "" if there else f"no vec_* functions; HeliosDB's own are the same ({loading.reason})",
        ),
        Capability(
            "NumKong",
            "yes" if available() else "no",
            ""
            if available()
            else "exact vector searches of large tables take three times as long, batches four times",
        ),
    ]
