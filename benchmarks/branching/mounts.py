"""File systems to try: the one at hand, and btrfs and xfs in a file where this user may mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 3 * 2**30


def available() -> list[str]:
    """Return the file systems that can be had here; "" is the one of the temporary folder."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["", *(kind for kind in ("btrfs", "xfs") if root and shutil.which(f"mkfs.{kind}"))]


@contextmanager
def folder(kind: str) -> Iterator[Path]:
    """Give a folder on such a file system."""
    with tempfile.TemporaryDirectory() as place:
        if not kind:
            yield Path(place)
            return
        image, mounted = Path(place, "image"), Path(place, "mounted")
        with image.open("wb") as file:
            file.truncate(SIZE)
        mounted.mkdir()
        subprocess.run([f"mkfs.{kind}", "-q", str(image)], check=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(mounted)], check=True)
        try:
            yield mounted
        finally:
            subprocess.run(["umount", str(mounted)], check=True)
