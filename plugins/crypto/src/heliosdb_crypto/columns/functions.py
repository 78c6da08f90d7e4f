"""The SQL functions that seal and open values, and the rows that are opened as they are read."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable
from typing import Any

from ..vfs import problems
from .affinity import stored
from .declared import EncryptedColumn
from .keyring import Keyring
from .names import DECRYPT, SEAL, SOUGHT, UNWRAPS
from .relations import relations_of
from .values import MARK, RANDOMISED, header_of

Row = tuple[Any, ...]


def define(connection: Any, keyring: Keyring) -> None:
    """Define the functions on a connection. SQLite keeps them, so they must not keep the connection."""
    reference = weakref.ref(connection)

    def seal(column_id: str, value: Any) -> Any:
        if value is None:
            return None
        column, schema = keyring.columns.get(column_id) or find(column_id)
        if isinstance(value, bytes):
            header = header_of(value)
            if header is not None:
                opened = keyring.open(value)
                if header.column_id == column.id and header.mode == RANDOMISED and not column.deterministic:
                    return value
                value = (
                    opened  # another column's, that is copied; or sealed with a key that is not written with
                )
        value = stored(value, column.affinity)
        if column.deterministic and column.affinity == "BLOB" and isinstance(value, (int, float)):
            raise sqlite3.NotSupportedError(
                f"the column {column} is DETERMINISTIC and a BLOB: it takes bytes and texts, whose equality is sure"
            )
        return keyring.seal(column, schema, value)

    def find(column_id: str) -> tuple[EncryptedColumn, str]:
        connection: Any = reference()
        factory, connection.text_factory = connection.text_factory, str
        try:
            relations = relations_of(connection)
        finally:
            connection.text_factory = factory
        keyring.follow(relations)
        found = relations.by_id.get(bytes.fromhex(column_id))
        if found is None:
            raise sqlite3.OperationalError("another connection has changed the schema: begin again")
        keyring.columns[column_id] = found
        return found

    def open_value(value: Any) -> Any:
        return keyring.open(value) if isinstance(value, bytes) else value

    connection.create_function(UNWRAPS, 2, keyring.unwraps)
    connection.create_function(SEAL, 2, _explaining(seal))
    connection.create_function(SOUGHT, 2, _explaining(seal), deterministic=True)
    connection.create_function(DECRYPT, 1, _explaining(open_value), deterministic=True)


def _explaining(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with its errors kept: SQLite passes on only that there was one."""

    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Exception as error:
            problems.note(problems.FUNCTION, str(error))
            raise

    return call


def row_opener(connection: Any, keyring: Keyring) -> Callable[[Row], Row]:
    """Return what opens the sealed values of a row.

    A sealed value says so itself, and is authenticated: wherever it was copied to, it is known.
    """
    open_value, reference = keyring.open, weakref.ref(connection)

    def opened(value: bytes) -> Any:
        found = open_value(value)
        connection = reference()
        if isinstance(found, str) and connection is not None and connection.text_factory is not str:
            return connection.text_factory(found.encode("utf-8", "surrogatepass"))
        return found

    def convert(row: Row) -> Row:
        for value in row:
            if type(value) is bytes and value.startswith(MARK):
                return tuple(
                    opened(each) if type(each) is bytes and each.startswith(MARK) else each for each in row
                )
        return row

    return convert
