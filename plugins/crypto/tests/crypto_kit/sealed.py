"""A database with a word in it that must not be found in any file."""

from __future__ import annotations

import os
from pathlib import Path

MARK = "swordfish"


def fill(conn, rows=300):
    conn.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body BLOB)")
    conn.execute("CREATE INDEX by_title ON notes (title)")
    conn.executemany(
        "INSERT INTO notes (title, body) VALUES (?, ?)",
        ((f"{MARK} {number}", f"{MARK} body".encode() * 20) for number in range(rows)),
    )
    conn.commit()


def readable_bytes(folder: Path) -> bytes:
    """Return all bytes of all files in the folder, and of those that this process has open but no folder names."""
    found = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    descriptors = Path("/proc/self/fd")
    for each in descriptors.iterdir() if descriptors.is_dir() else ():
        try:
            if os.readlink(each).endswith(" (deleted)"):
                found.append(each.read_bytes())
        except OSError:
            continue
    return b"".join(found)


def assert_sealed(folder: Path) -> None:
    data = readable_bytes(folder)
    for word in (MARK, "CREATE TABLE", "by_title", "SQLite format 3"):
        assert word.encode() not in data
        assert word.encode("utf-16-le") not in data
