"""What writes: statements, batches, schema changes and transactions; plain sqlite3, a pool and a remote client beside."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import psycopg2
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from heliosdb_sqlite import connection_pool

from .connections import DATA, SLOTS, Connections
from .statements import (
    SMALL,
    WRONG,
    Statement,
    alter,
    create_table,
    delete,
    insert,
    own_columns,
    select,
    update,
    values,
)
from .twins import Pair, packed, tables

KINDS = st.sampled_from(["insert", "insert", "insert many", "update", "update", "delete", "select"])
CONTROL = [
    "BEGIN",
    "BEGIN IMMEDIATE",
    "SAVEPOINT one",
    "ROLLBACK TO one",
    "RELEASE one",
    "COMMIT",
    "ROLLBACK",
    "END",
]


def draw_statement(draw: Any, kind: str, twin: sqlite3.Connection, names: list[str]) -> Statement:
    """Draw a statement about one of these tables."""
    table = draw(st.sampled_from(names))
    if kind.startswith("insert"):
        return insert(draw, twin, table, many=kind == "insert many")
    return {"update": update, "delete": delete, "select": select}[kind](draw, twin, table)


class Writing(Connections):
    """Everything that changes rows or tables, by any way in."""

    @rule(slot=SLOTS, kind=KINDS, data=DATA)
    def statement(self, slot: int, kind: str, data: Any) -> None:
        pair = self.writer(slot)
        if pair is None or not (names := tables(pair.twin)):
            return
        if kind == "insert many" and pair.ours.isolation_level is None and not pair.in_transaction:
            kind = "insert"  # in autocommit a part of it may stay, or none
        pair.run(*draw_statement(data.draw, kind, pair.twin, names))
        self.settle(pair.branch)

    @rule(slot=SLOTS, data=DATA)
    def batch_insert(self, slot: int, data: Any) -> None:
        pair = self.writer(slot)
        if pair is None or not (names := tables(pair.twin)):
            return
        table = data.draw(st.sampled_from(names))
        columns = own_columns(pair.twin, table)
        rows = data.draw(st.lists(st.tuples(*map(values, columns)), max_size=6))
        plain = [tuple(packed(each) if isinstance(each, list) else each for each in row) for row in rows]
        was, expected = pair.in_transaction, None
        pair.twin.execute("SAVEPOINT batch")
        try:
            marks = ", ".join("?" * len(columns))
            pair.twin.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", plain)
        except sqlite3.Error as error:
            expected = type(error)
            pair.twin.execute("ROLLBACK TO batch")
        pair.twin.execute("RELEASE batch")
        found = None
        try:
            pair.ours.cursor().batch_insert(
                table, columns, rows if pair.has("enable_vector_search") else plain
            )
        except sqlite3.Error as error:
            found = type(error)
        assert found == expected
        if not was:
            pair.ours.commit()
            pair.twin.commit()
        pair.same_transaction()
        self.settle(pair.branch)

    @rule(slot=SLOTS, statement=WRONG)
    def mistake(self, slot: int, statement: Statement) -> None:
        if pair := self.writer(slot):
            pair.run(*statement)

    @rule(slot=SLOTS, data=DATA)
    def script(self, slot: int, data: Any) -> None:
        pair = self.writer(slot)
        if pair is None or not (names := tables(pair.twin)):
            return
        texts = []
        for _ in range(data.draw(st.integers(1, 3))):
            table = data.draw(st.sampled_from(names))
            column = next(
                (name for name in own_columns(pair.twin, table) if name[0] == "i" and name != "id"), None
            )
            texts.append(
                f"DELETE FROM {table}" if column is None else f"UPDATE {table} SET {column} = {column} / 2"
            )
        script = "; ".join(["SAVEPOINT script", *texts, "RELEASE script"])
        pair.script(script)
        self.settle(pair.branch)

    # ---- the schema ----

    @rule(slot=SLOTS, data=DATA)
    def schema(self, slot: int, data: Any) -> None:
        pair = self.writer(slot)
        if pair is None or (self.versioned > pair.has("enable_time_travel")):
            return
        if self.vectors > pair.has("enable_vector_search"):
            return
        pair.run(*self.draw_schema(data.draw, pair.twin, freely=not self.bases))
        self.settle(pair.branch)

    def draw_schema(self, draw: Any, twin: sqlite3.Connection, *, freely: bool) -> Statement:
        """Draw a change of the schema, or a table where there are few."""
        number, there = self.next(), len(tables(twin))
        if there < 2 or (there < 5 and draw(st.booleans())):
            return create_table(draw, number, self.kinds)
        return alter(draw, twin, number, self.kinds, freely=freely)

    # ---- transactions ----

    @rule(slot=SLOTS, sql=st.sampled_from(CONTROL))
    def control(self, slot: int, sql: str) -> None:
        if pair := self.writer(slot):
            pair.run(sql)
            self.settle(pair.branch)

    @rule(slot=SLOTS, method=st.sampled_from(["commit", "commit", "commit", "rollback"]))
    def end(self, slot: int, method: str) -> None:
        if pair := self.pairs.get(slot):
            pair.do(method)
            self.settle(pair.branch)

    # ---- who writes beside the connections ----

    @precondition(lambda self: "encryption_key" not in self.file)
    @rule(slot=SLOTS, kind=KINDS, data=DATA)
    def a_plain_program(self, slot: int, kind: str, data: Any) -> None:
        """A program that has never heard of HeliosDB writes to the same file, where nothing is sealed."""
        pair = self.pairs.get(slot)
        if pair is None or not self.idle(pair.branch):
            return
        names = [
            table
            for table in tables(pair.twin)
            if not any(n[0] in "sd" for n in own_columns(pair.twin, table))
        ]
        if not names:
            return
        drawn = draw_statement(data.draw, kind, pair.twin, names)
        path = pair.ours.get_branch_info(pair.branch).path
        with (
            closing(sqlite3.connect(path)) as plain,
            closing(sqlite3.connect(self.twin(pair.branch))) as twin,
        ):
            beside = Pair(plain, twin, {}, pair.branch)
            if "RETURNING" not in drawn.sql:
                beside.run(*drawn)
            beside.do("commit")
        self.settle(pair.branch)

    @rule(slot=SLOTS, kind=KINDS, data=DATA)
    def another_program(self, slot: int, kind: str, data: Any) -> None:
        """Another connection with other features does something and goes."""
        pair = self.pairs.get(slot)
        if pair is None or not self.idle(pair.branch) or not (names := tables(pair.twin)):
            return
        drawn = draw_statement(data.draw, kind, pair.twin, names)
        with self.passing(pair.branch, enable_time_travel=False) as beside:
            beside.run(*drawn)
            beside.do("commit")
        self.settle(pair.branch)

    @rule(slot=SLOTS, kind=KINDS, data=DATA)
    def from_a_pool(self, slot: int, kind: str, data: Any) -> None:
        """A pool with the connection's options lends one connection that writes, and another that sees it."""
        pair = self.pairs.get(slot)
        if pair is None or not self.idle(pair.branch) or not (names := tables(pair.twin)):
            return
        drawn = draw_statement(data.draw, kind, pair.twin, names)
        options = {name: value for name, value in pair.options.items() if name != "heliosdb_mode"}
        with (
            closing(connection_pool.create(self.path, 2, 0, timeout=5, **options)) as pool,
            closing(sqlite3.connect(self.twin(pair.branch))) as twin,
            pool.connection() as one,
            pool.connection() as other,
        ):
            borrowed = Pair(one, twin, options, pair.branch)
            Pair(other, twin, options, pair.branch).same_rows()
            borrowed.run(*drawn)
            borrowed.do("commit")
            Pair(other, twin, options, pair.branch).same_rows()
        self.settle(pair.branch)

    @rule(slot=SLOTS, data=DATA)
    def from_outside(self, slot: int, data: Any) -> None:
        """A PostgreSQL client counts the rows, and adds one."""
        pair = self.pairs.get(slot)
        if pair is None or not pair.has("heliosdb_mode") or not self.idle("main"):
            return
        found = [
            (t, n)
            for t in tables(pair.twin)
            for n in own_columns(pair.twin, t)
            if t[0] in "rn" and n[0] == "i"
        ]
        with closing(psycopg2.connect(pair.ours.get_server_info().url)) as client, client.cursor() as cursor:
            for table in tables(pair.twin):
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone() == pair.twin.execute(f"SELECT count(*) FROM {table}").fetchone()
            if found:
                table, name = data.draw(st.sampled_from(found))
                number = data.draw(SMALL)
                expected = seen = None
                try:
                    with pair.twin:
                        pair.twin.execute(f"INSERT INTO {table} ({name}) VALUES (?)", (number,))
                except sqlite3.IntegrityError:
                    expected = "IntegrityError"
                try:
                    cursor.execute(f"INSERT INTO {table} ({name}) VALUES (%s)", (number,))
                except psycopg2.IntegrityError:
                    seen = "IntegrityError"
                assert seen == expected
            client.commit()
        if pair.twin.in_transaction:
            pair.twin.commit()
        self.settle("main")
