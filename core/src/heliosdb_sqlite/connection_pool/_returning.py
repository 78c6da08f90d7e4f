"""Make a connection that comes back as it was when it was new: the next one who has it must not notice."""

from __future__ import annotations

from gc import get_referents
from typing import Any
from weakref import ref as weakref

from .._standard import sqlite3

_CLOSABLE = tuple(getattr(sqlite3, name) for name in ("Cursor", "Blob") if hasattr(sqlite3, name))
_Lists = tuple[tuple[list[Any], int], ...]


class Slate:
    """What a connection was like when it was opened and configured.

    A cursor that was not read to its end keeps its read transaction, for as long as somebody refers to it: the next
    user of the connection would read an old state of the database and keep others from writing. CPython does not say
    which cursors and blobs a connection has, but it lets the garbage collector see its list of them.
    """

    __slots__ = ("_attributes", "_autocommit", "_kept", "_known")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._attributes = _attributes(connection)
        self._autocommit = getattr(connection, "autocommit", None)
        self._known = _lists(connection)
        self._kept = [reference for each, _ in self._known for reference in each if _alive(reference)]

    def wipe(self, connection: sqlite3.Connection) -> None:
        """Close what is left open, roll back, and set the attributes to what they were.

        :raises ProgrammingError: the connection is closed
        """
        self._close_leftovers(connection)
        if connection.in_transaction:
            connection.rollback()
        if not SEES_CURSORS and _has_running_statements(connection):
            raise sqlite3.OperationalError("statements are running that can't be ended")
        if (
            connection.row_factory is not self._attributes[0]
            or connection.text_factory is not self._attributes[1]
            or connection.isolation_level != self._attributes[2]
        ):
            connection.row_factory, connection.text_factory, level = self._attributes
            connection.isolation_level = level
        if self._autocommit is not None and getattr(connection, "autocommit") != self._autocommit:  # noqa: B009
            setattr(connection, "autocommit", self._autocommit)  # noqa: B010 - which 3.10 does not know
            if connection.in_transaction and self._autocommit is not False:
                connection.execute("ROLLBACK")  # what autocommit=False had begun

    def _close_leftovers(self, connection: sqlite3.Connection) -> None:
        """Close the cursors and blobs that were made since the last time; not those of whoever configured it."""
        lists = _lists(connection)
        if lists == self._known:  # identical ones compare at once
            return
        known = {id(each): size for each, size in self._known}
        for each, size in lists:
            for reference in each[known.get(id(each), 0) : size]:
                found = _alive(reference)
                if found is not None and not any(kept() is found for kept in self._kept):
                    found.close()
        self._known = lists


def _attributes(connection: sqlite3.Connection) -> tuple[Any, Any, Any]:
    return connection.row_factory, connection.text_factory, connection.isolation_level


def _lists(connection: sqlite3.Connection) -> _Lists:
    """Return the lists a connection keeps, of weak references to what was made of it, with their lengths."""
    return tuple([(each, len(each)) for each in get_referents(connection) if type(each) is list])


def _alive(reference: Any) -> Any:
    """Return the cursor or blob that is referred to; None for anything else, and for one that is gone."""
    found = reference() if type(reference) is weakref else None
    return found if isinstance(found, _CLOSABLE) else None


def _has_running_statements(connection: sqlite3.Connection) -> bool:
    """Return whether a statement was not run to its end, which VACUUM objects to before it looks where to write."""
    try:
        connection.execute("VACUUM INTO 0")
    except sqlite3.Error as error:
        return "non-text filename" not in str(error)
    return True


def _sees_cursors() -> bool:
    connection = sqlite3.connect(":memory:")
    cursor = connection.cursor()
    try:
        return any(_alive(reference) is cursor for each, _ in _lists(connection) for reference in each)
    finally:
        connection.close()


SEES_CURSORS = _sees_cursors()
"""Whether this Python shows a connection's cursors. Elsewhere a connection that comes back busy is replaced."""
