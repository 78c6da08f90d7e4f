"""The arguments of a pool, checked; how it opens a connection."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from .._connect import connect
from .._connection import Connection
from .._standard import sqlite3


@dataclass(frozen=True)
class Settings:
    """What a pool was asked for."""

    database: Any
    pool_size: int
    max_overflow: int
    timeout: float | None
    recycle: float | None
    pre_ping: bool
    configure: Callable[[Any], object] | None
    reset: Callable[[Any], object] | None
    debug: bool
    options: Mapping[str, Any] = field(repr=False)  # keys of encryption are among them
    in_memory: bool

    @classmethod
    def of(
        cls, database: Any, *, options: Mapping[str, Any], for_threads: bool, **arguments: Any
    ) -> Settings:
        """Return the settings for these arguments of ``create()``.

        :param for_threads: more than one thread uses a connection, one after the other
        :raises ProgrammingError: one has a value that makes no sense
        """
        _check("pool_size", arguments["pool_size"], at_least=1)
        _check("max_overflow", arguments["max_overflow"], at_least=-1)
        if arguments["timeout"] is not None:
            _check("timeout", arguments["timeout"], at_least=0, kind=(int, float))
        if arguments["recycle"] == -1:  # as others say it
            arguments["recycle"] = None
        if arguments["recycle"] is not None:
            _check("recycle", arguments["recycle"], at_least=0, kind=(int, float))
        if for_threads and options.get("check_same_thread"):
            raise sqlite3.ProgrammingError(
                "check_same_thread=True: a pool hands its connections from one thread to another: leave it out"
            )
        uri = bool(options.get("uri"))
        in_memory = _in_memory(database, uri)
        database = database if in_memory else _absolute(database, uri)
        return cls(
            database=database,
            options={**options, "check_same_thread": False} if for_threads else options,
            in_memory=in_memory,
            **arguments,
        )

    @property
    def limit(self) -> float:
        """How many connections there may be at a time."""
        return float("inf") if self.max_overflow == -1 else self.pool_size + self.max_overflow

    @property
    def checks(self) -> bool:
        """Whether a connection is looked at before it is handed out."""
        return self.pre_ping or self.recycle is not None

    def open(self) -> Connection:
        """Open a connection and configure it."""
        connection: Connection = connect(self.database, **self.options)
        if self.configure is not None:
            try:
                self.configure(connection)
                if connection.in_transaction and getattr(connection, "autocommit", None) is not False:
                    raise sqlite3.ProgrammingError(
                        f"configure={self.configure!r} left a transaction open: let it commit what it writes"
                    )
            except BaseException:
                connection.close()
                raise
        return connection


def _check(name: str, value: Any, at_least: float, kind: Any = int) -> None:
    if not isinstance(value, kind) or isinstance(value, bool) or not value >= at_least:
        what = "an integer" if kind is int else "a number"
        raise sqlite3.ProgrammingError(f"{name}={value!r}: should be {what} of at least {at_least}")


def _in_memory(database: Any, uri: bool) -> bool:
    """Return whether it is a database in memory that all connections share.

    :raises ProgrammingError: it is one of which each connection would have its own
    """
    name = os.fsdecode(database)
    address, _, query = name.partition("#")[0].partition("?")
    if uri and address.startswith("file:"):
        asked = parse_qs(query)
        path = unquote(address[5:])
        memory = path == ":memory:" or asked.get("mode") == ["memory"] or asked.get("vfs") == ["memdb"]
        if asked.get("cache") == ["shared"] or (asked.get("vfs") == ["memdb"] and path.startswith("/")):
            return memory
        private = memory or path == ""
    else:
        private = name in ("", ":memory:")
    if private:
        raise sqlite3.ProgrammingError(
            f"{name!r} is a database of its own for each connection of a pool: name a file, or one in memory that "
            "all share: create('file:NAME?mode=memory&cache=shared', uri=True)"
        )
    return False


def _absolute(database: Any, uri: bool) -> Any:
    """Return the database by its full path: the program may change its folder before a connection is opened."""
    name = os.fsdecode(database)
    if not uri or not name.startswith("file:"):
        return os.path.abspath(name)
    end = min(len(name), *(at for at in (name.find("?"), name.find("#")) if at >= 0), len(name))
    path = unquote(name[5:end])
    if path.startswith("/"):
        return name
    path = os.path.abspath(path).replace(os.sep, "/")
    slash = "" if path.startswith("/") else "/"  # before the letter of a drive
    return f"file:{slash}{quote(path, safe='/:')}{name[end:]}"
