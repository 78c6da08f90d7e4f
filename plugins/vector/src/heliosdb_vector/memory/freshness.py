"""The snapshot of a column as a connection sees it at this moment, its own uncommitted changes included.

Where the table's changes are logged, a snapshot of any connection of this process is brought up to date by reading
the rows that the log names. Elsewhere it holds as long as SQLite says that nobody has committed anything and this
connection has changed nothing, and is read anew after that.

Whatever is read here is read at one *data version*, which the statement itself checks again in its own snapshot of the
database (``rewriting``). So it does not matter when somebody commits in between.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite.plugins import run, state

from .blobs import in_doubt, opened
from .cache import CACHE, Held
from .changes import find_log, head_of, make_log
from .matrix import GONE, ODD_LIMIT, Snapshot
from .position import Position, catch_up
from .reading import Column, Unsearchable, read_column, read_rows, rows_at_least, table_of

_KEY = "vector freshness"
_OWN = "heliosdb_vector_write"  # a savepoint
LOG_FROM = 1000
"""Rows from which on a table's changes are logged: reading fewer anew is no cost to speak of."""
_JSON_ROWS = "SELECT value FROM json_each(?)"


def _changes(connection: Any) -> int:
    """Return how many rows the connection has changed, plugins' own among them."""
    return int(sqlite3.Connection.total_changes.__get__(connection))


class Freshness:
    """What one connection knows of its databases."""

    def __init__(self, connection: Any, limit: int, log: bool, exact: bool) -> None:
        self.limit = limit
        self.log = log
        self.exact = exact  # approximate indexes are not used
        self.logs: dict[tuple[str, str], int | None] = {}  # at `stamp`
        self.stamp: Any = None
        self.clean_stamp: Any = None  # the schema's, when no transaction was open for the last time
        self.token = object()  # tells what only this connection can judge from what others hold
        self.files: dict[str, Hashable] = {}
        # When no transaction was open for the last time.
        self.clean = -1 if connection.in_transaction else _changes(connection)
        self.refused: set[str] = set()  # databases that can't be written to

    def meet(self, stamp: Any) -> None:
        """Take note of the schema's stamp, and forget what was known of another schema."""
        if self.stamp != stamp:
            self.stamp = stamp
            self.logs.clear()
            self.files.clear()

    def observe(self, connection: Any) -> None:
        """Take note that no transaction is open."""
        if not connection.in_transaction:
            self.clean = _changes(connection)
            self.clean_stamp = self.stamp

    def is_dirty(self, connection: Any) -> bool:
        """Return whether the connection may have changes that are not committed."""
        return bool(connection.in_transaction) and _changes(connection) != self.clean


def freshness_of(connection: Any) -> Freshness:
    """Return what the connection knows."""
    found: Freshness = state(connection)[_KEY]
    return found


def known_to(connection: Any) -> bool:
    """Return whether the connection has vector search."""
    try:
        return _KEY in state(connection)
    except sqlite3.ProgrammingError:  # no plugin at all
        return False


def refuse_without_search(connection: Any, method: str) -> None:
    """Raise for a method that needs vector search.

    :raises ProgrammingError: the connection has none
    """
    if not known_to(connection):
        raise sqlite3.ProgrammingError(
            f"{method} needs vector search switched on: connect(..., enable_vector_search=True)"
        )


def introduce(connection: Any, limit: int, *, log: bool, exact: bool) -> None:
    """Begin to know a connection."""
    state(connection)[_KEY] = Freshness(connection, limit, log, exact)


def blob_opened(connection: Any, blob: Any) -> None:
    """Take note of a blob, which writes without a statement."""
    known = freshness_of(connection)
    schemas = [row[0] for row in run(connection, "SELECT name FROM pragma_database_list").fetchall()]
    opened(connection, [known.token, *(_owner_of(connection, known, schema) for schema in schemas)], blob)


def data_version(connection: Any) -> int:
    """Return SQLite's count of what others have committed to the main database."""
    return int(run(connection, "PRAGMA main.data_version").fetchone()[0])


def snapshot_of(
    connection: Any, column: Column, stamp: Any, *, by_log: bool = False
) -> tuple[Held, int] | Unsearchable:
    """Return the snapshot that the connection would read now, and the version that it was read at.

    :param stamp: the schema's, as the statement's plan knows it
    :param by_log: whether the version is that of the log instead of the main database's
    """
    known = freshness_of(connection)
    known.meet(stamp)
    known.observe(connection)
    if known.limit <= 0:
        return Unsearchable("vector_cache_mb is 0")
    if by_log:
        held = _current(connection, known, column, -1)
        if isinstance(held, Unsearchable):
            return held
        if held.position is None:
            return Unsearchable("its changes are not logged any more")
        return held, held.position.head.nonce
    for _ in range(3):
        version = data_version(connection)
        held = _current(connection, known, column, version)
        if isinstance(held, Unsearchable):
            return held
        if data_version(connection) == version:
            return held, version
    return Unsearchable("other connections commit faster than the table can be read")


