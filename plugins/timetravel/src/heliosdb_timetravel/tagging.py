"""conn.tag(): a name for the state that the database is in."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from .session import of
from .storage import layout
from .storage.names import COMMITS, TAGS


def tag(connection: Any, name: str) -> int:
    """Give the present state a name, for ``AS OF TAG 'name'``, and return the number of its transaction.

    Inside a transaction it is the state that this one commits, and the tag is part of it.

    :raises IntegrityError: the name is taken
    :raises OperationalError: no table keeps a history
    """
    travel = of(connection, "tag()")
    travel.look_again()
    if not name:
        raise sqlite3.ProgrammingError(f"not a name for a tag: {name!r}: give a text")
    if not layout.exists(travel.run, "main"):
        raise sqlite3.OperationalError(
            f"no table keeps a history, so tag {name!r} would name nothing: add versioning first"
        )
    inside = connection.in_transaction
    with travel.transaction():
        taken = travel.run(f"SELECT txn FROM {TAGS} WHERE name = ?", (name,)).fetchone()
        if taken is not None:
            raise sqlite3.IntegrityError(
                f"tag {name!r} is there already, for transaction {taken[0]}: choose another name"
            )
        if inside:
            txn = layout.open_commit(travel.run, "main")
        else:
            (txn,) = travel.run(f"SELECT coalesce(max(txn), 0) FROM {COMMITS}").fetchone()
        travel.run(f"INSERT INTO {TAGS} VALUES (?, ?, ?)", (name, txn, time.time_ns() // 1000))
    return int(txn)
