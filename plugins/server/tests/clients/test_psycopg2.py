"""psycopg2: values, errors, transactions, named cursors, COPY."""
# ruff: noqa: DTZ001 - a timestamp without time zone has none

from __future__ import annotations

import datetime as dt
import decimal
import io
import uuid

import psycopg2
import psycopg2.errors
import psycopg2.extras
import pytest


def test_values_come_back_as_they_went(connect):
    psycopg2.extras.register_uuid()
    cursor = connect().cursor()
    cursor.execute(
        "CREATE TABLE kinds (b bool, i int, n numeric(12, 3), t text, d date, ti time, ts timestamp, tz timestamptz,"
        " iv interval, u uuid, j jsonb, by bytea, ai int[], at text[])"
    )
    values = (
        True, 7, decimal.Decimal("12.345"), "it's \\ ünï", dt.date(2024, 2, 29), dt.time(1, 2, 3),
        dt.datetime(2024, 1, 2, 3, 4, 5, 6), dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc), dt.timedelta(days=1, hours=2),
        uuid.UUID(int=5), psycopg2.extras.Json({"a": [1, None]}), b"\x00\xff", [1, None, 2], ["a", 'b "q"', None],
    )  # fmt: skip
    cursor.execute(f"INSERT INTO kinds VALUES ({', '.join(['%s'] * len(values))}) RETURNING *", values)
    row = list(cursor.fetchone())
    row[11] = bytes(row[11])
    expected = list(values)
    expected[10] = {"a": [1, None]}
    assert row == expected


ERRORS = [
    ("SELECT * FROM nope", psycopg2.errors.UndefinedTable),
    ("SELECT nope FROM users", psycopg2.errors.UndefinedColumn),
    ("SELEC 1", psycopg2.errors.SyntaxError),
    ("SELECT nope(1)", psycopg2.errors.UndefinedFunction),
    ("SELECT 'x'::int", psycopg2.errors.InvalidTextRepresentation),
    ("SELECT 99999999999::int", psycopg2.errors.NumericValueOutOfRange),
    ("SELECT 1 / 0", psycopg2.errors.DivisionByZero),
    ("SELECT name, count(*) FROM users", psycopg2.errors.GroupingError),
    ("SELECT * FROM users WHERE name = 1", psycopg2.errors.UndefinedFunction),
    ("INSERT INTO users (id, name) VALUES (1, 'x')", psycopg2.errors.UniqueViolation),
    ("INSERT INTO users (name) VALUES (NULL)", psycopg2.errors.NotNullViolation),
    ("INSERT INTO posts (user_id) VALUES (99)", psycopg2.errors.ForeignKeyViolation),
    ("INSERT INTO posts (title) VALUES (repeat('x', 41))", psycopg2.errors.StringDataRightTruncation),
    ("CREATE TABLE users (a int)", psycopg2.errors.DuplicateTable),
    ("DROP TABLE nope", psycopg2.errors.UndefinedTable),
    ("ATTACH DATABASE '/tmp/x.db' AS x", psycopg2.errors.InsufficientPrivilege),
    ("SELECT '2024-13-01'::date", psycopg2.errors.DatetimeFieldOverflow),
]


@pytest.mark.parametrize(("sql", "error"), ERRORS, ids=[sql[:40] for sql, _ in ERRORS])
def test_an_error_has_postgresqls_class(connect, sql, error):
    with pytest.raises(error):
        connect().cursor().execute(sql)


def test_a_failed_block_takes_nothing_until_it_ends(connect):
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("INSERT INTO users (name) VALUES ('dan')")
    with pytest.raises(psycopg2.errors.UndefinedTable):
        cursor.execute("SELECT * FROM nope")
    with pytest.raises(psycopg2.errors.InFailedSqlTransaction):
        cursor.execute("SELECT 1")
    connection.rollback()
    cursor.execute("SELECT count(*) FROM users")
    assert cursor.fetchone() == (3,)


