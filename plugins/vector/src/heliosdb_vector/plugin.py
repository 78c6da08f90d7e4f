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
from .queries import read_query

_NAME = "vector"
_MARK = "VECTOR_"  # what every function's name begins with


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
    """Return the column types and functions that vector search adds to SQL."""
    return Syntax(words=COLUMN_TYPES, column_types=COLUMN_TYPES, functions=functions.NAMES)


@hookimpl
def heliosdb_connect(connection: Any) -> None:
    """Define the SQL functions, and sqlite-vec's where they can be had."""
    failure = state(connection)[_NAME] = Failure()
    functions.define(connection, failure)
    load_sqlite_vec(connection)


@hookimpl
def heliosdb_parse(connection: Any, statement: Statement) -> Statement | None:
    """Give VECTOR columns their CHECK, sort what has no distance last, let executemany() run vector queries."""
    if statement.verb in ("CREATE", "ALTER"):
        statement = with_checks(connection, statement) or statement
    if _MARK in statement.text.upper():
        statement = read_query(statement) or statement
    return statement


@hookimpl
def heliosdb_bind(statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Bind lists and arrays as vectors."""
    return binder_for(statement.text)


@hookimpl
def heliosdb_error(connection: Any, statement: Statement) -> Callable[[BaseException], None] | None:
    """Say why a vector function failed, in the error that the user gets."""
    failure: Failure = state(connection)[_NAME]
    return failure.explain if _MARK in statement.text.upper() else None


@hookimpl
def heliosdb_demo() -> DemoAct:
    """Return the act that searches WordNet's definitions by meaning."""
    from .demo import ACT

    return ACT
