"""Looking into a connection's databases past its plugins, whatever it does to texts, rows and types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...._standard import sqlite3
from ....plugins import Parameters, run

Row = tuple[Any, ...]
_MAGIC = b"SQLite format 3\0"
_MEMORY = 2  # PRAGMA temp_store


class Reader:
    """Reads from one connection: rows are tuples, texts are str, whatever the program set.

    Each call reads to the end, so that no statement of ours stays open on the program's connection.
    """

    def __init__(self, connection: Any, execute: Callable[[str, Parameters], Any]) -> None:
        self._connection = connection
        self._execute = execute

    @classmethod
    def past_hooks(cls, connection: Any) -> Reader:
        """Return a reader for a connection with plugins; none of them sees what it reads."""
        return cls(connection, lambda sql, parameters: run(connection, sql, parameters))

    @classmethod
    def plain(cls, connection: sqlite3.Connection) -> Reader:
        """Return a reader for a connection of the standard library."""
        return cls(connection, lambda sql, parameters: sqlite3.Cursor(connection).execute(sql, parameters))

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows of a query."""
        connection = self._connection
        factory = connection.text_factory
        if factory is str:
            try:
                return self._fetch(sql, parameters)
            except sqlite3.OperationalError as error:
                if "UTF-8" not in str(error):
                    raise
        connection.text_factory = _lenient  # a database may hold what is no UTF-8
        try:
            return self._fetch(sql, parameters)
        finally:
            connection.text_factory = factory

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """Return the first column of the first row; None without one."""
        rows = self.rows(sql, parameters)
        return rows[0][0] if rows else None

    def is_plain(self) -> bool:
        """Return whether all that can be read here stands in files that anybody can read, and sorts in such files.

        Not so for an encrypted database, or one in memory.
        """
        if self.value("PRAGMA temp_store") == _MEMORY:
            return False
        return all(_is_plain(file) for _, name, file in self.rows("PRAGMA database_list") if name != "temp")

    def _fetch(self, sql: str, parameters: Parameters) -> list[Row]:
        cursor = self._execute(sql, parameters)
        cursor.row_factory = None
        found: list[Row] = cursor.fetchall()
        return found


def _is_plain(file: str) -> bool:
    try:
        with open(file, "rb") as database:
            return database.read(len(_MAGIC)) == _MAGIC
    except OSError:  # in memory, or nowhere that a file name leads to
        return False


def _lenient(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def plan_of(rows: list[Row]) -> str:
    """Return the rows of EXPLAIN QUERY PLAN as lines, what belongs to a step indented below it."""
    depth = {0: -1}
    lines = []
    for number, parent, _, text in rows:
        depth[number] = depth.get(parent, -1) + 1
        lines.append("  " * depth[number] + text)
    return "\n".join(lines)
