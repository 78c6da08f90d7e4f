"""The plain cursor: the standard library's, with room for the methods that plugins add."""

from abc import ABCMeta

from ._first_party import CURSOR, Unloaded
from ._open_files import notice_timeout
from ._standard import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._typing import CursorMethods as _Base
else:
    _Base = sqlite3.Cursor


class _CursorType(ABCMeta):  # ABCMeta, so that a cursor class may also derive from an abstract one
    """Makes every cursor of the standard library an instance of :class:`Cursor`.

    ``Connection.execute`` of CPython 3.11 and later returns a bare ``sqlite3.Cursor`` from C, so that
    ``isinstance(conn.execute(sql), Cursor)``, true with the standard library, would be false here.
    """

    def __instancecheck__(cls, instance: object) -> bool:
        if cls is Cursor:
            return isinstance(instance, sqlite3.Cursor)
        return super().__instancecheck__(instance)


class Cursor(_Base, metaclass=_CursorType):
    """A ``sqlite3.Cursor`` that also has the cursor methods of the installed plugins."""

    def executescript(self, sql_script: str, /) -> "Any":
        """Run several statements, as the standard library does, once none asks for an absent feature."""
        from ._guard import check_script, explain

        check_script(sql_script)
        notice_timeout(getattr(self, "connection", None), sql_script)
        try:
            return _executescript(self, sql_script)
        except sqlite3.DatabaseError as error:
            explain(getattr(self, "connection", None), sql_script, error)
            raise

    def __dir__(self) -> "list[str]":
        from ._methods import names_with_plugins

        return names_with_plugins(self)


_executescript: "Any" = sqlite3.Cursor.executescript

for _name in CURSOR:
    setattr(Cursor, _name, Unloaded(_name))
