"""What is known of a statement holds for the schema it was made for: other programs may change that at any time."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest


@pytest.fixture
def client(server):
    with psycopg.connect(server.url, autocommit=True, prepare_threshold=0) as connection:
        yield connection


def change(path, *statements):
    beside = sqlite3.connect(path)
    for each in statements:
        beside.execute(each)
    beside.commit()
    beside.close()


def test_a_prepared_query_goes_on_where_its_columns_stay(client, path):
    ask = "SELECT name FROM users WHERE id = %s"
    assert client.execute(ask, (1,)).fetchone() == ("ann",)
    change(path, "CREATE TABLE more (a)", "UPDATE users SET name = 'eve' WHERE id = 1")
    assert client.execute(ask, (1,)).fetchone() == ("eve",)


def test_a_prepared_query_whose_columns_change_is_an_error(client, path):
    ask = "SELECT * FROM posts WHERE id = %s"
    assert client.execute(ask, (1,)).fetchone() == (1, 1, "one")
    change(path, "ALTER TABLE posts ADD COLUMN score INTEGER DEFAULT 5")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan must not change result type"):
        client.execute(ask, (1,))
    client.execute("DEALLOCATE ALL")
    assert client.execute("SELECT * FROM posts WHERE id = 1").fetchone() == (1, 1, "one", 5)


def test_a_query_that_is_not_prepared_gives_the_columns_there_are_now(connect, path):
    cursor = connect().cursor()
    ask = "SELECT * FROM posts WHERE id = 1"
    cursor.execute(ask)
    assert cursor.fetchall() == [(1, 1, "one")]
    cursor.connection.commit()
    change(
        path, "ALTER TABLE posts ADD COLUMN score INTEGER DEFAULT 5", "ALTER TABLE posts DROP COLUMN user_id"
    )
    cursor.execute(ask)
    assert [each.name for each in cursor.description] == ["id", "title", "score"]
    assert cursor.fetchall() == [(1, "one", 5)]


def test_a_parameter_is_read_as_its_column_is_now(client, path):
    change(path, "CREATE TABLE kinds (id INTEGER PRIMARY KEY, v INTEGER)")
    add = "INSERT INTO kinds (v) VALUES (%s)"
    client.execute(add, ("7",))
    change(path, "DROP TABLE kinds", "CREATE TABLE kinds (id INTEGER PRIMARY KEY, v BOOLEAN)")
    client.execute(add, ("yes",))
    assert client.execute("SELECT v FROM kinds").fetchall() == [(True,)]


def test_a_table_that_is_gone_is_gone_for_prepared_statements_too(client, path):
    ask = "SELECT title FROM posts WHERE id = %s"
    client.execute(ask, (1,))
    change(path, "DROP TABLE posts")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute(ask, (1,))


def test_what_was_made_in_a_transaction_is_unknown_when_it_is_undone(client):
    with pytest.raises(ZeroDivisionError), client.transaction():
        client.execute("CREATE TABLE brief (a INTEGER, b TEXT)")
        client.execute("INSERT INTO brief VALUES (%s, %s)", (1, "x"))
        assert client.execute("SELECT a, b FROM brief").fetchall() == [(1, "x")]
        raise ZeroDivisionError
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("SELECT a, b FROM brief")
    client.execute("CREATE TABLE brief (b TEXT, a INTEGER)")
    client.execute("INSERT INTO brief VALUES (%s, %s)", ("x", 1))
    assert client.execute("SELECT a, b FROM brief").fetchall() == [(1, "x")]


def test_temporary_tables_come_and_go(client):
    ask = "SELECT name FROM users WHERE id = %s"
    assert client.execute(ask, (2,)).fetchone() == ("bob",)
    client.execute("CREATE TEMP TABLE users (id INTEGER, name TEXT)")
    client.execute("INSERT INTO users VALUES (2, 'mine')")
    assert client.execute(ask, (2,)).fetchone() == ("mine",)
    client.execute("DISCARD TEMP")
    assert client.execute(ask, (2,)).fetchone() == ("bob",)


def test_a_time_zone_counts_for_what_is_prepared_already(client):
    ask = "SELECT CAST(%s AS timestamptz)::text"
    client.execute("SET TimeZone TO 'UTC'")
    assert client.execute(ask, ("2024-01-01 12:00+00",)).fetchone() == ("2024-01-01 12:00:00+00",)
    client.execute("SET TimeZone TO 'Asia/Tokyo'")
    assert client.execute(ask, ("2024-01-01 12:00+00",)).fetchone() == ("2024-01-01 21:00:00+09",)
