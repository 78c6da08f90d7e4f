"""One SQL text with a cache: an execution's way to its rows."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..._standard import sqlite3
from ...plugins import Answer, Parameters, run
from . import weight
from .admission import Account
from .eligible import named_parameters
from .keys import key_of
from .store import Entry
from .versions import changes_of

if TYPE_CHECKING:
    from .cache import Cache

_PLAIN = {int, float, str, bytes, type(None)}
_AT_A_TIME = 256  # rows, after which the result is weighed
_UNSURE = (
    0.005  # seconds: compiling the text may be a part of a first run as short as this; a second one tells
)
_TELLING_CODES = {5, 6, 9}  # SQLITE_BUSY, SQLITE_LOCKED, SQLITE_INTERRUPT
_TELLING_WORDS = ("locked", "interrupted")


class Query:
    """Answers the executions of one SQL text, from the cache or by running it for the cache. None: SQLite may do it."""

    def __init__(self, cache: Cache, sql: str) -> None:
        self._cache = cache
        self._sql = sql
        # Another text than the program's: CPython 3.12 and 3.13 let threads that run one text on one connection share a
        # compiled statement, and then each gets some of the rows.
        self._own = sql + "\n"
        names = named_parameters(sql)
        self._names = bool(names)
        self._mixed = names is None
        self._account = Account()
        self._generation = -1
        self._eligible = False
        self._like: Answer | None = None
        self._shape = 0.0  # seconds that the core needs to give a cursor the columns

    def __call__(self, parameters: Parameters) -> Answer | None:
        """Return the rows of an execution with these parameters, or None."""
        cache = self._cache
        if self._mixed or self._account.rests() or not cache.lock.acquire(blocking=False):
            cache.bypasses += 1
            return None
        try:
            answer = self._look_up(parameters)
        except sqlite3.Error as error:
            if _is_final(error):
                raise
            answer = None  # SQLite will say what is wrong, where it would without a cache
        finally:
            cache.lock.release()
        if answer is None:
            cache.bypasses += 1
        return answer

    def _look_up(self, parameters: Parameters) -> Answer | None:
        cache, account = self._cache, self._account
        if not cache.is_usable():
            return None
        key = key_of(parameters, self._names)
        if key is None:
            return None
        start = perf_counter()
        cache.holds(cache.watch.now(cache.connection))
        if self._generation != cache.generation:
            self._generation = cache.generation
            self._eligible = cache.is_eligible(self._sql, parameters)
        if not self._eligible:
            return None
        whole = (self._sql, cache.connection.text_factory, key)
        entry = cache.store.get(whole)
        if entry is not None:
            cache.hits += 1
            account.hit(entry.seconds, perf_counter() - start + self._shape)
            return entry.answer
        return self._run(whole, parameters, start)

    def _run(self, key: tuple[Hashable, ...], parameters: Parameters, start: float) -> Answer | None:
        """Run the query and keep its result, if nothing changed meanwhile."""
        cache, account, connection = self._cache, self._account, self._cache.connection
        with cache.watch.held(connection) as version:
            if connection.in_transaction:  # another thread's
                return None
            cache.holds(version)
            found = self._fetch(connection, parameters)
            if found is None:
                account.rest()
                return None
            if changes_of(connection) != version.changes or connection.in_transaction:
                return None
        answer, size, seconds = found
        once_more = 0.0
        if account.is_new and seconds < _UNSURE:
            before = perf_counter()
            again = self._fetch(connection, parameters)
            once_more = perf_counter() - before
            seconds = min(seconds, again[2]) if again is not None else seconds
            before = perf_counter()
            run(connection, answer.shape)
            self._shape = perf_counter() - before
        cache.misses += 1
        cache.store.put(key, Entry(answer, weight.of_entry(size, parameters), seconds))
        account.miss(seconds, perf_counter() - start - seconds - once_more)
        return answer

    def _fetch(self, connection: Any, parameters: Parameters) -> tuple[Answer, int, float] | None:
        """Return all rows with their weight and the time it took, or None where they are no rows to keep."""
        before = perf_counter()
        cursor = run(connection, self._own, parameters)
        seconds = perf_counter() - before
        rows: list[tuple[Any, ...]] = []
        size = 0
        while True:
            before = perf_counter()
            some = cursor.fetchmany(_AT_A_TIME)
            seconds += perf_counter() - before
            rows += some
            size += weight.of_rows(some)
            if size > self._cache.largest or not _are_plain(some):
                return None
            if len(some) < _AT_A_TIME:
                break
        return self._answer(rows, tuple([column[0] for column in cursor.description])), size, seconds

    def _answer(self, rows: list[tuple[Any, ...]], columns: tuple[str, ...]) -> Answer:
        """Return the rows as an answer; those of one text share what describes their columns."""
        if self._like is None or self._like.columns != columns:
            self._like = Answer([], columns)
        answer = Answer(rows, self._like.columns)
        vars(answer)["shape"] = self._like.shape  # where the cached property would put its own
        return answer


def _are_plain(rows: list[tuple[Any, ...]]) -> bool:
    """Return whether the values are what SQLite returns: none can be changed, and none is a converter's."""
    return _PLAIN.issuperset(map(type, chain.from_iterable(rows)))


def _is_final(error: sqlite3.Error) -> bool:
    """Return whether SQLite would raise the same again, or has been told to stop."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _TELLING_CODES
    return isinstance(error, sqlite3.OperationalError) and str(error).endswith(_TELLING_WORDS)
