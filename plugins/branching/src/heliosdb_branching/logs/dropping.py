"""What is dropped of a branch is logged first, and its triggers step aside.

SQLite drops no column that a trigger names, and tells no trigger of the rows that go with their table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..running import run
from .watching import let_go, log_everything, logs, watch

_SAVEPOINT = "heliosdb_drop"


@contextmanager
def logged(connection: Any, table: str, column: str | None) -> Iterator[None]:
    """Log the rows of a table before it, or a column of it, is dropped; take that back when the dropping fails.

    Main has no logs, and nothing is done about it.
    """
    name = next((name for name in logs(connection) if name.lower() == table.lower()), None)
    if name is None:
        yield
        return
    run(connection, f"SAVEPOINT {_SAVEPOINT}")
    try:
        log_everything(connection, name)
        if column is not None:
            let_go(connection, name, column)
        yield
        watch(connection)
    except BaseException:
        if connection.in_transaction:
            run(connection, f"ROLLBACK TO {_SAVEPOINT}")
            run(connection, f"RELEASE {_SAVEPOINT}")
        raise
    run(connection, f"RELEASE {_SAVEPOINT}")
