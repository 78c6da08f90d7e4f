"""psycopg 3: text and binary, pipelines, server-side cursors, COPY in all formats, notifications."""
# ruff: noqa: DTZ001 - a timestamp without time zone has none

from __future__ import annotations

import datetime as dt
import decimal
import uuid

import psycopg
import psycopg.errors
import psycopg.types.json
import pytest


@pytest.fixture
def connection(server):
    with psycopg.connect(server.url) as made:
        yield made


VALUES = (
    True, 1, 2, 3, 1.5, 2.5, decimal.Decimal("12.345"), "x", "y", dt.date(2020, 1, 2), dt.time(1, 2, 3),
    dt.datetime(2020, 1, 2, 3, 4, 5, 6), dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc),
    dt.timedelta(days=1, hours=2), uuid.UUID(int=5), b"\x00\xff", [1, 2, None], ["a", 'b "q"', None],
)  # fmt: skip


@pytest.mark.parametrize("placeholder", ["%s", "%b"])
@pytest.mark.parametrize("binary", [False, True])
def test_values_as_text_and_in_binary(connection, placeholder, binary):
    connection.execute(
        "CREATE TABLE kinds (b bool, i2 smallint, i4 int, i8 bigint, f4 real, f8 float8, n numeric(12, 3), t text,"
        " v varchar(10), d date, ti time, ts timestamp, tz timestamptz, iv interval, u uuid, by bytea, ai int[], at text[])"
    )
    cursor = connection.cursor(binary=binary)
    marks = ", ".join([placeholder] * len(VALUES))
    assert cursor.execute(f"INSERT INTO kinds VALUES ({marks}) RETURNING *", VALUES).fetchone() == VALUES


def test_a_pipeline_with_an_error_in_the_middle(connection):
    with connection.pipeline():
        first = connection.execute("SELECT 1")
    assert first.fetchone() == (1,)
    with pytest.raises(psycopg.errors.UndefinedTable), connection.pipeline() as pipeline:
        connection.execute("INSERT INTO users (id, name) VALUES (50, 'gone')")
        connection.execute("SELECT * FROM nope")
        connection.execute("SELECT 2")
        pipeline.sync()
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM users").fetchone() == (3,)


@pytest.mark.parametrize("binary", [False, True])
def test_cursors_of_the_server_take_parameters(connection, binary):
    query = "SELECT id, name FROM users WHERE id > %s AND (name = %s OR %s IS NULL) ORDER BY id"
    with connection.transaction(), connection.cursor("chosen", binary=binary) as cursor:
        cursor.execute(query, (1, "bob", None))
        assert cursor.fetchall() == [(2, "bob"), (3, "cat")]


def test_windows_take_parameters(connection):
    query = "SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN %s PRECEDING AND %s FOLLOWING) FROM users ORDER BY id"
    assert connection.execute(query, (1, 0)).fetchall() == [(1, 1), (2, 3), (3, 5)]
    with pytest.raises(psycopg.errors.InvalidPrecedingOrFollowingSize):
        connection.execute(query, (-1, 0))


def test_a_scrollable_cursor(connection):
    with connection.cursor("scrolled", scrollable=True) as cursor:
        cursor.execute("SELECT * FROM generate_series(1, 10) AS n")
        cursor.fetchmany(5)
        cursor.scroll(-2)
        assert cursor.fetchone() == (4,)
        cursor.scroll(9, mode="absolute")
        assert cursor.fetchone() == (10,)


