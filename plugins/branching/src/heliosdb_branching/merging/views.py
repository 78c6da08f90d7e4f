"""Views that a merge would leave without what they read: neither side knew of the other's change."""

from __future__ import annotations

import sqlite3
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..errors import Conflict
from ..running import rows, run
from ..schema.shapes import Schema


def readable(connection: Any) -> set[str]:
    """Return the views of a database that can be read."""
    found = rows(connection, "SELECT name FROM main.sqlite_master WHERE type = 'view'")
    return {name for (name,) in found if _failure(connection, name) is None}


def broken(here: Any, was: set[str], branch: Any, ours: Schema, theirs: Schema) -> list[Conflict]:
    """Return the views that can't be read any more, and could on the sides that they are from.

    :param was: those that could be read here before the merge
    """
    found = []
    for (name,) in rows(here, "SELECT name FROM main.sqlite_master WHERE type = 'view'"):
        mine, its = ours.things.get(("view", name)), theirs.things.get(("view", name))
        reason = _failure(here, name)
        if reason is None or (mine is not None and name not in was):
            continue
        if its is None or _failure(branch, name) is None:
            our_sql, their_sql = (None if each is None else each.sql for each in (mine, its))
            reason = f"the view could not be read any more: {reason}"
            found.append(Conflict(name, None, None, None, our_sql, their_sql, reason))
    return found


def _failure(connection: Any, view: str) -> str | None:
    try:
        run(connection, f"SELECT * FROM main.{q(view)} LIMIT 0")
    except sqlite3.OperationalError as error:
        return str(error)
    return None
