"""Which file ``connect(..., branch=...)`` opens."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from heliosdb_sqlite.plugins import Target

from ..files.state import wait_for_copy
from ..names import MAIN
from ..opening import file_behind
from ..registry.entries import Entry, check_format, find, meta
from .session import Session

_chosen = threading.local()  # what choose() found, for chosen() of the same connect()


def choose(target: Target, branch: str) -> Target | None:
    """Return the target that opens the branch's file; None for main.

    :raises OperationalError: there is no such branch, or its copy was never finished
    """
    _chosen.found = None
    if branch == MAIN:
        return None
    _refuse_missing(target)
    with _opened(target) as main:
        path = file_behind(main)
        check_format(main)
        if meta(main, "branch") is not None:
            raise sqlite3.ProgrammingError(
                f"{path!r} is the file of a branch: name its database and the branch"
            )
        entry = find(main, branch)
        identity = meta(main, "database")
    file = wait_for_copy(path, entry)
    _chosen.found = (path, entry, file, identity)
    return _moved(target, file)


def chosen(connection: Any, branch: str) -> Session:
    """Return the session of a connection that was just opened.

    :raises DatabaseError: the file belongs to another database
    """
    if branch == MAIN:
        try:
            path = file_behind(connection)
        except sqlite3.NotSupportedError:  # in memory: there are no branches, which their methods say
            path = ""
        return Session(path, None, path)
    path, entry, file, identity = _chosen.found
    if meta(connection, "branch") != entry.id or meta(connection, "database") != identity:
        raise _another(entry, file)
    return Session(path, entry, file)


def _another(entry: Entry, file: str) -> sqlite3.DatabaseError:
    return sqlite3.DatabaseError(
        f"{os.path.basename(file)!r} is not the branch {entry.name!r} of this database: one of the two files was "
        "replaced. Put the right one back, or delete the branch"
    )


def _refuse_missing(target: Target) -> None:
    """Raise for a database file that is not there, before opening it would make it."""
    if target.keywords.get("uri"):
        return
    path = os.fsdecode(target.database)
    if path and path != ":memory:" and not os.path.exists(path):
        raise sqlite3.OperationalError(
            f"unable to open database file: there is no {path!r}, and so no branch of it"
        )


@contextmanager
def _opened(target: Target) -> Iterator[sqlite3.Connection]:
    """Open the database as it will be opened for the user, for a look at its registry."""
    keywords = {key: target.keywords[key] for key in ("timeout", "uri") if key in target.keywords}
    try:
        connection = sqlite3.connect(target.database, isolation_level=None, **keywords)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        if target.explain is not None:
            target.explain(error)
        raise


def _moved(target: Target, file: str) -> Target:
    """Return the target with the branch's file in the database's place, which must be there already."""
    parameters: list[tuple[str, str]] = []
    if target.keywords.get("uri") and os.fsdecode(target.database).startswith("file:"):
        _, _, query = os.fsdecode(target.database).partition("?")
        parameters = parse_qsl(query.partition("#")[0], keep_blank_values=True)
    if not any(key == "mode" for key, _ in parameters):
        parameters.append(("mode", "rw"))
    path = Path(file).absolute().as_uri()
    return target.moved(f"{path}?{urlencode(parameters, quote_via=quote)}", uri=True)
