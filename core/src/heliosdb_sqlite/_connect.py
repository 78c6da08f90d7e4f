"""connect(): the standard library's, plus one keyword per feature."""

import os
import sys

from ._connection import Connection
from ._cursor import Cursor
from ._open_files import opened as opened
from ._standard import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal, TypeVar, overload

    _Made = TypeVar("_Made")
    _Database = str | bytes | os.PathLike[str] | os.PathLike[bytes]
    _Isolation = Literal["DEFERRED", "EXCLUSIVE", "IMMEDIATE", ""] | None

KEYWORDS = frozenset(
    (
        "database",
        "timeout",
        "detect_types",
        "isolation_level",
        "check_same_thread",
        "factory",
        "cached_statements",
        "uri",
    )
    + (("autocommit",) if sys.version_info >= (3, 12) else ())
)
_FACTORY = 5  # its position among the positional arguments
_connect: "Any" = sqlite3.connect
_always: "bool | None" = None  # is a plugin installed that wants every connection? None: not looked yet


if TYPE_CHECKING:

    @overload
    def connect(
        database: _Database,
        timeout: float = ...,
        detect_types: int = ...,
        isolation_level: _Isolation = ...,
        check_same_thread: bool = ...,
        *,
        factory: Callable[..., _Made],
        cached_statements: int = ...,
        uri: bool = ...,
        autocommit: bool | int = ...,
        enable_vector_search: bool = ...,
        vector_cache_mb: int | None = ...,
        vector_change_log: bool = ...,
        vector_exact: bool = ...,
        enable_time_travel: bool = ...,
        time_travel_tables: Literal["all", "explicit"] = ...,
        time_travel_strict: bool = ...,
        time_travel_user: str | None = ...,
        system_versions: Literal["pairs", "flat"] = ...,
        branch: str | None = ...,
        encryption_key: Any = ...,
        column_key: Any = ...,
        heliosdb_mode: Literal["embedded", "hybrid"] = ...,
        concurrency: Literal["default", "wal", "sqlite"] = ...,
        enable_cache: bool = ...,
        cache_size_mb: float = ...,
        query_analyzer: bool = ...,
        slow_query_seconds: float | None = ...,
        slow_query_parameters: bool = ...,
        **options: Any,  # of other plugins
    ) -> _Made: ...
    @overload
    def connect(
        database: _Database,
        timeout: float = ...,
        detect_types: int = ...,
        isolation_level: _Isolation = ...,
        check_same_thread: bool = ...,
        *,
        cached_statements: int = ...,
        uri: bool = ...,
        autocommit: bool | int = ...,
        enable_vector_search: bool = ...,
        vector_cache_mb: int | None = ...,
        vector_change_log: bool = ...,
        vector_exact: bool = ...,
        enable_time_travel: bool = ...,
        time_travel_tables: Literal["all", "explicit"] = ...,
        time_travel_strict: bool = ...,
        time_travel_user: str | None = ...,
        system_versions: Literal["pairs", "flat"] = ...,
        branch: str | None = ...,
        encryption_key: Any = ...,
        column_key: Any = ...,
        heliosdb_mode: Literal["embedded", "hybrid"] = ...,
        concurrency: Literal["default", "wal", "sqlite"] = ...,
        enable_cache: bool = ...,
        cache_size_mb: float = ...,
        query_analyzer: bool = ...,
        slow_query_seconds: float | None = ...,
        slow_query_parameters: bool = ...,
        **options: Any,  # of other plugins
    ) -> Connection: ...


def connect(*args: "Any", **kwargs: "Any") -> "Any":
    """Open a connection to the SQLite database file ``database``; ``":memory:"`` opens one in memory.

    Takes what ``sqlite3.connect`` of the running Python takes, with the same meaning, defaults, warnings and errors,
    and the keywords of the installed plugins, each of which switches a feature on for this connection alone:
    ``connect("app.db", enable_vector_search=True)``. ``heliosdb plugins`` lists them.

    :return: a :class:`Connection`, or what ``factory`` makes
    :raises TypeError: a keyword that neither the standard library nor an installed plugin knows
    :raises MissingPlugin: the keyword of a HeliosDB plugin that is not installed
    :raises ProgrammingError: an option of a plugin has a value it can't take
    """
    if _always is None:
        _look_for_always()
    if _always or not KEYWORDS.issuperset(kwargs):
        from ._active.opening import connect_with_plugins

        return connect_with_plugins(args, kwargs, KEYWORDS)
    if len(args) > 1 and sys.version_info >= (3, 13):
        from ._positional import connect_positionally

        return noted(connect_positionally(args, kwargs), args, kwargs)
    if len(args) > _FACTORY or "factory" in kwargs:
        return noted(_connect(*args, **kwargs), args, kwargs)
    connection = Connection(*args, **kwargs)
    opened(connection, *args, **kwargs)
    return connection


def noted(connection: "Any", args: "tuple[Any, ...]", kwargs: "dict[str, Any]") -> "Any":
    """Return what a factory has made, noted if it is a connection of ours."""
    if isinstance(connection, Connection):
        opened(connection, *args, **kwargs)
    return connection


def _look_for_always() -> None:
    global _always
    from ._discovery import installed

    _always, strangers = installed()
    _always |= bool(os.environ.get("HELIOSDB_CONCURRENCY"))  # which has plugins look at every connection, too
    if strangers:
        look_for_methods()


def look_for_methods() -> None:
    """Find the methods of plugins that are not HeliosDB's own when they are first asked for."""
    from ._first_party import method_of_a_plugin

    for cls in (Connection, Cursor):
        setattr(cls, "__getattr__", method_of_a_plugin)  # noqa: B010 - nor may one stand on the class for mypy to see


def stop_looking_for_methods() -> None:
    """The plugins are loaded and their methods stand on the classes: undo :func:`look_for_methods`."""
    for cls in (Connection, Cursor):
        if "__getattr__" in vars(cls):
            delattr(cls, "__getattr__")


def want_always() -> None:
    """Make every later connect() ask the plugins: one was registered that wants every connection."""
    global _always
    _always = True


def plain_again() -> None:
    """Look anew, at the next connect(), whether a plugin wants every connection."""
    global _always
    _always = None