def _current(connection: Any, known: Freshness, column: Column, version: int) -> Held | Unsearchable:
    number = _log_number(connection, known, column)
    schema_version = dict(known.stamp).get(column.schema, -1)
    in_doubt(known.token)
    in_doubt(_owner(connection, known, column))
    if number is not None:
        key: Hashable = (_owner(connection, known, column), number, column.column, column.dimensions)
        held = CACHE.get(key)
        if held is not None and held.schema_version == schema_version and held.position is not None:
            now = _caught_up(connection, column, number, held)
            if now is not None:
                if now is not held:
                    _hold(connection, known, key, now)
                return now
        # Before the rows: they may be newer, never older.
        position = Position(head_of(connection, column.schema))
        snapshot = _read(connection, known, column)
        if isinstance(snapshot, Unsearchable):
            return snapshot
        held = Held(snapshot, schema_version, position)
        _hold(connection, known, key, held)
        return held
    return _without_log(connection, known, column, version, schema_version)


def _without_log(
    connection: Any, known: Freshness, column: Column, version: int, schema_version: int
) -> Held | Unsearchable:
    if column.schema.lower() not in ("main", "temp"):
        if _make_log(connection, known, column):
            return _current(connection, known, column, version)
        return Unsearchable(
            f"the changes of a table of the attached database {column.schema!r} are not logged"
        )
    key = (known.token, column)
    dirty = known.is_dirty(connection)
    changes = _changes(connection)
    held: Held | None = CACHE.get(key)
    now = (schema_version, version, changes)
    if held is not None and not dirty and (held.schema_version, held.data_version, held.total_changes) == now:
        return held
    if rows_at_least(connection, column, LOG_FROM) and _make_log(connection, known, column):
        return _current(connection, known, column, version)
    snapshot = _read(connection, known, column)
    if isinstance(snapshot, Unsearchable):
        return snapshot
    held = Held(snapshot, schema_version, None, version, changes)
    if not dirty:  # what is not committed can be rolled back, which nothing here would notice
        _hold(connection, known, key, held)
    return held


def _read(connection: Any, known: Freshness, column: Column) -> Snapshot | Unsearchable:
    return read_column(connection, column, known.limit, lambda size: CACHE.make_room(size, known.limit))


def _hold(connection: Any, known: Freshness, key: Hashable, held: Held) -> None:
    if connection.in_transaction and known.stamp != known.clean_stamp:
        return  # a schema that is rolled back leaves its version's number to another one
    if isinstance(key, tuple) and in_doubt(key[0]):
        return
    CACHE.put(key, held, known.limit)


def held_in_memory(connection: Any, column: Column, stamp: Any, *, read: bool) -> Snapshot | None:
    """Return the snapshot of a column if it is in memory already.

    :param read: read it if it is not
    """
    known = freshness_of(connection)
    number = _log_number(connection, known, column)
    key = (_owner(connection, known, column), number, column.column, column.dimensions)
    if CACHE.get(key) is None and not read:
        return None
    found = snapshot_of(connection, column, stamp, by_log=number is not None)
    return None if isinstance(found, Unsearchable) else found[0].snapshot


def is_logged(connection: Any, column: Column, *, begin: bool) -> bool:
    """Return whether a table's changes are logged.

    :param begin: begin to do so where that is wanted
    """
    if find_log(connection, column.schema, column.table) is not None:
        return True
    if not begin:
        return False
    known = freshness_of(connection)
    known.observe(connection)
    return rows_at_least(connection, column, LOG_FROM) and _make_log(connection, known, column)


def _log_number(connection: Any, known: Freshness, column: Column) -> int | None:
    key = (column.schema, column.table)
    if key not in known.logs:
        known.logs[key] = find_log(connection, column.schema, column.table)
    return known.logs[key]


def owner_of(connection: Any, schema: str) -> Hashable:
    """Return what tells a database's file from others; the connection's own token for one that only it can see."""
    return _owner_of(connection, freshness_of(connection), schema)


def _owner(connection: Any, known: Freshness, column: Column) -> Hashable:
    return _owner_of(connection, known, column.schema)


