"""Cursor classes: any cursor class with the hooks below it, and the states a cursor can be in.

A cursor whose rows a plugin maps, whose errors a plugin completes, or whose rows were fetched ahead, is put into a
class of its own and back again by its next execution, so that every other cursor keeps fetching in C. The file's name
is explained in :mod:`.calls_importlib_bootstrap`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from time import perf_counter
from typing import Any

from .._cursor import Cursor
from .._standard import sqlite3
from ..sql.quoting import quote_identifier
from .hooks import observe

_description: Any = sqlite3.Cursor.description
_row_factory: Any = sqlite3.Cursor.row_factory
_fetchall: Any = sqlite3.Cursor.fetchall


def _with_hooks(cls: Any, base: Any) -> Any:
    """Return ``cls`` with the methods of ``base`` below its own: ``super().execute()`` in ``cls`` reaches the hooks."""
    if issubclass(cls, base):
        return cls
    if issubclass(base, cls):
        return base
    return type(cls)(cls.__name__, (cls, base), _looks_of(cls))


def _make_in_state(state: Any, cls: Any) -> Any:
    return type(cls)(cls.__name__, (state, cls), {**_looks_of(cls), "_plain": cls})


def _looks_of(cls: Any) -> dict[str, Any]:
    return {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}


# Bounded: a program may make its classes inside a function.
with_hooks: Callable[[Any, Any], Any] = lru_cache(maxsize=256)(_with_hooks)
_in_state: Callable[[Any, Any], Any] = lru_cache(maxsize=256)(_make_in_state)


class HookedCursor(Cursor):
    """A cursor whose execute() goes through the hooks, and ends the states below."""


class _State:
    """A cursor in a passing state, which its next execution ends."""

    _plain: type[Any]

    def _leave(self) -> None:
        """End this state alone: one below it, which super() would reach as well, ends by itself."""
        self.__class__ = self._plain

    def execute(self, *args: Any) -> Any:
        self._leave()
        return self.execute(*args)

    def executemany(self, *args: Any) -> Any:
        self._leave()
        return self.executemany(*args)

    def executescript(self, *args: Any) -> Any:
        self._leave()
        return self.executescript(*args)


class Mapped(_State):
    """A cursor whose rows go through a plugin before they reach the user's row_factory."""

    _mapper: Callable[[Any], Any]
    _user_factory: Any

    @property
    def row_factory(self) -> Any:
        return self._user_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        mapper = self._mapper
        self._user_factory = factory
        if factory is None:
            _row_factory.__set__(self, lambda _, row: mapper(row))
        elif factory is sqlite3.Row:  # made in C from the cursor's description
            _row_factory.__set__(self, lambda cursor, row: sqlite3.Row(cursor, mapper(row)))
        else:
            _row_factory.__set__(self, lambda cursor, row: factory(cursor, mapper(row)))

    def _leave(self) -> None:
        _row_factory.__set__(self, self._user_factory)
        _State._leave(self)


class Paired(Mapped):
    """A cursor each of whose rows is handed out as its first column and a row of the others."""

    _inner: Any  # a cursor whose description is that of the others: row factories look there

    @property
    def description(self) -> Any:
        outer = _description.__get__(self)
        return outer and (outer[0], ("row", *[None] * 6))

    @property
    def row_factory(self) -> Any:
        return self._user_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        self._user_factory = factory
        _row_factory.__set__(self, self._pair)

    def _pair(self, _: Any, row: Any) -> Any:
        first, *others = self._mapper(row)
        factory = self._user_factory
        return first, tuple(others) if factory is None else factory(self._inner_cursor(), tuple(others))

    def _inner_cursor(self) -> Any:
        if self._inner is None:
            names = (quote_identifier(column[0]) for column in _description.__get__(self)[1:])
            sql = f"SELECT {', '.join(f'NULL AS {name}' for name in names) or 'NULL'} LIMIT 0"
            self._inner = self.connection._session.run_bare(self.connection, sql)  # type: ignore[attr-defined]
        return self._inner

    def _leave(self) -> None:
        del self._inner
        super()._leave()