def test_savepoints(connect):
    cursor = connect().cursor()
    cursor.execute("INSERT INTO users (id, name) VALUES (10, 'a')")
    cursor.execute("SAVEPOINT s")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        cursor.execute("INSERT INTO users (id, name) VALUES (10, 'b')")
    cursor.execute("ROLLBACK TO s")
    cursor.execute("SELECT name FROM users WHERE id = 10")
    assert cursor.fetchall() == [("a",)]


def test_a_savepoint_before_the_first_write(connect):
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("SAVEPOINT s")
    cursor.execute("DELETE FROM posts")
    cursor.execute("ROLLBACK TO s")
    connection.commit()
    cursor.execute("SELECT count(*) FROM posts")
    assert cursor.fetchone() == (3,)


def test_a_named_cursor_reads_in_pieces(connect):
    connection = connect()
    cursor = connection.cursor("many")
    cursor.itersize = 100
    cursor.execute("SELECT * FROM generate_series(1, 1000) AS n")
    assert sum(n for (n,) in cursor) == 500500


def test_a_named_cursor_outlives_writes_of_its_transaction(connect):
    connection = connect()
    reader = connection.cursor("reader")
    reader.execute("SELECT id FROM users ORDER BY id")
    assert reader.fetchone() == (1,)
    connection.cursor().execute("DELETE FROM posts")
    assert reader.fetchall() == [(2,), (3,)]


def test_copy_in_and_out(connect):
    connection = connect()
    cursor = connection.cursor()
    cursor.copy_expert("COPY users (id, name) FROM STDIN", io.StringIO("20\tx\\ty\n21\tz\n"))
    out = io.StringIO()
    cursor.copy_expert("COPY (SELECT id, name FROM users WHERE id >= 20 ORDER BY 1) TO STDOUT CSV", out)
    assert out.getvalue() == "20,x\ty\n21,z\n"


def test_a_copy_that_fails_stores_nothing(connect):
    connection = connect()
    cursor = connection.cursor()
    with pytest.raises(psycopg2.errors.InvalidTextRepresentation):
        cursor.copy_expert("COPY users (id, name) FROM STDIN", io.StringIO("30\tx\nno number\ty\n"))
    connection.rollback()
    cursor.execute("SELECT count(*) FROM users")
    assert cursor.fetchone() == (3,)


def test_parameters_without_a_space_between(connect):
    cursor = connect().cursor()
    cursor.execute("PREPARE p AS INSERT INTO users (id, name) VALUES ($1,$2)")
    cursor.execute("EXECUTE p(40, 'prepared')")
    cursor.execute("SELECT name FROM users WHERE id = 40")
    assert cursor.fetchone() == ("prepared",)


def test_sqlites_own_dialect_stays_in_reach(connect):
    cursor = connect().cursor()
    cursor.execute("INSERT OR REPLACE INTO users (id, name) VALUES (1, 'new')")
    cursor.execute("PRAGMA table_info(users)")
    assert [row[1] for row in cursor.fetchall()] == ["id", "name", "email", "active"]
    cursor.execute(
        "SELECT json_extract('{\"a\": 5}', '$.a'), typeof(name), strftime('%%Y', '2024-05-06') FROM users WHERE id = 1",
        (),
    )
    assert cursor.fetchone()[1:] == ("text", "2024")


def test_notices_and_settings(connect):
    connection = connect(application_name="tests")
    cursor = connection.cursor()
    cursor.execute("SHOW application_name")
    assert cursor.fetchone() == ("tests",)
    cursor.execute("SET TIME ZONE 'Europe/Vienna'")
    cursor.execute("SELECT timestamptz '2024-07-01 12:00:00+00'")
    assert cursor.fetchone()[0].isoformat() == "2024-07-01T14:00:00+02:00"
    with pytest.raises(psycopg2.errors.UndefinedObject):
        cursor.execute("SET nonsense TO 1")


def test_a_statement_has_its_time(connect):
    cursor = connect().cursor()
    cursor.execute("SET statement_timeout TO '200ms'")
    with pytest.raises(psycopg2.errors.QueryCanceled, match="statement timeout"):
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        )
