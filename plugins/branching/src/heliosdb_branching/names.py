"""Names of branches, and of the files they live in."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
from typing import Any

MAIN = "main"
INTERNAL = ("_heliosdb_", "heliosdb_", "sqlite_")
"""What the names of tables begin with that are nobody's data: they are neither compared nor merged."""
_LONGEST = 200
_READABLE = 40  # characters of the name that the file's name shows


def checked(name: Any) -> str:
    """Return the name of a branch that is to be made.

    :raises ProgrammingError: no text, empty, too long, or with characters that no database can hold
    """
    if not isinstance(name, str):
        raise sqlite3.ProgrammingError(f"a branch's name is a str, not {name!r}")
    if name.casefold() == MAIN:
        raise sqlite3.ProgrammingError(f"{name!r} is the database itself: choose another name for the branch")
    if not name.strip() or len(name) > _LONGEST:
        raise sqlite3.ProgrammingError(
            f"a branch's name has 1 to {_LONGEST} characters, not {len(name)}: {name!r}"
        )
    try:
        name.encode()
    except UnicodeEncodeError:
        raise sqlite3.ProgrammingError(f"a branch's name must be valid Unicode, not {name!r}") from None
    if not name.isprintable():
        raise sqlite3.ProgrammingError(f"a branch's name can't have control characters: {name!r}")
    return name


def is_internal(table: str) -> bool:
    """Return whether the table is HeliosDB's or SQLite's own."""
    return table.lower().startswith(INTERNAL)


def new_id() -> str:
    """Return an id that no other branch has or will have."""
    return secrets.token_hex(8)


def folder_of(database: str) -> str:
    """Return the folder that holds the files of the database's branches."""
    return f"{database}-branches"


def file_name(name: str, branch: str) -> str:
    """Return the name of a branch's file: readable, unique, and safe in every file system.

    >>> file_name("../wild idea", "00c0ffee00c0ffee")
    'wild_idea-00c0ffee00c0ffee.db'
    """
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:_READABLE].strip("_-")
    return f"{readable or 'branch'}-{branch}.db"


def is_branch_file(path: str) -> bool:
    """Return whether a path looks like that of a branch's file."""
    folder, name = os.path.split(path)
    return folder.endswith("-branches") and re.fullmatch(r".*-[0-9a-f]{16}\.db", name) is not None


def file_of(database: str, file: object) -> str:
    """Return the path of a branch's file.

    :raises DatabaseError: the registry names something that is not in the database's own folder
    """
    if not isinstance(file, str) or file != os.path.basename(file) or not file.endswith(".db"):
        raise sqlite3.DatabaseError(f"the registry of {database!r} names {file!r}, which is no branch's file")
    return os.path.join(folder_of(database), file)
