"""What the act shows: a file before and after, a wrong key, a changed byte, another key, and encrypted columns."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from pydoc_data.topics import topics
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

import heliosdb_sqlite

_WORD = b"generator"
_PAGE = 4096
_PEOPLE = """CREATE TABLE IF NOT EXISTS people (
    name TEXT,
    email TEXT ENCRYPTED,
    ssn TEXT ENCRYPTED DETERMINISTIC UNIQUE
)"""


def play(console: Console, folder: Path, queries: tuple[str, ...]) -> None:
    """Write the manual's texts to a plain and to an encrypted database in ``folder``, and look at both."""
    key = os.urandom(32)
    plain, sealed = folder / "manual.db", folder / "manual-encrypted.db"
    sealed.unlink(missing_ok=True)
    _fill(console, plain, None)
    _fill(console, sealed, key)
    for path in (plain, sealed):
        data = path.read_bytes()
        console.print(Text(f"  {path.name}: {data[:16]!r}, {_WORD.decode()!r} {data.count(_WORD)} times"))
    _open(console, sealed, key)
    _columns(console, folder / "people.db")
    _what_next(console)


def _fill(console: Console, path: Path, key: bytes | None) -> None:
    start = perf_counter()
    keywords: dict[str, Any] = {} if key is None else {"encryption_key": key}
    connection = heliosdb_sqlite.connect(path, **keywords)
    connection.execute("CREATE TABLE IF NOT EXISTS topics (name TEXT PRIMARY KEY, text TEXT)")
    connection.executemany("INSERT OR REPLACE INTO topics VALUES (?, ?)", topics.items())
    connection.commit()
    connection.close()
    how = "plain" if key is None else "encryption_key=os.urandom(32)"
    console.print(Text(f"\n{len(topics)} texts, {how}: {(perf_counter() - start) * 1000:.0f} ms"))


def _open(console: Console, path: Path, key: bytes) -> None:
    console.print("\nA wrong key, and a single bit of page 5 changed:")
    _say(console, path, os.urandom(32))
    data = path.read_bytes()
    changed = bytearray(data)
    changed[4 * _PAGE + 100] ^= 1
    path.write_bytes(changed)
    _say(console, path, key)
    path.write_bytes(data)
    connection = heliosdb_sqlite.connect(path, encryption_key=key)
    start = perf_counter()
    connection.rekey(os.urandom(32))
    took = (perf_counter() - start) * 1000
    connection.close()
    after = path.read_bytes()
    pages = sum(data[at : at + _PAGE] != after[at : at + _PAGE] for at in range(0, len(data), _PAGE))
    console.print(
        Text(f"\nrekey() with another key wrote {pages} of {len(data) // _PAGE} pages in {took:.1f} ms.")
    )


def _say(console: Console, path: Path, key: bytes) -> None:
    try:
        connection = heliosdb_sqlite.connect(path, encryption_key=key)
        try:
            connection.execute("SELECT max(length(text)) FROM topics").fetchone()
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        console.print(Text(f"  {type(error).__name__}: {str(error).replace(str(path), path.name)}"))


def _columns(console: Console, path: Path) -> None:
    console.print("\nIn a plain file, columns that are ciphertext:")
    console.print(Padding(Syntax(_PEOPLE, "sql", background_color="default"), (0, 4)))
    path.unlink(missing_ok=True)
    connection = heliosdb_sqlite.connect(path, column_key=os.urandom(32))
    connection.execute(_PEOPLE)
    connection.execute("INSERT INTO people VALUES ('Ann', 'ann@example.com', '123-45-6789')")
    connection.commit()
    found = connection.execute("SELECT name, email FROM people WHERE ssn = ?", ("123-45-6789",)).fetchone()
    connection.close()
    standard = sqlite3.connect(path)
    (email,) = standard.execute("SELECT email FROM people").fetchone()
    standard.close()
    console.print(Text(f"  with the key: {found}\n  with sqlite3: ('Ann', {email[:12]!r}...)"))


def _what_next(console: Console) -> None:
    console.print()
    for what, how in (
        ("encrypt a file", "heliosdb encrypt my.db"),
        ("use it in a program", "connect('my.db', encryption_key=...)"),
    ):
        console.print(Text.assemble(f"{what:>21}  ", (how, "bold")))
