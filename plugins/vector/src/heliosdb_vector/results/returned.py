"""Vectors in the rows that a statement returns: found out once per text and schema, converted row by row.

Nothing is guessed from bytes: a value is made a :class:`~.vector.Vector` where the statement says that its column is
one. A statement that returns no vector is left alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import zip_longest
from typing import Any, NamedTuple

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.splice import Edit, splice

from ..statements.relations import relations_of
from ..values.halves import is_half
from ..values.vector import from_blob, half_from_blob
from .reaching import may_return_vector

_NOTE = "vector"
_DML = frozenset({"INSERT", "REPLACE", "UPDATE", "DELETE"})

Row = tuple[Any, ...]


class Returned(NamedTuple):
    """What is known of the result of one text."""

    text: str
    columns: dict[int, int]  # the places of vectors, with their dimensions (0: any)


def read_result(connection: Any, statement: Statement, makes: bool) -> Statement | None:
    """Return the statement with a note of the vectors in its result; None if it returns none.

    :param makes: whether a function that returns a vector is called in it
    """
    returned, stamp = _returned(connection, statement, makes)
    if not returned.columns:
        # One that reads otherwise than the user wrote it would be looked at again.
        return None if statement.text == statement.sql else statement.noted(_NOTE, returned)
    statement = statement.noted(_NOTE, returned)
    return statement.bound_to(stamp) if stamp is not None and statement.stamp is None else statement


def row_mapper(connection: Any, statement: Statement, text: str) -> Callable[[Row], Row] | None:
    """Return what makes vectors of the rows' values, or None if there are none.

    :param text: what the statement reads like without what this plugin adds to it
    """
    returned: Returned | None = statement.notes.get(_NOTE)
    if (statement.sql if returned is None else returned.text) != text:
        # Another plugin has rewritten it in the meantime.
        returned, _ = _returned(connection, statement, makes=True)
    return _mapper(returned.columns) if returned is not None and returned.columns else None


def _returned(connection: Any, statement: Statement, makes: bool) -> tuple[Returned, Any]:
    nothing = Returned(statement.text, {})
    verb, folded = statement.verb, statement.text.upper()
    if verb in _DML:
        if "RETURNING" not in folded:
            return nothing, None
    elif verb not in ("SELECT", "VALUES"):
        return nothing, None
    from_tables = verb in _DML or "FROM" in folded
    if not from_tables and not makes:
        return nothing, None
    factory = connection.text_factory
    try:
        connection.text_factory = str  # for the schema's names, whatever the program's own texts are to be
        relations = relations_of(connection)
        if not makes and not relations.may_reach(folded):
            return nothing, None
        if not may_return_vector(_returning(statement), relations):
            return nothing, None
        from heliosdb_sqlite.sql.tree import parse

        from .resolving import vector_columns

        columns = vector_columns(parse(_for_parser(statement)), relations)
    except sqlite3.Error as error:
        if "locked" in str(error):
            raise  # as the statement would: the text is looked at again when it is tried again
        return nothing, None  # no tree; or no schema to read, which SQLite says when the statement runs
    finally:
        connection.text_factory = factory
    # The core compares stamps while rows are read as the program wants them, which takes names for what they are not.
    stamp = relations.schema.stamp if from_tables and factory is str else None
    return Returned(statement.text, columns), stamp


def _returning(statement: Statement) -> list[Token]:
    """Return the tokens that say what is returned: all of them, or those of a RETURNING clause."""
    tokens = tokenize(statement.text)
    if tokens[0].word not in _DML:
        return tokens
    places = [place for place, token in enumerate(tokens) if token.word == "RETURNING"]
    return tokens[places[0] :] if places else []


def _for_parser(statement: Statement) -> str:
    """Return the text in words that sqlglot knows: ? for ?1, INSERT for REPLACE."""
    edits = []
    tokens = tokenize(statement.text)
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.kind is Kind.PARAMETER:
            edits.append(Edit(token.start, token.end, "? "))
        elif token.word == "REPLACE" and following is not None and following.word == "INTO":
            edits.append(Edit(token.start, token.end, "INSERT"))
    return splice(statement.text, edits)


def _mapper(columns: dict[int, int]) -> Callable[[Row], Row]:
    """Return a function that makes vectors of the values at these places: of BLOBs of the right length alone."""
    if len(columns) > 1:
        steps = [_mapper({place: dimensions}) for place, dimensions in columns.items()]

        def convert_several(row: Row) -> Row:
            for step in steps:
                row = step(row)
            return row

        return convert_several
    ((place, dimensions),) = columns.items()
    size, half, after = dimensions * 4, dimensions * 2 + 1, place + 1
    make, make_half = from_blob, half_from_blob

    def convert(row: Row) -> Row:
        value = row[place]
        if type(value) is bytes and (len(value) == size or (not size and value and len(value) % 4 == 0)):
            return (*row[:place], make(value), *row[after:])
        if type(value) is bytes and (len(value) == half or not size) and is_half(value):
            return (*row[:place], make_half(value), *row[after:])
        return row

    return convert
