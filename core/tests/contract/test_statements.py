"""parse, bind, row and executed: what a plugin can do to a statement on its way."""

from __future__ import annotations

import sqlite3
import sys
import threading

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import Syntax, hookimpl, run, state
from heliosdb_sqlite.sql.schema import schema_of
from heliosdb_sqlite.testing import registered


class Plugin:
    """SELECT TWICE x means SELECT x, x; lists are bound as JSON; a text column is read in capitals."""

    def __init__(self):
        self.parsed = []

    @hookimpl
    def heliosdb_syntax(self):
        return Syntax(words=("twice", "both"))

    @hookimpl
    def heliosdb_parse(self, statement):
        self.parsed.append(statement.sql)
        before, _, after = statement.text.rstrip("; ").partition("TWICE ")
        if after:
            return statement.rewritten(f"{before}{after}, {after}").noted("plugin", "doubled")
        if "BOTH" in statement.sql:
            return statement.rewritten(statement.text.replace("BOTH", "")).batchable()
        return None

    @hookimpl
    def heliosdb_bind(self, statement):
        if "?" in statement.text:
            return lambda parameters: [
                ",".join(each) if isinstance(each, list) else each for each in parameters
            ]
        return None

    @hookimpl
    def heliosdb_row(self, statement):
        if statement.notes.get("plugin") == "doubled":
            return lambda row: tuple(each.upper() if isinstance(each, str) else each for each in row)
        return None


@pytest.fixture
def plugin():
    with registered(Plugin()) as registered_plugin:
        yield registered_plugin


@pytest.fixture
def conn(plugin):
    connection = heliosdb_sqlite.connect(":memory:")
    yield connection
    connection.close()


def test_parse_sees_each_text_with_a_trigger_word_once(conn, plugin):
    for _ in range(3):
        assert conn.execute("SELECT TWICE 1").fetchall() == [(1, 1)]
        assert conn.cursor().execute("SELECT TWICE 1").fetchall() == [(1, 1)]
        conn.execute("SELECT 1")
    assert plugin.parsed == ["SELECT TWICE 1"]


def test_what_a_statement_runs_is_what_every_path_runs(conn):
    conn.execute("CREATE TABLE t (a, b)")
    conn.executescript("INSERT INTO t SELECT TWICE 7; INSERT INTO t SELECT TWICE 8")
    conn.executemany("INSERT INTO t VALUES (?, ?)", [(["x", "y"], 1), (["z"], 2)])
    assert conn.execute("SELECT * FROM t").fetchall() == [(7, 7), (8, 8), ("x,y", 1), ("z", 2)]


def test_rows_are_mapped_before_any_row_factory(conn):
    assert conn.execute("SELECT TWICE 'a' AS x").fetchone() == ("A", "A")
    conn.row_factory = sqlite3.Row
    row = conn.execute("SELECT TWICE 'a' AS x").fetchone()
    assert isinstance(row, sqlite3.Row)
    assert row["x"] == "A"
    conn.row_factory = lambda cursor, row: [cursor.description[0][0], *row]
    assert conn.execute("SELECT TWICE 'a' AS x").fetchall() == [["x", "A", "A"]]


def test_a_cursor_maps_only_the_statement_that_asked_for_it(conn):
    cursor = conn.cursor()
    cursor.row_factory = factory = lambda _, row: list(row)
    assert cursor.execute("SELECT TWICE 'a'").fetchall() == [["A", "A"]]
    assert cursor.row_factory is factory
    assert cursor.execute("SELECT 'a'").fetchall() == [["a"]]
    assert cursor.row_factory is factory
    cursor.execute("SELECT TWICE 'a'")
    cursor.row_factory = None
    assert cursor.fetchall() == [("A", "A")]


def test_executemany_runs_a_select_that_a_plugin_calls_batchable(conn):
    cursor = conn.cursor()
    cursor.executemany("SELECT BOTH ?", [(1,), (2,), (3,)])
    assert cursor.fetchone() == (1,)
    assert cursor.fetchmany(1) == [(2,)]
    assert list(cursor) == [(3,)]
    assert cursor.fetchall() == []
    assert cursor.description[0][0] == "?"
    with pytest.raises(sqlite3.ProgrammingError, match="DML"):
        cursor.executemany("SELECT ?", [(1,)])


