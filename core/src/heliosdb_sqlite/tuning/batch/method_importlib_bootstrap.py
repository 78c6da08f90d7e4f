"""``cursor.batch_insert()``, by itself: what a plain cursor calls before any plugin is loaded.

The file's name is explained in :mod:`heliosdb_sqlite._active.calls_importlib_bootstrap`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any


def batch_insert(
    cursor: Any,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Any],
    *,
    schema: str | None = None,
    on_conflict: str = "abort",
    key: Sequence[str] = (),
    progress: Callable[[int], Any] | None = None,
    progress_every: int = 10_000,
) -> int:
    """Insert all of ``rows`` or none of them, and return how many rows of the table that changed.

    Rows are taken from any iterable, a few at a time, and values are bound as by execute(). Inside a transaction the
    rows become part of it; otherwise one is begun for them, as by executemany().

    :param columns: the columns for which each row has a value
    :param rows: sequences with one value for each column, or mappings with a value under each column's name
    :param schema: the database that has the table: ``main``, ``temp`` or the name of an attached one
    :param on_conflict: what a row does whose key is there already: ``abort`` (an error, nothing is inserted),
        ``ignore`` (it is left out), ``replace`` (it takes the other's place) or ``update`` (it gives the other its
        values; needs ``key``)
    :param key: the columns of the unique key that ``ignore`` and ``update`` are about
    :param progress: called with the number of rows dealt with so far; what it raises undoes everything
    :param progress_every: ... after at least so many rows, and at the end
    :raises sqlite3.Error: SQLite's own, or a plugin's, with the row's number, counted from 1, in the message and as
        ``row_number``
    :raises ProgrammingError: an argument, or a row of the wrong shape
    """
    from .inserting_importlib_bootstrap import insert
    from .statement import insertion_into

    insertion = insertion_into(table, columns, schema, on_conflict, key)
    return insert(cursor, insertion, rows, progress, progress_every)
