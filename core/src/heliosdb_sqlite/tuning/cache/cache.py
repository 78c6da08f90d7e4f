"""The result cache of one connection: looks results up, keeps them, and knows when they hold no longer."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Lock
from typing import Any
from weakref import ref

from ..._standard import sqlite3
from ...plugins import Answer, Parameters, Statement, keywords_of, run
from . import eligible
from .query import Query
from .stats import CacheStats
from .store import Store
from .versions import Version, Watch, changes_of

_LARGEST = 8  # a result may take this part of the cache
_READS = frozenset({"SELECT", "VALUES"})
_CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})  # counted by SQLite
_TRANSACTIONS = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "EXPLAIN"})
# Pragmas that tell something and change nothing, when no value is given.
_TELLING = re.compile(
    r"\s*PRAGMA\s+(?:\w+\.)?(?:table_\w+|index_\w+|foreign_key\w*|\w+_list|\w+_version|\w+_check|\w+_count|compile_options"
    r"|application_id|busy_timeout|cache_size|encoding|journal_mode|page_size|synchronous)\s*(?:\([^)=]*\))?\s*;?\s*",
    re.IGNORECASE,
)
_ALTERS_TEMP = re.compile(r"\bTEMP", re.IGNORECASE)


class Cache:
    """What ``enable_cache=True`` gives a connection."""

    def __init__(self, connection: Any, limit: int) -> None:
        self._connection = ref(connection)
        self.store = Store(limit)
        self.largest = limit // _LARGEST
        self.watch = Watch()
        self.lock = Lock()  # of a connection that threads share, one at a time is looked after
        self.hits = self.misses = self.bypasses = 0
        self.generation = 0  # grows when what a statement means may have changed
        self._version: Version | None = None
        self._steady: frozenset[str] | None = None
        self._doubtful = True
        self._readable = False
        self._blobs: list[Any] = []
        self._returning: int | None = (
            None  # the count of changes while an INSERT ... RETURNING may be unfinished
        )
        # Converters of the program's may return anything, and something else the next time.
        self._converts = bool(keywords_of(connection).get("detect_types", 0))

    # -- statements --------------------------------------------------------------------------------------------------
    def answerer(self, statement: Statement) -> Callable[[Parameters], Answer | None] | None:
        """Return what looks the results of a statement up, or notes that it was run."""
        does = statement.verb
        if does in _READS and "load_extension" not in statement.text.lower():
            return None if self._converts else Query(self, statement.text)
        if does in _CHANGES:
            return self._note_returning if "RETURNING" in statement.text.upper() else None
        if does in _TRANSACTIONS or (does == "PRAGMA" and _TELLING.fullmatch(statement.text)):
            return None
        if _ALTERS_TEMP.search(statement.text):
            self.watch.looks_at_temp = True
        self.doubt()  # now as well: a cursor past the hooks is about to run it, unseen
        return self._note_anything

    def _note_anything(self, parameters: Parameters) -> None:
        self.doubt()

    def _note_returning(self, parameters: Parameters) -> None:
        connection = self._connection()
        if connection is not None and not connection.in_transaction:
            self._returning = changes_of(connection)

    # -- whether results hold ----------------------------------------------------------------------------------------
    def doubt(self) -> None:
        """Drop everything at the next look-up, when the statement that is about to run has run."""
        self._doubtful = True

    def changed(self, method: str, result: Any) -> None:
        """A method of the connection's changed what statements mean, or handed out a blob."""
        self.doubt()
        if method == "blobopen":
            self._blobs.append(ref(result))

    def is_usable(self) -> bool:
        """Return whether anything may be looked up now, having dropped what is in doubt."""
        connection = self._connection()
        if connection is None or connection.in_transaction or connection.text_factory not in (str, bytes):
            return False
        if self._blobs and self._writes_blobs():
            return False
        if self._returning is not None:
            if self._returning == changes_of(connection):
                return False
            self._returning = None
        if self._doubtful:
            self._doubtful = False
            self._start_anew()
            self._readable = not run(connection, "PRAGMA read_uncommitted").fetchone()[0]
        return self._readable

    def holds(self, version: Version) -> None:
        """Drop what belongs to another version: it never comes back."""
        if version != self._version:
            if (
                self._version is None
                or version.schema != self._version.schema
                or version.temp != self._version.temp
            ):
                self.generation += 1
            self.store.clear()
            self._version = version

    def _start_anew(self) -> None:
        self.store.clear()
        self.generation += 1
        self._steady = None

    def _writes_blobs(self) -> bool:
        """Return whether a blob is open, which could write; and have everything dropped when the last one is closed."""
        self._blobs = [each for each in self._blobs if _is_open(each())]
        if not self._blobs:
            self.doubt()
        return bool(self._blobs)

    # -- for queries -------------------------------------------------------------------------------------------------
    @property
    def connection(self) -> Any:
        """The connection, or None when it is gone."""
        return self._connection()

    def is_eligible(self, sql: str, parameters: Any) -> bool:
        """Return whether results of the query can be kept."""
        if self._steady is None:
            self._steady = eligible.functions(self.connection)
        return eligible.is_eligible(self.connection, sql, parameters, self._steady)

    def stats(self) -> CacheStats:
        """Return how the cache is doing."""
        return CacheStats(
            hits=self.hits,
            misses=self.misses,
            bypasses=self.bypasses,
            invalidations=self.store.invalidations,
            evictions=self.store.evictions,
            entries=len(self.store),
            bytes=self.store.bytes,
            limit=self.store.limit,
        )

    def close(self) -> None:
        """Let go of everything."""
        self.store.clear()


def _is_open(blob: Any) -> bool:
    if blob is None:
        return False
    try:
        len(blob)
    except sqlite3.ProgrammingError:
        return False
    return True
