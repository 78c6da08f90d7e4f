"""A program that does anything to a table, and a model that remembers every state it was in."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from datetime import datetime, timezone
from random import Random
from typing import Any, NamedTuple

import heliosdb_sqlite

from .tables import Kind

Rows = list[tuple[Any, ...]]


class State(NamedTuple):
    """What the tables held between two commits."""

    moment: datetime
    tables: dict[str, Counter[Any]]


def _typed(rows: Rows) -> Counter[Any]:
    """Return rows so that 1 and 1.0 are two."""
    return Counter(tuple((type(value).__name__, value) for value in row) for row in rows)


class Model:
    """Runs statements on a file through time travel, and sometimes past it, and keeps every committed state."""

    def __init__(self, path: Any, kind: Kind, random: Random, **options: Any) -> None:
        self.kind, self.random, self.path = kind, random, path
        self.conn: Any = heliosdb_sqlite.connect(path, enable_time_travel=True, **options)
        self.conn.executescript(kind.setup)
        if random.random() < 0.3:
            self.conn.execute("PRAGMA recursive_triggers = ON")
        self.states: list[State] = []
        self.said: list[str] = []
        self.remember()

    # -- what is done ------------------------------------------------------------------------------------------------
    def step(self) -> None:
        """Do something: a statement, the end of a transaction, a savepoint; now and then by another program."""
        choice = self.random.random()
        if choice < 0.70:
            self._run(self.conn, *self.kind.statement(self.random))
        elif choice < 0.80:
            self._end("commit")
        elif choice < 0.85:
            self._end("rollback")
        elif choice < 0.90:
            self._run(self.conn, self.random.choice(("SAVEPOINT s", "ROLLBACK TO s", "RELEASE s")), [])
        elif not self.conn.in_transaction:
            self._by_another_program()
        if not self.conn.in_transaction:
            self.remember()

    def _end(self, how: str) -> None:
        self.said.append(how)
        getattr(self.conn, how)()

    def _run(self, conn: Any, sql: str, parameters: list[Any]) -> None:
        self.said.append(f"{sql} {parameters or ''}")
        try:
            conn.execute(sql, parameters)
        except sqlite3.Error as error:
            self.said.append(f"   {type(error).__name__}: {error}")
            if "heliosdb" in str(error):
                raise

    def _by_another_program(self) -> None:
        """A program that knows nothing of history writes to the file."""
        self.remember()
        time.sleep(0.002)
        plain = sqlite3.connect(self.path, isolation_level=None)
        for _ in range(self.random.randint(1, 4)):
            self.said.append("PLAIN")
            self._run(plain, *self.kind.statement(self.random))
        plain.close()
        time.sleep(0.002)

    # -- what is remembered ------------------------------------------------------------------------------------------
    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that may change."""
        return (self.kind.table, *self.kind.also)

    def now(self, table: str, conn: Any = None) -> Counter[Any]:
        """Return what a table holds."""
        return _typed((conn or self.conn).execute(f"SELECT * FROM {table}").fetchall())

    def remember(self) -> None:
        """Keep the state that the last commit left."""
        tables = {table: self.now(table) for table in self.tables}
        last = self.states[-1].moment if self.states else None
        while (moment := datetime.now(timezone.utc)) == last:
            pass
        self.states.append(State(moment, tables))
        while datetime.now(timezone.utc) == moment:
            pass

    # -- what is checked ---------------------------------------------------------------------------------------------
    def check(self) -> None:
        """Compare every state with what AS OF says of it, and with the versions of the whole period."""
        if self.conn.in_transaction:
            self.conn.rollback()
            self.remember()
        for table in self.tables:
            for state in self.states:
                seen = _typed(
                    self.conn.execute(
                        f"SELECT * FROM {table} FOR SYSTEM_TIME AS OF ?", (state.moment,)
                    ).fetchall()
                )
                assert seen == state.tables[table], self._story(table, state, seen)
            self._check_versions(table)

    def _check_versions(self, table: str) -> None:
        columns = [row[1] for row in self.conn.execute(f"PRAGMA table_xinfo({table})")]
        first, last = self.states[0].moment, self.states[-1].moment
        versions = self.conn.execute(
            f"SELECT system_time, system_time_end, {', '.join(columns)} FROM {table} "
            "FOR SYSTEM_TIME BETWEEN ? AND ?",
            (first, last),
        ).fetchall()
        for start, end, *_ in versions:
            assert end is None or start < end
        for state in self.states:
            at = state.moment.isoformat(sep=" ", timespec="microseconds")
            valid = [tuple(row) for start, end, *row in versions if start <= at and (end is None or at < end)]
            assert _typed(valid) == state.tables[table], self._story(table, state, _typed(valid))

    def restore(self) -> None:
        """Restore a state, and check that it is that state, and that all others are what they were."""
        state = self.random.choice(self.states)
        self.said.append(f"restore {state.moment}")
        try:
            self.conn.restore(at=state.moment)
        except sqlite3.IntegrityError:  # another program had written what breaks a foreign key
            self.remember()
            assert self.states[-1].tables == self.states[-2].tables, self._story("", self.states[-2], {})
            self.conn.execute("PRAGMA foreign_keys = OFF")
            self.conn.restore(at=state.moment)
            assert self.conn.execute("PRAGMA foreign_key_check").fetchall()
        self.remember()
        assert self.states[-1].tables == state.tables, self._story("", state, self.states[-1].tables)

    def _story(self, table: str, state: State, seen: Any) -> str:
        expected = state.tables.get(table, state.tables)
        if isinstance(expected, Counter):
            return (
                f"{table} at {state.moment}\n missing {expected - seen}\n more {seen - expected}\n"
                + "\n".join(self.said)
            )
        return f"{expected}\nis\n{seen}\n" + "\n".join(self.said)

    def close(self) -> None:
        """Close the connection."""
        self.conn.close()