def _owner_of(connection: Any, known: Freshness, schema: str) -> Hashable:
    """Return what tells the database's file from others; the connection itself for one that only it can see."""
    if schema not in known.files:
        found: Hashable = known.token
        sql = "SELECT name, CAST(file AS BLOB) FROM pragma_database_list"  # a path need not be valid UTF-8
        for name, file in run(connection, sql).fetchall():
            if name.lower() == schema.lower() and file:
                try:
                    status = os.stat(file)
                    found = (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(file)
                except OSError:
                    pass
        known.files[schema] = found
    return known.files[schema]


# -- the log's beginning -----------------------------------------------------------------------------------------------


def try_to_write(connection: Any, schema: str, write: Callable[[], None]) -> bool:
    """Write something beside the user's tables, where that can be done without waiting; say whether it was."""
    known = freshness_of(connection)
    if schema in known.refused:
        return False
    inside = connection.in_transaction
    if inside and (not known.is_dirty(connection) or getattr(connection, "autocommit", -1) is False):
        return False  # a transaction that only reads must not become one that locks others out
    with _without_waiting(connection):
        try:
            run(connection, f"SAVEPOINT {_OWN}" if inside else "BEGIN IMMEDIATE")
            try:
                write()
                run(connection, f"RELEASE {_OWN}" if inside else "COMMIT")
            except BaseException:
                if connection.in_transaction:
                    run(connection, f"ROLLBACK TO {_OWN}" if inside else "ROLLBACK")
                if inside and connection.in_transaction:
                    run(connection, f"RELEASE {_OWN}")
                raise
        except sqlite3.Error as error:
            if "interrupted" in str(error):
                raise
            if "locked" not in str(error) and "busy" not in str(error):
                known.refused.add(schema)
            return False
    return True


def _make_log(connection: Any, known: Freshness, column: Column) -> bool:
    """Begin to log a table's changes, where that is wanted and possible; say whether it was."""
    if not known.log:
        return False
    if not try_to_write(
        connection, column.schema, lambda: make_log(connection, column.schema, column.table, column.rowid)
    ):
        return False
    known.logs.clear()
    _restamp(connection, known)
    return _log_number(connection, known, column) is not None


def _restamp(connection: Any, known: Freshness) -> None:
    """Take the schema as it is since the log was made: nothing else of it has changed."""
    from heliosdb_sqlite.sql.schema import stamp

    known.stamp = known.clean_stamp = stamp(connection)


@contextmanager
def _without_waiting(connection: Any) -> Iterator[None]:
    timeout = run(connection, "PRAGMA busy_timeout").fetchone()[0]
    run(connection, "PRAGMA busy_timeout = 0").fetchall()
    try:
        yield
    finally:
        run(connection, f"PRAGMA busy_timeout = {int(timeout)}").fetchall()


def _caught_up(connection: Any, column: Column, number: int, held: Held) -> Held | None:
    """Return the held snapshot as the connection sees it now; None if it has to be read anew."""
    assert held.position is not None  # noqa: S101 - told by the caller
    found = catch_up(connection, column.schema, number, held.position)
    if found is None:
        return None
    touched, position = found
    if position is held.position:
        return held
    snapshot: Snapshot | None = held.snapshot
    if touched:
        assert snapshot is not None  # noqa: S101 - for the type checker
        if len(touched) > max(4096, snapshot.count // 4):
            return None
        snapshot = snapshot.changed(read_rows(connection, column, touched))
    if snapshot is None or len(snapshot.odd) > ODD_LIMIT:
        return None
    return Held(snapshot, held.schema_version, position, extras=held.extras)


def without_ghosts(connection: Any, column: Column, held: Held, rowids: list[int]) -> Held | None:
    """Return the snapshot without those of the rows that are not in the table; None if they all are.

    REPLACE takes rows away without running the triggers that would log it.
    """
    if held.position is None:
        return None
    json = f"[{','.join(map(str, rowids))}]"
    sql = f"SELECT {column.rowid} FROM {table_of(column)} NOT INDEXED WHERE {column.rowid} IN ({_JSON_ROWS})"
    there = {row[0] for row in run(connection, sql, (json,))}
    gone = set(rowids) - there
    if not gone:
        return None
    snapshot = held.snapshot.changed(dict.fromkeys(gone, GONE))
    assert snapshot is not None  # noqa: S101 - a few rows are never too many
    known = freshness_of(connection)
    number = known.logs.get((column.schema, column.table), 0) or 0
    now = Held(snapshot, held.schema_version, held.position.without(number, gone), extras=held.extras)
    if number and held.position.head.seq:
        key = (_owner(connection, known, column), number, column.column, column.dimensions)
        _hold(connection, known, key, now)
    return now