class Explained(_State):
    """A cursor on whose errors a plugin has something to say, while rows are fetched too."""

    _explain: Callable[[BaseException], None]

    def __next__(self) -> Any:
        return self._explaining(super().__next__)  # type: ignore[misc]

    def fetchone(self) -> Any:
        return self._explaining(super().fetchone)  # type: ignore[misc]

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        return self._explaining(super().fetchmany, *args, **kwargs)  # type: ignore[misc]

    def fetchall(self) -> Any:
        return self._explaining(super().fetchall)  # type: ignore[misc]

    def _explaining(self, fetch: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return fetch(*args, **kwargs)
        except StopIteration:
            raise
        except Exception as error:
            self._explain(error)
            raise

    def _leave(self) -> None:
        del self._explain
        _State._leave(self)


class Timed(_State):
    """A cursor that tells, once, how long fetching its rows took: after the last one, or when it is done without."""

    _told: list[Callable[[float], None]]
    _seconds: float

    def __next__(self) -> Any:
        start = perf_counter()
        try:
            row = super().__next__()  # type: ignore[misc]
        except BaseException:
            self._spent(perf_counter() - start, last=True)
            raise
        self._seconds += perf_counter() - start
        return row

    def fetchone(self) -> Any:
        start = perf_counter()
        row = super().fetchone()  # type: ignore[misc]
        self._spent(perf_counter() - start, last=row is None)
        return row

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        start = perf_counter()
        rows = super().fetchmany(*args, **kwargs)  # type: ignore[misc]
        self._spent(perf_counter() - start, last=not rows)
        return rows

    def fetchall(self) -> Any:
        start = perf_counter()
        rows = super().fetchall()  # type: ignore[misc]
        self._spent(perf_counter() - start, last=True)
        return rows

    def close(self) -> None:
        self._leave()
        self.close()

    def __del__(self) -> None:
        self._spent(0.0, last=True)

    def _spent(self, seconds: float, *, last: bool) -> None:
        self._seconds += seconds
        if last and self._told:
            told, self._told = self._told, []
            observe(told, self._seconds)

    def _leave(self) -> None:
        self._spent(0.0, last=True)
        del self._told, self._seconds
        _State._leave(self)


class Buffered(_State):
    """A cursor whose rows have all been fetched: those of several executions, or of a statement that had to finish."""

    _rows: Iterator[Any]

    def __next__(self) -> Any:
        return next(self._rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = self.arraysize if size is None else size  # type: ignore[attr-defined]
        return list(islice(self._rows, wanted if wanted > 0 else None))

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def close(self) -> None:
        self._leave()
        self.close()

    def _leave(self) -> None:
        del self._rows
        _State._leave(self)


class Answered(Buffered):
    """A cursor whose rows are as SQLite would have handed them to the row_factory."""

    def __next__(self) -> Any:
        factory, row = _row_factory.__get__(self), next(self._rows)
        return row if factory is None else factory(self, row)

    def fetchone(self) -> Any:
        return next(self, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return self._made(super().fetchmany(size))

    def fetchall(self) -> list[Any]:
        return self._made(super().fetchall())

    def _made(self, rows: list[Any]) -> list[Any]:
        factory = _row_factory.__get__(self)
        return rows if factory is None else [factory(self, row) for row in rows]


def hooked_factory(factory: Any, base: type[Any]) -> Any:
    """Return a cursor factory that makes what ``factory`` makes, with the methods of ``base`` below.

    Anything that makes no cursor is left to CPython, which says so.
    """
    if isinstance(factory, type):
        return with_hooks(factory, base) if issubclass(factory, sqlite3.Cursor) else factory
    if not callable(factory):
        return factory

    def make(connection: Any) -> Any:
        cursor = factory(connection)
        if isinstance(cursor, sqlite3.Cursor) and not isinstance(cursor, base):
            try:
                cursor.__class__ = with_hooks(type(cursor), base)
            except TypeError:
                # A bare sqlite3.Cursor, whose class can't be changed; its statements are checked one by one.
                pass
        return cursor

    return make


def map_rows(cursor: Any, mapper: Callable[[Any], Any]) -> None:
    """Send the rows of the cursor's next execution through ``mapper``, before its row_factory."""
    factory = cursor.row_factory
    if getattr(mapper, "pairs", False):
        cursor.__class__ = _in_state(Paired, type(cursor))
        cursor._inner = None
    else:
        cursor.__class__ = _in_state(Mapped, type(cursor))
    cursor._mapper = mapper
    cursor.row_factory = factory


def explain_errors(cursor: Any, explain: Callable[[BaseException], None]) -> None:
    """Show ``explain`` the errors of fetching the rows of the cursor's execution."""
    cursor.__class__ = _in_state(Explained, type(cursor))
    cursor._explain = explain


def time_fetches(cursor: Any, told: list[Callable[[float], None]]) -> None:
    """Let those who want to know be told how many seconds it took to fetch the rows of the cursor's execution."""
    cursor.__class__ = _in_state(Timed, type(cursor))
    cursor._seconds = 0.0
    cursor._told = told


def buffer_rows(cursor: Any, rows: list[Any]) -> None:
    """Let the cursor hand out ``rows``, which have been fetched already."""
    leave_all(cursor)
    cursor.__class__ = _in_state(Buffered, type(cursor))
    cursor._rows = iter(rows)


def hand_out(cursor: Any, rows: Iterable[Any]) -> None:
    """Let the cursor hand out ``rows``, each through its mapper and its row_factory when it is fetched."""
    cursor.__class__ = _in_state(Answered, type(cursor))
    cursor._rows = iter(rows)


def fetch_rest(cursor: Any) -> list[Any]:
    """Return the rows that are left of the cursor's execution, and end the states that were for it."""
    try:
        ours = isinstance(cursor, (Explained, Timed, Buffered))
        rows: list[Any] = cursor.fetchall() if ours else _fetchall(cursor)
    finally:
        leave_all(cursor)
    return rows


def leave_all(cursor: Any) -> None:
    """End the states that the cursor is in."""
    while isinstance(cursor, _State):
        cursor._leave()