def test_a_buffered_cursor_can_be_closed_and_used_again(conn):
    cursor = conn.cursor()
    cursor.executemany("SELECT BOTH ?", [(1,), (2,)])
    assert cursor.execute("SELECT 9").fetchall() == [(9,)]
    cursor.executemany("SELECT BOTH ?", [(1,), (2,)])
    cursor.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
        cursor.fetchone()


def test_cursor_factories_get_the_hooks_too(conn):
    class Mine(heliosdb_sqlite.Cursor):
        def execute(self, *args):
            self.called = True
            return super().execute(*args)

    class Theirs(sqlite3.Cursor):
        pass

    def made_by_a_function(connection):
        return Mine(connection)

    for factory in (Mine, Theirs, made_by_a_function):
        cursor = conn.cursor(factory)
        assert cursor.execute("SELECT TWICE 'a'").fetchall() == [("A", "A")]
    assert conn.cursor(Mine).execute("SELECT 1").called
    assert isinstance(conn.cursor(Theirs), Theirs)


def test_a_cursor_made_behind_the_connections_back_refuses_what_it_can_not_do(conn):
    cursor = sqlite3.Cursor(conn)
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    with pytest.raises(sqlite3.NotSupportedError, match=r"only a cursor from connection.cursor\(\)"):
        cursor.execute("SELECT TWICE 1")


@pytest.mark.parametrize("cursor_class", [sqlite3.Cursor, heliosdb_sqlite.Cursor])
def test_nor_does_it_find_a_statement_that_the_connection_ran_before(conn, cursor_class):
    conn.execute("CREATE TABLE t (a)")
    conn.execute("INSERT INTO t VALUES (?)", (["x", "y"],))
    with pytest.raises(sqlite3.NotSupportedError, match=r"only a cursor from connection.cursor\(\)"):
        cursor_class(conn).execute("INSERT INTO t VALUES (?)", ("z",))
    assert conn.execute("SELECT * FROM t").fetchall() == [("x,y",)]


def test_an_error_of_parse_reaches_the_caller_each_time(tmp_path):
    class Refuses:
        @hookimpl
        def heliosdb_parse(self, statement):
            if "secret" in statement.sql:
                raise sqlite3.NotSupportedError("no secrets")

    with registered(Refuses()):
        conn = heliosdb_sqlite.connect(":memory:")
        for _ in range(2):
            with pytest.raises(sqlite3.NotSupportedError, match="no secrets"):
                conn.execute("SELECT 'secret'")
        conn.close()


def test_executed_is_told_of_success_and_failure(recorder):
    conn = heliosdb_sqlite.connect(":memory:")
    conn.execute("CREATE TABLE t (a UNIQUE)")
    conn.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
    for wrong in ("SELEC", "INSERT INTO t VALUES (1)"):
        with pytest.raises(sqlite3.Error):
            conn.execute(wrong)
    told = [event.detail for event in recorder.events if event.hook == "executed"]
    assert told == [
        "CREATE TABLE t (a UNIQUE)",
        "INSERT INTO t VALUES (?)",
        "OperationalError",
        "IntegrityError",
    ]
    conn.close()


def test_executed_may_complete_an_error_before_the_caller_sees_it():
    class Explains:
        @hookimpl
        def heliosdb_executed(self, error):
            if error is not None:
                error.args = (f"{error}, sorry",)

    with registered(Explains()):
        conn = heliosdb_sqlite.connect(":memory:")
        with pytest.raises(sqlite3.OperationalError, match="syntax error, sorry"):
            conn.execute("SELEC")
        conn.close()


def test_run_and_state_are_the_plugins_own(conn, plugin):
    state(conn)["me"] = 5
    assert state(conn) == {"me": 5}
    run(conn, "CREATE TABLE mine (a)")
    run(conn, "INSERT INTO mine VALUES (?)", (1,))
    assert not conn.in_transaction
    assert run(conn, "SELECT 'TWICE', a FROM mine").fetchall() == [("TWICE", 1)]
    assert plugin.parsed == []


@pytest.mark.alone
def test_run_needs_a_connection_with_plugins():
    conn = heliosdb_sqlite.connect(":memory:")
    with pytest.raises(sqlite3.ProgrammingError, match="no plugin is switched on"):
        run(conn, "SELECT 1")
    conn.close()


