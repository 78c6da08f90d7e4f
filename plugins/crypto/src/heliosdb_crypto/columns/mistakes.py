"""Texts that are no SQL: the error is SQLite's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite.plugins import Statement, run
from heliosdb_sqlite.sql.parameters import parameters


@contextmanager
def sqlite_speaks_first(connection: Any, statement: Statement) -> Iterator[None]:
    """Have SQLite say what is wrong with a text that could not be taken apart.

    :raises NotSupportedError: nothing is wrong with it
    """
    try:
        yield
    except sqlite3.Error:
        raise
    except (ArithmeticError, AttributeError, LookupError, StopIteration, TypeError, ValueError) as error:
        text = statement.text
        values = [None] * max((each.number for each in parameters(text)), default=0)
        run(connection, text if statement.verb == "EXPLAIN" else f"EXPLAIN {text}", values).fetchall()
        raise sqlite3.NotSupportedError(
            f"this statement is not understood where there are encrypted columns: {text!r}; write it in another way"
        ) from error
