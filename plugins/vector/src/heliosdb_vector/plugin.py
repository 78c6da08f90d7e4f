"""The plugin's hooks: what a connection with vector search does differently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heliosdb_sqlite.plugins import DemoAct, Parameters, Statement, Syntax, hookimpl, state

from . import functions
from .binding import binder_for
from .columns import COLUMN_TYPES, with_checks
from .failure import Failure
from .loading import load_sqlite_vec
from .options import VectorOptions
from .queries import calls_of, read_query
from .returned import Row, read_result, row_mapper

_NAME = "vector"
_SCHEMA_VERBS = ("CREATE", "ALTER")


@hookimpl
def heliosdb_options() -> type[VectorOptions]:
    """Return the model of this plugin's connect() keywords."""
    return VectorOptions


@hookimpl
def heliosdb_active(options: VectorOptions) -> bool:
    """Return whether enable_vector_search is true."""
    return options.enable_vector_search


@hookimpl
def heliosdb_syntax() -> Syntax:
    """Return the column types and functions that vector search adds to SQL.

    It names no trigger words: any SELECT may return a VECTOR column.
    """
    return Syntax(column_types=COLUMN_TYPES, functions=functions.NAMES)


@hookimpl
def heliosdb_connect(connection: Any) -> None:
    """Define the SQL functions, and sqlite-vec's where they can be had."""
    failure = state(connection)[_NAME] = Failure()
    functions.define(connection, failure)
    load_sqlite_vec(connection)


@hookimpl
def heliosdb_parse(connection: Any, statement: Statement) -> Statement | None:
    """Give VECTOR columns their CHECK, sort what has no distance last, find the vectors in a result."""
    if statement.verb in _SCHEMA_VERBS:
        folded = statement.text.upper()
        if any(word in folded for word in COLUMN_TYPES):
            statement = with_checks(connection, statement) or statement
    calls = calls_of(statement.text)
    if calls:
        statement = read_query(statement, calls)
    made = any(call.name in functions.VECTORS for call in calls)
    return read_result(connection, statement, made) or statement


@hookimpl
def heliosdb_bind(statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Bind lists and arrays as vectors."""
    return binder_for(statement.text)


@hookimpl
def heliosdb_row(connection: Any, statement: Statement) -> Callable[[Row], Row] | None:
    """Return vectors as sequences of floats."""
    return row_mapper(connection, statement)


@hookimpl
def heliosdb_error(connection: Any, statement: Statement) -> Callable[[BaseException], None] | None:
    """Say why a vector function failed, in the error that the user gets."""
    failure: Failure = state(connection)[_NAME]
    return failure.explain if calls_of(statement.text) else None


@hookimpl
def heliosdb_demo() -> DemoAct:
    """Return the act that searches WordNet's definitions by meaning."""
    from .demo import ACT

    return ACT
