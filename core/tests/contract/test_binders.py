"""Parameters that go through plugins on their way into a statement."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import heliosdb_sqlite
from heliosdb_sqlite.plugins import Syntax, hookimpl
from heliosdb_sqlite.testing import registered


class Sums:
    """SELECT SUM_OF ?, ? runs in executemany(), with the sum of all sets as its second parameter."""

    def __init__(self):
        self.seen = []

    @hookimpl
    def heliosdb_syntax(self):
        return Syntax(words=("sum_of",))

    @hookimpl
    def heliosdb_parse(self, statement):
        return statement.rewritten(statement.text.replace("SUM_OF", "")).batchable()

    @hookimpl
    def heliosdb_bind(self, statement):
        if "SUM_OF" not in statement.sql:
            return None

        def bind(parameters):
            return (parameters[0], parameters[0])

        def many(sets):
            self.seen.append(sets)
            return [(number, sum(each[0] for each in sets)) for (number,) in sets]

        bind.many = many
        return bind


def test_a_binder_can_see_all_the_parameters_of_an_executemany_that_returns_rows():
    with registered(Sums()) as plugin, closing(heliosdb_sqlite.connect(":memory:")) as conn:
        cursor = conn.executemany("SELECT SUM_OF ?, ?", ((number,) for number in (1, 2, 4)))
        assert cursor.fetchall() == [(1, 7), (2, 7), (4, 7)]
        assert plugin.seen == [[(1,), (2,), (4,)]]
        assert conn.execute("SELECT SUM_OF ?, ?", (3,)).fetchone() == (3, 3)
        assert conn.executemany("SELECT SUM_OF ?, ?", []).fetchall() == []


def test_a_binder_that_sees_all_works_behind_one_that_sees_each():
    class Doubles:
        @hookimpl(tryfirst=True)
        def heliosdb_bind(self, statement):
            if "SUM_OF" not in statement.sql:
                return None
            return lambda parameters: (2 * parameters[0],)

    with registered(Sums()), registered(Doubles(), "doubles"):
        conn = heliosdb_sqlite.connect(":memory:")
        assert conn.executemany("SELECT SUM_OF ?, ?", [(1,), (2,)]).fetchall() == [(2, 6), (4, 6)]
        conn.close()


class Looks:
    """Remembers what was bound, and changes nothing."""

    def __init__(self):
        self.seen = []

    @hookimpl
    def heliosdb_bind(self, statement):
        def look(parameters):
            self.seen.append(parameters)
            return parameters

        look.observes = True
        return look


def test_a_binder_that_only_looks_is_in_nobodys_way():
    with registered(Looks()) as plugin, closing(heliosdb_sqlite.connect(":memory:")) as conn:
        assert conn.execute("SELECT ?", (1,)).fetchone() == (1,)
        assert sqlite3.Cursor(conn).execute("SELECT ? + 1", (1,)).fetchone() == (2,)
        traced = []
        conn.set_trace_callback(traced.append)
        conn.execute("SELECT 5")
        assert (traced, plugin.seen) == (["SELECT 5"], [(1,), ()])
