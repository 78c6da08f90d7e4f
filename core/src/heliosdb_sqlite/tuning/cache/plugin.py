"""The plugin ``cache``: its hooks. What they need is imported when a connection has a cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..._standard import sqlite3
from ...plugins import Answer, Parameters, Statement, hookimpl, state

if TYPE_CHECKING:
    from .cache import Cache
    from .options import CacheOptions
    from .stats import CacheStats

NAME = "cache"


@hookimpl
def heliosdb_options() -> type[CacheOptions]:
    """Return the model of the cache's keywords."""
    from .options import CacheOptions

    return CacheOptions


@hookimpl
def heliosdb_active(options: CacheOptions) -> bool:
    """Return whether enable_cache is true."""
    if options.model_fields_set == {"cache_size_mb"}:
        raise sqlite3.ProgrammingError(
            f"cache_size_mb={options.cache_size_mb!r} is the size of a cache that is off: give enable_cache=True, too"
        )
    return options.enable_cache


@hookimpl
def heliosdb_methods() -> dict[str, Callable[..., Any]]:
    """Return the method that tells how the cache is doing."""
    return {"get_cache_stats": get_cache_stats}


def get_cache_stats(connection: Any) -> CacheStats:
    """Return how many queries the cache has answered since the connection was opened, and what it holds now.

    :raises ProgrammingError: the connection has no cache
    """
    session_state = state(connection) if hasattr(connection, "_session") else {}
    cache: Cache | None = session_state.get(NAME)
    if cache is None:
        raise sqlite3.ProgrammingError(
            "get_cache_stats() needs the result cache switched on: connect(..., enable_cache=True)"
        )
    return cache.stats()


@hookimpl(trylast=True)
def heliosdb_connect(connection: Any, options: CacheOptions) -> None:
    """Give the connection an empty cache."""
    from .cache import Cache

    state(connection)[NAME] = Cache(connection, int(options.cache_size_mb * (1 << 20)))


@hookimpl
def heliosdb_answer(connection: Any, statement: Statement) -> Callable[[Parameters], Answer | None] | None:
    """Answer queries from the cache, and look out for statements after which its results may be wrong."""
    cache: Cache | None = state(connection).get(NAME)
    return None if cache is None else cache.answerer(statement)


@hookimpl
def heliosdb_changed(connection: Any, method: str, result: Any) -> None:
    """Forget what is kept: statements may mean something else, or a blob may be written without one."""
    cache: Cache | None = state(connection).get(NAME)
    if cache is not None:
        cache.changed(method, result)


@hookimpl
def heliosdb_close(connection: Any) -> None:
    """Let go of the memory."""
    cache: Cache | None = state(connection).get(NAME)
    if cache is not None:
        cache.close()
