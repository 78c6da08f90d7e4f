"""The plugin's hooks: what a connection with vector search does differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from heliosdb_sqlite.plugins import Capability, DemoAct, Parameters, Statement, Syntax, hookimpl, state

from . import functions
from .functions.failure import Failure
from .index.ddl import around_ddl, as_index
from .index.stats import vector_index_progress, vector_index_stats
from .loading.finding import load_sqlite_vec
from .memory.cache import CACHE, default_limit
from .memory.freshness import blob_opened, freshness_of, introduce
from .options import VectorOptions
from .results.returned import Row, row_mapper
from .search.statements import original_of
from .statements.columns import COLUMN_TYPES, with_checks
from .statements.queries import calls_of
from .statements.texts import plain_texts
from .surface.explaining import explain_vector
from .surface.grouped import executemany_grouped
from .surface.preparing import binder, prepared

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
    return Syntax(column_types=COLUMN_TYPES, functions=functions.CLAIMED)


@hookimpl
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:
    """Return the methods that vector search adds to connections."""
    return {
        "explain_vector": explain_vector,
        "executemany_grouped": executemany_grouped,
        "vector_index_stats": vector_index_stats,
        "vector_index_progress": vector_index_progress,
    }


@hookimpl
def heliosdb_connect(connection: Any, options: VectorOptions) -> None:
    """Define the SQL functions, and sqlite-vec's where they can be had."""
    given = options.vector_cache_mb
    limit = default_limit() if given is None else given << 20
    introduce(connection, limit, log=options.vector_change_log, exact=options.vector_exact)
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
        if "USING" in folded:
            statement = as_index(statement)
    return prepared(connection, statement)


@hookimpl
def heliosdb_around(
    connection: Any, statement: Statement
) -> Callable[[], AbstractContextManager[None]] | None:
    """Build an approximate index, build it anew, forget it."""
    return around_ddl(connection, statement)


@hookimpl
def heliosdb_bind(connection: Any, statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Bind lists and arrays as vectors, and the candidates of searches."""
    return binder(connection, statement)


@hookimpl
def heliosdb_changed(connection: Any, method: str, result: Any) -> None:
    """Take note of what writes without a statement."""
    if method == "blobopen":
        with plain_texts(connection):
            blob_opened(connection, result)
    elif method == "deserialize":
        CACHE.drop(freshness_of(connection).token)


@hookimpl
def heliosdb_row(connection: Any, statement: Statement) -> Callable[[Row], Row] | None:
    """Return vectors as sequences of floats."""
    return row_mapper(connection, statement, original_of(statement))


@hookimpl
def heliosdb_error(connection: Any, statement: Statement) -> Callable[[BaseException], None] | None:
    """Say why a vector function failed, in the error that the user gets."""
    failure: Failure = state(connection)[_NAME]
    return failure.explain if calls_of(statement.text) else None


@hookimpl
def heliosdb_close(connection: Any) -> None:
    """Let go of what only this connection searches."""
    CACHE.drop(freshness_of(connection).token)


@hookimpl
def heliosdb_facts() -> Sequence[Capability]:
    """Return what this machine can do for vector search."""
    from .surface.facts import facts

    return facts()


@hookimpl
def heliosdb_demo() -> DemoAct:
    """Return the act that searches WordNet's definitions by meaning."""
    from .demo import ACT

    return ACT
