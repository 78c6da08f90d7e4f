"""The plain connection: the standard library's, with one look at each new SQL text.

CPython keeps compiled statements in a cache around ``Connection.__call__``, which therefore runs once per SQL text and
never for a cached one. That makes it the place to notice feature syntax without costing an execution anything.
"""

from ._cursor import Cursor
from ._first_party import ANALYZER, CACHE, CONNECTION, Unloaded
from ._open_files import notice_timeout
from ._standard import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar, overload

    from ._typing import ConnectionMethods as _Base

    _Made = TypeVar("_Made", bound=sqlite3.Cursor)
else:
    _Base = sqlite3.Connection

_prepare: "Any" = sqlite3.Connection.__call__
_cursor: "Any" = sqlite3.Connection.cursor
_backup: "Any" = sqlite3.Connection.backup
_executescript: "Any" = sqlite3.Connection.executescript


class Connection(_Base):
    """A ``sqlite3.Connection`` that also has the methods of the installed plugins.

    Made by :func:`heliosdb_sqlite.connect`. SQL that only a plugin understands is refused with the way to get that
    plugin, above all where SQLite would run it and mean something else: SQLite takes ``VECTOR(3)`` and
    ``TEXT ENCRYPTED`` for type names it may ignore.
    """

    _place: "Any" = None  # in line, once several threads have the file open
    _sets_timeout = False  # by a PRAGMA, to something else than connect() was told

    def __call__(
        self, sql: "Any" = None, /, *more: "Any"
    ) -> "Any":  # a caller's mistake is CPython's to describe
        if isinstance(sql, str):
            folded = sql.upper()
            # The words of _catalogue.SILENT, spelled out: a loop over them costs three times as much.
            if "VECTOR" in folded or "HALFVEC" in folded or "ENCRYPTED" in folded or "VERSIONING" in folded:
                from ._guard import check

                check(sql)
            if "BUSY_TIMEOUT" in folded:
                self._sets_timeout = True
        try:
            return _prepare(self, sql, *more) if more else _prepare(self, sql)
        except sqlite3.DatabaseError as error:
            from ._guard import explain

            explain(self, sql, error)
            raise

    if TYPE_CHECKING:

        @overload
        def cursor(self, factory: None = None) -> Cursor: ...
        @overload
        def cursor(self, factory: "Callable[[Connection], _Made]") -> _Made: ...

    def cursor(self, factory: "Any" = Cursor) -> "Any":
        """Return a new cursor, made by ``factory(connection)``."""
        return _cursor(self, factory)

    def executescript(self, sql_script: str, /) -> "Any":
        """Run several statements, as the standard library does, once none asks for an absent feature."""
        from ._guard import check_script, explain

        check_script(sql_script)
        notice_timeout(self, sql_script)
        try:
            return _executescript(self, sql_script)
        except sqlite3.DatabaseError as error:
            explain(self, sql_script, error)
            raise

    def backup(self, *args: "Any", **keywords: "Any") -> None:
        """Copy the database into another connection; see ``sqlite3.Connection.backup``."""
        session: Any = getattr(args[0] if args else keywords.get("target"), "_session", None)
        receive = getattr(session, "receive", None)  # of a target that has plugins
        if receive is None or session.closed:
            _backup(self, *args, **keywords)
        else:
            receive(self, _backup, *args, **keywords)

    def __dir__(self) -> "list[str]":
        from ._methods import names_with_plugins

        return names_with_plugins(self)


for _name in (*CONNECTION, *ANALYZER, *CACHE):
    setattr(Connection, _name, Unloaded(_name))
