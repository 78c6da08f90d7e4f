"""A copy of tables in memory, on which indexes can be tried and statements be run without anyone noticing.

The databases are ``:memory:``. Where the original's are encrypted, or in memory themselves, what SQLite sorts or spills
stays in memory too: the copy of an encrypted database is never written in the clear. Where they are files that anybody
can read, it sorts as the original's connection does, since sorting in memory takes longer and times would differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ...._standard import sqlite3
from ....plugins import Parameters
from ....sql.lexer import tokenize
from ....sql.names import folded
from ....sql.quoting import quote_identifier
from ....sql.splice import Edit, splice
from ..schema.catalog import Catalog
from ..schema.reader import Reader, Row, plan_of

# What a statement of the program may do on the copy: read, call functions, write to the copy's tables.
_ALLOWED = frozenset({
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE,
})  # fmt: skip
_DETERMINISTIC = 0x800  # SQLITE_DETERMINISTIC
_STEPS = 20_000  # of SQLite's virtual machine between two looks at the clock


class OutOfTime(Exception):
    """The time for this part of the analysis is over."""


Place = tuple[str, str]  # the folded names of a database and a table


class Touched(NamedTuple):
    """What a statement has to do with."""

    # The folded names of the columns it reads, by table; "" for none in particular.
    read: dict[Place, set[str]]
    written: set[Place]

    @property
    def places(self) -> set[Place]:
        """All of its tables."""
        return set(self.read) | self.written


class Trial:
    """The copy: the schema of every database of a connection at first, without rows."""

    def __init__(self, catalog: Catalog, reader: Reader) -> None:
        self.catalog = catalog
        self.unavailable: dict[Place, str] = {}  # tables that could not be made, with the reason
        self._touched: Touched | None = None
        self._guarded = False
        self._deadline = float("inf")
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.connection.text_factory = bytes  # what a statement makes of the rows may be no UTF-8
        if not reader.is_plain():
            self.connection.execute("PRAGMA temp_store = MEMORY")
            _refuse_files(self.connection)
        self.connection.execute("PRAGMA foreign_keys = OFF")  # a sample has children without parents
        encoding = reader.value("PRAGMA encoding")
        self.connection.execute(f"PRAGMA encoding = {quote_identifier(encoding)}")
        if reader.value("SELECT 'a' LIKE 'A'") == 0:
            self.connection.execute("PRAGMA case_sensitive_like = ON")
        self.connection.execute(
            f"PRAGMA automatic_index = {int(reader.value('PRAGMA automatic_index') or 0)}"
        )
        self.connection.set_authorizer(self._authorize)
        self.connection.set_progress_handler(self._tick, _STEPS)
        self.called: set[str] = set()  # functions of the original's connection that statements called
        self._lend_functions(reader)
        for schema in catalog.schemas:
            if schema not in ("main", "temp"):
                self.connection.execute(f"ATTACH ':memory:' AS {quote_identifier(schema)}")
        self._make_tables()

    def close(self) -> None:
        """Let go of the memory."""
        self.connection.close()

    def _lend_functions(self, reader: Reader) -> None:
        """Have functions and collations of the original's connection answer on the copy, by asking it.

        Functions that are not deterministic stay away: what they do each time is nobody's business but the program's.
        """

        def lent(name: str) -> Callable[..., Any]:
            def call(*values: Any) -> Any:
                self.called.add(name)
                return reader.value(_in_line(name, len(values)), values)

            return call

        def compared(name: str) -> Callable[[str, str], int]:
            sql = (
                f"SELECT (? > ? COLLATE {quote_identifier(name)}) - (? < ? COLLATE {quote_identifier(name)})"
            )
            return lambda a, b: int(reader.value(sql, (a, b, a, b)))

        listed = "SELECT name, narg FROM pragma_function_list WHERE NOT builtin AND type = 's' AND flags & ?"
        for name, count in reader.rows(listed, (_DETERMINISTIC,)):
            self.connection.create_function(name, count, lent(name), deterministic=True)
        for _, name in reader.rows("PRAGMA collation_list"):
            if name not in ("BINARY", "NOCASE", "RTRIM"):
                self.connection.create_collation(name, compared(name))

    def _make_tables(self) -> None:
        for kind in ("table", "view"):
            for place, table in self.catalog.tables.items():
                if table.kind == "virtual":
                    self.unavailable[place] = f"{table.name} is a virtual table"
                elif table.kind == kind:
                    try:
                        self.connection.execute(_placed(table.sql, table.schema))
                    except sqlite3.Error as error:
                        self.unavailable[place] = str(error)
        for table in self.catalog.tables.values():
            for index in table.indexes:
                if index.sql:
                    try:
                        self.connection.execute(_placed(index.sql, table.schema))
                    except sqlite3.Error as error:
                        self.unavailable.setdefault((folded(table.schema), folded(table.name)), str(error))

    # -- statements of the program -----------------------------------------------------------------------------------
    def touched(self, text: str) -> Touched:
        """Return the tables that a statement reads and writes.

        :raises sqlite3.Error: it can't run on the copy
        """
        touched = self._touched = Touched({}, set())
        try:
            with self.guarded():
                self.connection.execute(f"EXPLAIN {text}", _nothing_for(text)).fetchall()
            return touched
        finally:
            self._touched = None

    def plan(self, text: str, parameters: Parameters) -> str:
        """Return how SQLite would run it on the copy."""
        with self.guarded():
            rows = self.connection.execute(f"EXPLAIN QUERY PLAN {text}", parameters).fetchall()
            return plan_of([(*row[:3], row[3].decode("utf-8", "replace")) for row in rows])

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Have SQLite refuse whatever is not reading or writing the copy's tables."""
        self._guarded = True
        try:
            yield
        finally:
            self._guarded = False

    @contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        """Interrupt whatever runs past ``deadline``, a time of ``time.monotonic()``.

        :raises OutOfTime: it was interrupted
        """
        before, self._deadline = self._deadline, min(self._deadline, deadline)
        try:
            yield
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error) and time.monotonic() >= self._deadline:
                raise OutOfTime from None
            raise
        finally:
            self._deadline = before

    # -- the planner's statistics ------------------------------------------------------------------------------------
    def copy_statistics(self, reader: Reader) -> None:
        """Give the copy the statistics that ANALYZE left in the original."""
        for schema in self.catalog.schemas:
            place = quote_identifier(schema)
            try:
                rows = reader.rows(f"SELECT tbl, idx, stat FROM {place}.sqlite_stat1")
            except sqlite3.OperationalError:  # nobody has run ANALYZE
                continue
            self.write_statistics(schema, rows)

    def statistics(self, schema: str) -> list[Row] | None:
        """Return the rows of sqlite_stat1, or None where there is none."""
        try:
            rows = self.connection.execute(
                f"SELECT tbl, idx, stat FROM {quote_identifier(schema)}.sqlite_stat1"
            ).fetchall()
        except sqlite3.OperationalError:
            return None
        return [
            tuple(value if value is None else value.decode("utf-8", "replace") for value in row)
            for row in rows
        ]

    def write_statistics(self, schema: str, rows: list[Row] | None) -> None:
        """Replace the rows of sqlite_stat1 and have the planner look at them."""
        place = quote_identifier(schema)
        if rows is None and self.statistics(schema) is None:
            return
        self.connection.execute(f"ANALYZE {place}.sqlite_master")  # makes the table, and reads it
        self.connection.execute(f"DELETE FROM {place}.sqlite_stat1")
        for stat4 in ("sqlite_stat4", "sqlite_stat3"):
            try:
                self.connection.execute(f"DELETE FROM {place}.{stat4}")
            except sqlite3.OperationalError:  # this SQLite keeps none
                pass
        self.connection.executemany(f"INSERT INTO {place}.sqlite_stat1 VALUES (?, ?, ?)", rows or [])
        self.connection.execute(f"ANALYZE {place}.sqlite_master")

    def pages(self) -> int:
        """Return the bytes that the copy takes."""
        total = 0
        for schema in self.catalog.schemas:
            place = quote_identifier(schema)
            count = self.connection.execute(f"PRAGMA {place}.page_count").fetchone()[0]
            free = self.connection.execute(f"PRAGMA {place}.freelist_count").fetchone()[0]
            total += (count - free) * self.connection.execute(f"PRAGMA {place}.page_size").fetchone()[0]
        return total

    # -- callbacks ---------------------------------------------------------------------------------------------------
    def _tick(self) -> int:
        return int(time.monotonic() >= self._deadline)

    def _authorize(self, action: int, first: Any, second: Any, schema: Any, _: Any) -> int:
        if self._touched is not None and schema is not None:
            place = folded(schema), folded(first)
            if action == sqlite3.SQLITE_READ:
                self._touched.read.setdefault(place, set()).add(folded(second))
            elif action in (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_DELETE, sqlite3.SQLITE_UPDATE):
                self._touched.written.add(place)
        if self._guarded and (
            action not in _ALLOWED or (action == sqlite3.SQLITE_FUNCTION and second == "load_extension")
        ):
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK


def _placed(sql: str, schema: str) -> str:
    """Return a statement of sqlite_master as one that makes the same in the database ``schema``."""
    if folded(schema) == "main":
        return sql
    tokens = tokenize(sql)
    at = 3 if tokens[1].word == "UNIQUE" else 2  # SQLite stores CREATE [UNIQUE] TABLE|INDEX|VIEW and the name
    return splice(sql, [Edit(tokens[at].start, tokens[at].start, f"{quote_identifier(schema)}.")])


def _refuse_files(connection: sqlite3.Connection) -> None:
    """Raise where this SQLite was built to put what it sorts into files whatever it is told."""
    options = {bytes(row[0]) for row in connection.execute("PRAGMA compile_options")}
    if b"TEMP_STORE=0" in options:
        raise sqlite3.NotSupportedError(
            "this SQLite is built with TEMP_STORE=0, which sorts in files on the disk: "
            "the copies of an analysis must stay in memory, use a Python with another SQLite"
        )


def _nothing_for(text: str) -> Parameters:
    """Return a NULL for each of the statement's parameters."""
    from ....sql.parameters import parameters

    found = parameters(text)
    if any(each.token.text != "?" for each in found):
        return {each.token.text[1:]: None for each in found}
    return (None,) * len(found)


def _in_line(name: str, count: int) -> str:
    return f"SELECT {quote_identifier(name)}({', '.join('?' * count)})"