class Widens:
    """SELECT ALL_OF t lists the columns of t as they are."""

    def __init__(self):
        self.parsed = 0

    @hookimpl
    def heliosdb_syntax(self):
        return Syntax(words=("all_of",))

    @hookimpl
    def heliosdb_parse(self, connection, statement):
        self.parsed += 1
        schema = schema_of(connection)
        table = schema.table(statement.sql.split()[-1])
        columns = ", ".join(column.name for column in table.columns)
        return statement.rewritten(f"SELECT {columns} FROM {table.name}").bound_to(schema.stamp)


def test_a_rewriting_that_depends_on_the_schema_is_made_once_per_schema(tmp_path):
    with registered(Widens()) as plugin:
        conn = heliosdb_sqlite.connect(tmp_path / "a.db")
        conn.execute("CREATE TABLE t (a, b)")
        for _ in range(3):
            assert len(conn.execute("SELECT ALL_OF t").description) == 2
        assert plugin.parsed == 1
        other = sqlite3.connect(tmp_path / "a.db")
        other.execute("ALTER TABLE t ADD COLUMN c")
        other.close()
        assert len(conn.execute("SELECT ALL_OF t").description) == 3
        conn.execute("BEGIN")
        conn.execute("ALTER TABLE t ADD COLUMN d")
        assert len(conn.execute("SELECT ALL_OF t").description) == 4
        conn.rollback()
        assert len(conn.execute("SELECT ALL_OF t").description) == 3
        conn.execute("CREATE TEMP TABLE t (only)")
        assert len(conn.execute("SELECT ALL_OF t").description) == 1
        conn.close()


def test_a_connection_remembers_a_bounded_number_of_texts(conn):
    for number in range(5000):
        conn.execute(f"SELECT {number}")
    assert len(conn._session.plans) <= 1024
    assert len(conn._session.final) <= 1024


def test_threads_may_share_a_connection_and_its_plans(plugin):
    conn = heliosdb_sqlite.connect(":memory:", check_same_thread=False)
    lock, wrong = threading.Lock(), []

    def work(number):
        for turn in range(200):
            with lock:
                row = conn.execute(f"SELECT TWICE {turn % 7}").fetchone()
            if row != (turn % 7, turn % 7):
                wrong.append((number, row))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    conn.close()


def test_the_schema_is_read_whatever_the_text_factory(tmp_path):
    with registered(Widens()):
        conn = heliosdb_sqlite.connect(":memory:")
        conn.execute("CREATE TABLE t (a, b)")
        for factory in (str, bytes, lambda raw: raw.decode().upper()):
            conn.text_factory = factory
            assert len(conn.execute("SELECT ALL_OF t").description) == 2
        conn.close()


class Counts:
    """Notes in each plan how many columns the table t has."""

    @hookimpl
    def heliosdb_row(self, connection, statement):
        if "FROM t" not in statement.sql:
            return None
        columns = len(schema_of(connection).table("t").columns)
        return lambda row: (columns, *row)


def test_a_rolled_back_change_of_the_schema_has_the_texts_planned_again():
    with registered(Counts()):
        conn = heliosdb_sqlite.connect(":memory:", isolation_level=None)
        conn.execute("CREATE TABLE t (a)")
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (1, 0)
        conn.execute("BEGIN")
        conn.execute("ALTER TABLE t ADD COLUMN b")
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (2, 0)
        conn.rollback()
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (1, 0)
        conn.close()


@pytest.mark.filterwarnings("ignore:Binding 1:DeprecationWarning")
@pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="a sequence for named placeholders is an error since 3.14"
)
def test_a_binder_and_a_sequence_for_named_placeholders_go_together(conn):
    conn.execute("CREATE TABLE t (a)")
    conn.execute("INSERT INTO t VALUES (:a)", (1,))
    conn.executemany("INSERT INTO t VALUES (:a)", [(2,), (3,)])
    conn.executemany("INSERT INTO t VALUES (:a)", [{"a": 4}])
    conn.execute("INSERT INTO t VALUES (:a), (?)", (5, 6))
    assert [row[0] for row in conn.execute("SELECT a FROM t")] == [1, 2, 3, 4, 5, 6]
