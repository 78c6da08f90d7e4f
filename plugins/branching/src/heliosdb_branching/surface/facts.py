"""What this machine can do for branches, tried out where a database is."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence

from heliosdb_sqlite.plugins import Capability

from ..files import copying


def facts(folder: str) -> Sequence[Capability]:
    """Return whether the file system of ``folder`` shares blocks between files, and what follows."""
    shares = _shares_blocks(folder)
    value = "unknown" if shares is None else "yes" if shares else "no"
    consequence = {
        "yes": "a branch takes no time and no space until it is changed",
        "no": "a branch is a copy: made behind create_branch() in WAL mode, before it returns in other modes",
        "unknown": f"{folder} can't be written to",
    }[value]
    return [Capability("shared blocks", value, consequence)]


def _shares_blocks(folder: str) -> bool | None:
    if sys.platform != "linux":
        return False
    try:
        with tempfile.TemporaryDirectory(prefix=".heliosdb-", dir=folder) as place:
            source, copy = os.path.join(place, "a"), os.path.join(place, "b")
            with open(source, "wb") as file:
                file.write(b"\0" * 4096)
                file.flush()
                return copying.clone(source, copy)
    except OSError:
        return None
