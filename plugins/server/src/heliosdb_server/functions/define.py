"""Puts the functions on a connection, so that what one of them says of an error reaches the client."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import InvalidOperation
from typing import Any

from ..protocol.errors import PgError
from . import (
    angles,
    arrays,
    casts,
    choosing,
    clocks,
    documents,
    exact,
    json_changes,
    json_making,
    json_rows,
    labels,
    networks,
    numerics,
    patterns,
    spans,
    texts,
)
from .aggregates import Aggregate


class Failure:
    """The error that a function raised: SQLite itself passes on no more than that there was one."""

    def __init__(self) -> None:
        self.error: PgError | None = None

    def take(self) -> PgError | None:
        """Return the error, once."""
        error, self.error = self.error, None
        return error


def guarded(function: Callable[..., Any], failure: Failure) -> Callable[..., Any]:
    """Return the function as SQLite calls it: NULL for NULL, and its errors kept."""
    if getattr(function, "sees_null", False):

        def call(*args: Any) -> Any:
            try:
                return function(*args)
            except PgError as error:
                failure.error = error
                raise
            except Exception as error:
                failure.error = _unexpected(function, error)
                raise

        return call

    def strict(*args: Any) -> Any:
        if None in args:
            return None
        try:
            return function(*args)
        except PgError as error:
            failure.error = error
            raise
        except Exception as error:
            failure.error = _unexpected(function, error)
            raise

    return strict


def _unexpected(function: Callable[..., Any], error: Exception) -> PgError:
    name = function.__name__.removeprefix("pg_")
    missing = isinstance(error, TypeError) and "required positional argument" in str(error)
    if missing or (isinstance(error, IndexError) and "tuple" in str(error)):
        return PgError("42883", f"function {name} does not exist for so few arguments")
    if isinstance(error, ZeroDivisionError):
        return PgError("22012", "division by zero")
    if isinstance(error, InvalidOperation):
        return PgError("22003", f"{name}(): a number has more digits than can be calculated with here")
    if isinstance(error, (TypeError, ValueError, AttributeError)):
        return PgError("22023", f"{name}(): an argument is not what it should be: {error}")
    return PgError("XX000", f"{name}() failed: {error}")


_EVERYONES: dict[str, Callable[..., Any]] = {
    **texts.FUNCTIONS,
    **patterns.FUNCTIONS,
    **numerics.FUNCTIONS,
    **angles.FUNCTIONS,
    **exact.FUNCTIONS,
    **arrays.FUNCTIONS,
    **documents.FUNCTIONS,
    **json_rows.FUNCTIONS,
    **json_changes.FUNCTIONS,
    **json_making.FUNCTIONS,
    **choosing.FUNCTIONS,
    **labels.FUNCTIONS,
    **clocks.FUNCTIONS,
    **spans.FUNCTIONS,
    **networks.FUNCTIONS,
}
_MISSING = re.compile(r"no such function: (\w+)", re.IGNORECASE)


class Functions:
    """The functions of one connection. Each is put on it when SQLite misses it first: there are hundreds.

    :param here: called for the session's time zone
    :param more: the session's own functions, by name
    """

    def __init__(
        self,
        connection: Any,
        failure: Failure,
        here: Callable[[], Any],
        more: Mapping[str, Callable[..., Any]],
    ) -> None:
        def pg_cast(value: Any, was: str, name: str, modifier: int, how: str = "") -> Any:
            return casts.cast(was, name, modifier, here(), how == "assignment")(value)

        self._connection = connection
        self._failure = failure
        self._own = {**clocks.make(here), **more, "pg_cast": pg_cast}
        self._there: set[str] = set()

    def missed(self, error: Exception) -> bool:
        """Define the function that this error of SQLite's is about; return False when it is about something else."""
        found = _MISSING.search(str(error))
        name = found[1].lower() if found is not None else ""
        if not name or name in self._there:
            return False
        if name == "pg_aggregate":
            self._define_aggregate()
        elif name in exact.AGGREGATES:
            self._connection.create_aggregate(name, 1, exact.AGGREGATES[name])
        else:
            function = self._own.get(name) or _EVERYONES.get(name)
            if function is None:
                return False
            self._connection.create_function(name, -1, guarded(function, self._failure))
        self._there.add(name)
        return True

    def _define_aggregate(self) -> None:
        failure, connection = self._failure, self._connection

        class Collecting(Aggregate):
            def failed(self, error: PgError) -> None:
                failure.error = error

        if hasattr(connection, "create_window_function"):  # Python 3.11
            connection.create_window_function("pg_aggregate", -1, Collecting)
        else:
            connection.create_aggregate("pg_aggregate", -1, Collecting)