@pytest.mark.parametrize("form", ["text", "csv", "binary"])
def test_copy_goes_there_and_back(connection, form):
    connection.execute("CREATE TABLE rows (a int, b text, c date)")
    cursor = connection.cursor()
    rows = [(n, None if n % 3 == 0 else f't\t{n}\\ "x"\n', dt.date(2020, 1, 1)) for n in range(700)]
    types = ["int4", "text", "date"]
    if form == "csv":
        data = b"".join(
            b"%d,%s,2020-01-01\n" % (a, b'"' + b.replace('"', '""').encode() + b'"' if b else b"")
            for a, b, _ in rows
        )
        with cursor.copy("COPY rows FROM STDIN (FORMAT csv)") as copy:
            for at in range(0, len(data), 777):  # pieces that end anywhere
                copy.write(data[at : at + 777])
    else:
        with cursor.copy(f"COPY rows FROM STDIN (FORMAT {form})") as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
    assert cursor.execute("SELECT * FROM rows ORDER BY a").fetchall() == rows
    if form != "csv":
        with cursor.copy(f"COPY (SELECT * FROM rows ORDER BY a) TO STDOUT (FORMAT {form})") as copy:
            copy.set_types(types)
            assert list(copy.rows()) == rows


def test_nested_transactions(connection):
    with connection.transaction():
        connection.execute("INSERT INTO users (id, name) VALUES (60, 'kept')")
        with pytest.raises(psycopg.errors.UndefinedColumn), connection.transaction():
            connection.execute("SELECT nope FROM users")
    assert connection.execute("SELECT name FROM users WHERE id = 60").fetchone() == ("kept",)


def test_prepared_statements(connection):
    for n in range(10):
        assert connection.execute("SELECT %s::int + 1", (n,), prepare=True).fetchone() == (n + 1,)
    names = connection.execute("SELECT name FROM users WHERE id = ANY(%s) ORDER BY 1", ([1, 2],)).fetchall()
    assert names == [("ann",), ("bob",)]


def test_a_statement_prepared_before_the_table_changed(connection):
    connection.autocommit = True
    assert connection.execute("SELECT name FROM users WHERE id = %s", (1,), prepare=True).fetchone() == (
        "ann",
    )
    connection.execute("ALTER TABLE users ADD COLUMN note text DEFAULT 'n'")
    assert connection.execute("SELECT name FROM users WHERE id = %s", (1,), prepare=True).fetchone() == (
        "ann",
    )


def test_notifications(server):
    with psycopg.connect(server.url, autocommit=True) as one, psycopg.connect(server.url) as two:
        one.execute("LISTEN news")
        two.execute("NOTIFY news, 'first'")
        two.rollback()
        two.execute("NOTIFY news, 'second'")
        two.commit()
        assert next(iter(one.notifies(timeout=5))).payload == "second"


def test_a_repeatable_read_sees_one_state(server):
    with psycopg.connect(server.url) as one, psycopg.connect(server.url, autocommit=True) as two:
        one.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert one.execute("SELECT count(*) FROM users").fetchone() == (3,)
        two.execute("INSERT INTO users (name) VALUES ('new')")
        assert one.execute("SELECT count(*) FROM users").fetchone() == (3,)
        with pytest.raises(psycopg.errors.SerializationFailure):
            one.execute("UPDATE users SET name = 'x' WHERE id = 1")
        one.rollback()


def test_read_committed_sees_each_commit_and_writes_without_conflict(server):
    with psycopg.connect(server.url) as one, psycopg.connect(server.url, autocommit=True) as two:
        assert one.execute("SELECT count(*) FROM users").fetchone() == (3,)
        two.execute("INSERT INTO users (name) VALUES ('new')")
        assert one.execute("SELECT count(*) FROM users").fetchone() == (4,)
        one.execute("UPDATE users SET name = 'x' WHERE id = 1")
        one.commit()


def test_changes_in_a_with(connection):
    query = (
        "WITH gone AS (DELETE FROM posts WHERE user_id = 1 RETURNING title) SELECT title FROM gone ORDER BY 1"
    )
    assert connection.execute(query).fetchall() == [("one",), ("two",)]
    assert connection.execute("SELECT count(*) FROM posts").fetchone() == (1,)


def test_cancel(connection):
    import threading

    timer = threading.Timer(0.3, connection.cancel_safe)
    timer.start()
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        )
    timer.join()
    connection.rollback()
    assert connection.execute("SELECT 1").fetchone() == (1,)
