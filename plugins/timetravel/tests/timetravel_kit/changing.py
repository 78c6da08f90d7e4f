"""A program that changes the schema of its tables all the time, and a model that remembers every state they were in."""

from __future__ import annotations

import sqlite3
import time
import warnings
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import count
from random import Random
from typing import Any

import heliosdb_sqlite
from heliosdb_timetravel import HistoryWarning

NAMES = ("t", "u", "w")
COLUMNS = ("a", "b", "c", "d")


@dataclass
class Table:
    """A table: its columns by the name they have, each with an identity that no renaming changes."""

    columns: dict[str, int]
    rows: dict[int, dict[int, Any]] = field(default_factory=dict)

    def copy(self) -> Table:
        return Table(dict(self.columns), {key: dict(row) for key, row in self.rows.items()})


Tables = dict[str, Table]


class Changing:
    """Does what it does to the file to the model as well."""

    def __init__(self, path: Any, random: Random) -> None:
        self.path, self.random = path, random
        self.conn = heliosdb_sqlite.connect(path, enable_time_travel=True)
        self.conn.execute("PRAGMA recursive_triggers = OFF")
        self.tables: Tables = {}
        self.committed: Tables = {}
        self.saved: Tables | None = None
        self.states: list[tuple[datetime, Tables]] = []
        self.defaults: dict[int, Any] = {}
        self.identities = count(1)
        self.said: list[str] = []

    # -- what is done ------------------------------------------------------------------------------------------------
    def step(self) -> None:
        """Change the schema or rows, or end a transaction."""
        choice = self.random.random()
        if choice < 0.35:
            self._change_schema()
        elif choice < 0.75:
            self._change_rows()
        elif choice < 0.80 and not self.conn.in_transaction:
            self._say("BEGIN")
        elif choice < 0.84 and self.conn.in_transaction and self.saved is None:
            self._say("SAVEPOINT s")
            self.saved = _copy(self.tables)
        elif choice < 0.88 and self.saved is not None:
            self._say("ROLLBACK TO s")
            self.tables = _copy(self.saved)
        elif choice < 0.95:
            self._end(commit=True)
        else:
            self._end(commit=False)
        if not self.conn.in_transaction:
            self._remember()

    def _say(self, sql: str, *parameters: Any) -> None:
        self.said.append(f"{sql} {parameters or ''}")
        self.conn.execute(sql, parameters)

    def _end(self, *, commit: bool) -> None:
        self.said.append("commit" if commit else "rollback")
        if commit:
            self.conn.commit()
        else:
            self.conn.rollback()
            self.tables = _copy(self.committed)
        self.saved = None

    def _change_schema(self) -> None:
        free = [name for name in NAMES if name not in self.tables]
        if not self.tables or (free and self.random.random() < 0.2):
            self._create(self.random.choice(free))
            return
        name = self.random.choice(list(self.tables))
        table = self.tables[name]
        unused = [column for column in COLUMNS if column not in table.columns]
        kind = self.random.randint(0, 6)
        if kind == 0 and unused:
            column, identity = self.random.choice(unused), next(self.identities)
            self.defaults[identity] = value = self.random.choice((None, 5, "x"))
            self._say(f"ALTER TABLE {name} ADD COLUMN {column} DEFAULT {value!r}".replace("None", "NULL"))
            table.columns[column] = identity
            for row in table.rows.values():
                row[identity] = value
        elif kind == 1 and len(table.columns) > 1:
            column = self.random.choice(list(table.columns))
            self._say(f"ALTER TABLE {name} DROP COLUMN {column}")
            identity = table.columns.pop(column)
            for row in table.rows.values():
                row.pop(identity)
        elif kind == 2 and unused:
            old, new = self.random.choice(list(table.columns)), self.random.choice(unused)
            self._say(f"ALTER TABLE {name} RENAME COLUMN {old} TO {new}")
            table.columns = {new if each == old else each: i for each, i in table.columns.items()}
        elif kind == 3 and free:
            new = self.random.choice(free)
            self._say(f"ALTER TABLE {name} RENAME TO {new}")
            self.tables[new] = self.tables.pop(name)
        elif kind == 4 and self.random.random() < 0.5:
            self._say(f"DROP TABLE {name}")
            del self.tables[name]
        elif kind == 5:
            self._index(name, table)
        elif kind == 6:
            self._rebuild(name, table)

    def _create(self, name: str) -> None:
        columns = {column: next(self.identities) for column in self.random.sample(COLUMNS, 2)}
        self.defaults |= dict.fromkeys(columns.values())
        self._say(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {', '.join(columns)})")
        self.tables[name] = Table(columns)

    def _index(self, name: str, table: Table) -> None:
        """Make an index, and drop it in the same transaction: a column with an index can't be dropped."""
        alone = not self.conn.in_transaction
        column = self.random.choice(list(table.columns))
        self._say(f"CREATE INDEX i ON {name} ({column})")
        self._write(name, table)
        self._say("DROP INDEX i")
        if alone:
            self._end(commit=True)

    def _rebuild(self, name: str, table: Table) -> None:
        """Do what migrations do: fill a new table, drop the old one, give the new one its name."""
        if not self.conn.in_transaction:
            self._say("BEGIN")
        columns = {column: next(self.identities) for column in table.columns}
        listed = ", ".join(["id", *columns])
        self._say(f"CREATE TABLE fresh (id INTEGER PRIMARY KEY, {', '.join(columns)})")
        self._say(f"INSERT INTO fresh ({listed}) SELECT {listed} FROM {name}")
        self._say(f"DROP TABLE {name}")
        self._say(f"ALTER TABLE fresh RENAME TO {name}")
        self.defaults |= dict.fromkeys(columns.values())
        self.tables[name] = Table(
            columns,
            {
                key: {columns[column]: row[identity] for column, identity in table.columns.items()}
                for key, row in table.rows.items()
            },
        )

    def _change_rows(self) -> None:
        if self.tables:
            name = self.random.choice(list(self.tables))
            self._write(name, self.tables[name])

    def _write(self, name: str, table: Table) -> None:
        key, value = self.random.randint(1, 4), self.random.choice((None, 1, 2.5, "a", b"b"))
        column = self.random.choice(list(table.columns))
        identity = table.columns[column]
        kind = self.random.randint(0, 3)
        if kind == 0:
            self._say(f"UPDATE {name} SET {column} = ? WHERE id = ?", value, key)
            if key in table.rows:
                table.rows[key][identity] = value
        elif kind == 1:
            self._say(f"DELETE FROM {name} WHERE id = ?", key)
            table.rows.pop(key, None)
        else:
            self._say(f"INSERT OR REPLACE INTO {name} (id, {column}) VALUES (?, ?)", key, value)
            table.rows[key] = {each: self.defaults[each] for each in table.columns.values()} | {
                identity: value
            }

    def _remember(self) -> None:
        self.committed = _copy(self.tables)
        self.saved = None
        time.sleep(0.0005)
        self.states.append((datetime.now(timezone.utc), self.committed))
        time.sleep(0.0005)

    # -- what is checked ---------------------------------------------------------------------------------------------
    def check(self) -> None:
        """Compare every state of every name with what AS OF says of it."""
        if self.conn.in_transaction:
            self._end(commit=True)
            self._remember()
        for moment, tables in self.states:
            for name in NAMES:
                if name in tables:
                    self._compare(name, moment, tables[name])

    def _compare(self, name: str, moment: datetime, then: Table) -> None:
        """The keys are those of then; and so are the values, in the columns that there still are."""
        cursor = self.conn.execute(f"SELECT * FROM {name} AS OF ?", (moment,))
        columns = [column[0] for column in cursor.description]
        seen = {row[0]: dict(zip(columns, row, strict=True)) for row in cursor}
        story = f"{name} at {moment}: {seen}, not {then}\n" + "\n".join(self.said)
        assert seen.keys() == then.rows.keys(), story
        now = self.tables.get(name)
        for key, row in then.rows.items():
            for column, identity in (now.columns if now is not None else {}).items():
                if identity in row:
                    found = seen[key][column]
                    assert (type(found), found) == (type(row[identity]), row[identity]), story

    def reopen(self) -> None:
        """Come back as another connection, after a plain program has looked at the file."""
        self.conn.close()
        plain = sqlite3.connect(self.path)
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        plain.close()
        with warnings.catch_warnings():
            warnings.simplefilter("error", HistoryWarning)
            self.conn = heliosdb_sqlite.connect(self.path, enable_time_travel=True)


def _copy(tables: Tables) -> Tables:
    return {name: table.copy() for name, table in tables.items()}
