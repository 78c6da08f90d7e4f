"""conn.executemany_grouped(): many searches at once, the rows of each by themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from heliosdb_sqlite.plugins import Parameters

from ..functions.words import NAME
from ..memory.freshness import refuse_without_search
from ..search.statements import answering_together
from ..statements.queries import calls_of


def executemany_grouped(connection: Any, sql: str, parameters: Iterable[Parameters]) -> list[list[Any]]:
    """Run a SELECT that uses a vector function for each of ``parameters`` and return the rows of each run in a list.

    Distances are computed together, as ``executemany`` does.

    >>> import heliosdb_sqlite
    >>> conn = heliosdb_sqlite.connect(":memory:", enable_vector_search=True)
    >>> conn.executemany_grouped("SELECT vector_norm(?)", [([3, 4],), ([5, 12],)])
    [[(5.0,)], [(13.0,)]]
    >>> conn.close()

    :raises ProgrammingError: the statement is no such SELECT, or the connection has no vector search
    """
    refuse_without_search(connection, "executemany_grouped()")
    if not calls_of(sql) and NAME not in sql.lower():
        raise sqlite3.ProgrammingError(f"executemany_grouped() runs a SELECT with a vector function: {sql!r}")
    sets = list(parameters)
    with answering_together(connection, sets):
        return [connection.execute(sql, each).fetchall() for each in sets]
