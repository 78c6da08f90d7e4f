"""Which branches a database has: tables in the database's own file, which stays a plain SQLite file.

docs/branching.md describes them under "On disk". Every name begins with ``_heliosdb_``, which keeps them out of
comparisons, merges and histories.
"""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from typing import Any, NamedTuple

from ..errors import no_such_branch
from ..names import MAIN, file_of
from ..running import has_table, rows, run, transaction, value

FORMAT = 1
READY, COPYING, DELETED = "ready", "copying", "deleted"

_TABLES = (
    "CREATE TABLE IF NOT EXISTS _heliosdb_branching (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS _heliosdb_branches (
        id TEXT PRIMARY KEY, name TEXT UNIQUE, parent TEXT NOT NULL, file TEXT NOT NULL, state TEXT NOT NULL,
        created_us INTEGER NOT NULL, as_of TEXT) WITHOUT ROWID""",
    # Without a key and with a gap before its row: VACUUM closes the gap, and tells by it that rowids have changed.
    "CREATE TABLE IF NOT EXISTS _heliosdb_branch_canary (mark)",
)
_FIELDS = "id, name, parent, file, state, created_us, as_of"


class Entry(NamedTuple):
    """A branch as the registry has it."""

    id: str
    name: str
    parent: str  # the id of a branch, or "main"
    file: str  # its name in the folder of branches
    state: str
    created_us: int
    as_of: str | None

    def path(self, database: str) -> str:
        """Return where its file is, or will be."""
        return file_of(database, self.file)


def now_us() -> int:
    """Return the time in microseconds since 1970."""
    return time.time_ns() // 1000


def meta(connection: Any, key: str) -> Any:
    """Return what a file says of itself; None when it says nothing."""
    if not has_table(connection, "_heliosdb_branching"):
        return None
    return value(connection, "SELECT value FROM _heliosdb_branching WHERE key = ?", (key,))


def set_meta(connection: Any, key: str, content: Any) -> None:
    """Have a file say something of itself."""
    run(connection, "INSERT OR REPLACE INTO _heliosdb_branching VALUES (?, ?)", (key, content))


def canary(connection: Any) -> int | None:
    """Return where the canary sits; two answers that differ mean that VACUUM ran in between."""
    if not has_table(connection, "_heliosdb_branch_canary"):
        return None
    found: int | None = value(connection, "SELECT max(rowid) FROM _heliosdb_branch_canary")
    return found


def check_format(connection: Any) -> None:
    """Raise for a file that a later version has written.

    :raises NotSupportedError: it is
    """
    found = meta(connection, "format")
    if found is not None and found != FORMAT:
        raise sqlite3.NotSupportedError(
            f"the branches of this database are of format {found!r}, and this release knows format {FORMAT}: "
            "update heliosdb-branching"
        )


def prepare(connection: Any) -> None:
    """Give the database its registry, its identity and its canary, if it lacks one of them."""
    check_format(connection)
    ready = meta(connection, "database") is not None
    if ready and value(connection, "SELECT max(rowid) > count(*) FROM _heliosdb_branch_canary"):
        return
    with transaction(connection):
        for table in _TABLES:
            run(connection, table)
        run(connection, "INSERT OR IGNORE INTO _heliosdb_branching VALUES ('format', ?)", (FORMAT,))
        run(
            connection,
            "INSERT OR IGNORE INTO _heliosdb_branching VALUES ('database', ?)",
            (str(uuid.uuid4()),),
        )
        run(
            connection,
            "INSERT INTO _heliosdb_branch_canary (rowid, mark)"
            " SELECT max(coalesce(max(rowid), 0), count(*)) + 2, 'VACUUM renumbers rows without a key'"
            " FROM _heliosdb_branch_canary",
        )


def add(connection: Any, entry: Entry) -> None:
    """Register a branch, in the transaction that is open.

    :raises OperationalError: there is one of that name
    """
    try:
        run(connection, f"INSERT INTO _heliosdb_branches ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?)", entry)
    except sqlite3.IntegrityError:
        raise already_there(entry.name) from None


def already_there(name: str) -> sqlite3.OperationalError:
    """Return the error for a name that is taken."""
    return sqlite3.OperationalError(
        f"there is a branch {name!r} already: choose another name, or delete_branch({name!r}) first"
    )


def entries(connection: Any) -> list[Entry]:
    """Return the branches in the order in which they were made; those being deleted are not among them."""
    if not has_table(connection, "_heliosdb_branches"):
        return []
    check_format(connection)
    found = rows(
        connection,
        f"SELECT {_FIELDS} FROM _heliosdb_branches WHERE name IS NOT NULL AND state <> ? ORDER BY created_us, id",
        (DELETED,),
    )
    return [Entry(*each) for each in found]


def find(connection: Any, name: Any) -> Entry:
    """Return the branch of that name.

    :raises OperationalError: there is none
    """
    known = entries(connection)
    for entry in known:
        if entry.name == name:
            return entry
    raise no_such_branch(name, [MAIN, *(each.name for each in known)])


def deleted(connection: Any) -> list[Entry]:
    """Return the branches that are deleted and whose files may still be there."""
    if not has_table(connection, "_heliosdb_branches"):
        return []
    found = rows(connection, f"SELECT {_FIELDS} FROM _heliosdb_branches WHERE state = ?", (DELETED,))
    return [Entry(each[0], "", *each[2:]) for each in found]


def check_belongs(branch: Any, database: Any, entry: Entry) -> None:
    """Raise unless the file opened as ``branch`` is that branch of the database opened as ``database``.

    :raises DatabaseError: it is another database's, or another branch
    """
    if meta(branch, "database") != meta(database, "database") or meta(branch, "branch") != entry.id:
        raise sqlite3.DatabaseError(
            f"{os.path.basename(entry.file)!r} is not the branch {entry.name!r} of this database: one of the two files "
            "was replaced. Put the right one back, or delete the branch"
        )
