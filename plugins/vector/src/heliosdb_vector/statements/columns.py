"""VECTOR(n) and HALFVEC(n) columns: a CHECK that SQLite itself enforces, whoever writes.

It is made of built-in functions only, so that every SQLite tool can write to the table, and is refused what is no
vector of that length. Its name is the error message.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any, NamedTuple

from heliosdb_sqlite.plugins import Statement, run
from heliosdb_sqlite.sql.ddl import Column, TableDefinition, table_definition
from heliosdb_sqlite.sql.lexer import Kind, tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier

COLUMN_TYPES = ("VECTOR", "HALFVEC")
MOST_DIMENSIONS = 65_535

_OWN_NAME = re.compile(r" is not a (VECTOR|HALFVEC)\(([0-9]+)\)")


def with_checks(connection: Any, statement: Statement) -> Statement | None:
    """Return a CREATE TABLE or ALTER TABLE whose VECTOR columns have their CHECK; None when there is nothing to add.

    :raises ProgrammingError: a column's dimensions are missing or wrong
    :raises NotSupportedError: such a column in a STRICT table
    """
    sql = statement.text
    definition = table_definition(sql)
    if definition is None:
        return None
    for column in reversed(definition.columns):  # from the end, so that the places of the others stay right
        declared = _declared(column)
        if declared is None:
            continue
        _refuse_strict(connection, definition, column, declared)
        if not _has_check(sql, column, declared):
            sql = f"{sql[: column.type_end]} {declared.check(column.name.name)}{sql[column.type_end :]}"
    return statement.rewritten(sql) if sql != statement.text else None


class _Declared(NamedTuple):
    """A column's type: VECTOR(n) or HALFVEC(n)."""

    type: str
    dimensions: int

    def __str__(self) -> str:
        return f"{self.type}({self.dimensions})"

    @property
    def size(self) -> int:
        """The bytes of a value."""
        return self.dimensions * 4 if self.type == "VECTOR" else self.dimensions * 2 + 1

    def check(self, name: str) -> str:
        """Return the CHECK of a column of that name."""
        column = quote_identifier(name)
        condition = f"typeof({column}) = 'blob' AND length({column}) = {self.size}"
        takes = f"{self.dimensions} float32 numbers ({self.size} bytes), as vector() makes them of JSON text"
        if self.type == "HALFVEC":
            condition += f" AND substr({column}, -1) = x'02'"
            takes = (
                f"{self.dimensions} float16 numbers and a byte 2 ({self.size} bytes), as halfvec() makes them"
            )
        message = f"{name} is not a {self}: it takes {takes}"
        return f"CONSTRAINT {quote_identifier(message)} CHECK ({column} IS NULL OR ({condition}))"


def _declared(column: Column) -> _Declared | None:
    """Return the type of a column; None for another one."""
    words = [word.word for word in column.type_words]
    declared = next((word for word in words if word in COLUMN_TYPES), None)
    if declared is None:
        return None
    name = column.name.name
    arguments = "".join(token.text for token in column.type_arguments)
    if len(words) != 1:
        raise sqlite3.ProgrammingError(
            f"column {name!r} is declared {' '.join(words)}({arguments}): write {declared}(n) alone"
        )
    if any(token.word == "ENCRYPTED" for token in column.constraints[:1]):
        raise sqlite3.NotSupportedError(
            f"column {name!r} can't be {declared} and ENCRYPTED, since nothing is near to a ciphertext: encrypt the "
            "whole file, connect(..., encryption_key=...)"
        )
    if not re.fullmatch("[0-9]+", arguments) or not 1 <= int(arguments) <= MOST_DIMENSIONS:
        raise sqlite3.ProgrammingError(
            f"column {name!r} is declared {declared}({arguments}): give the number of dimensions, from 1 to "
            f"{MOST_DIMENSIONS}, as in {declared}(384)"
        )
    return _Declared(declared, int(arguments))


def _has_check(sql: str, column: Column, declared: _Declared) -> bool:
    """Return whether the CHECK follows the type already: this is the CREATE TABLE of a dump.

    The column may have been renamed since, which leaves the constraint's name as it was.
    """
    following = tokenize(sql[column.type_end : column.type_end + 4096])[:2]
    if len(following) < 2 or following[0].word != "CONSTRAINT" or following[1].kind is not Kind.QUOTED:
        return False
    match = _OWN_NAME.search(following[1].name)
    return match is not None and (match[1], int(match[2])) == declared


def _refuse_strict(connection: Any, definition: TableDefinition, column: Column, declared: _Declared) -> None:
    altered = not definition.options and sqlite3.sqlite_version_info >= (3, 37)
    if "STRICT" in definition.options or (altered and _is_strict(connection, definition)):
        name = quote_identifier(column.name.name)
        raise sqlite3.NotSupportedError(
            f"table {definition.table!r} is STRICT, and such a table can't have the type {declared}: "
            f"declare {name} BLOB CHECK (length({name}) = {declared.size}), which holds the same vectors"
        )


def _is_strict(connection: Any, definition: TableDefinition) -> bool:
    """Return whether the table that a column is to be added to is STRICT."""
    found = run(
        connection,
        "SELECT 1 FROM pragma_table_list WHERE strict AND lower(name) = lower(?)"
        " AND lower(schema) = lower(coalesce(?, schema))",
        (definition.table, definition.schema),
    )
    return found.fetchone() is not None
