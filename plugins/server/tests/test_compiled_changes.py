"""A change that comes again runs as it was compiled, by itself: with the schema as it is now, and all of it or nothing."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest


@pytest.fixture
def client(server):
    with psycopg.connect(server.url, autocommit=True, prepare_threshold=0) as connection:
        yield connection


@pytest.fixture
def other(path):
    """Another program, beside the server."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def titles(connection):
    return [title for (title,) in connection.execute("SELECT title FROM posts WHERE id > 3 ORDER BY id")]


def insert(client, *values):
    for value in values:
        client.execute("INSERT INTO posts (title) VALUES (%s)", (value,))


def test_each_is_committed_when_it_is_over(client, other, server):
    before = server.get_status().total_commits
    for number, title in enumerate("abc", 1):
        insert(client, title)
        assert titles(other) == list("abc")[:number]
    assert server.get_status().total_commits == before + 3


def test_a_trigger_that_another_program_makes_fires_for_the_next(client, other):
    insert(client, "a", "b")
    other.execute(
        "CREATE TRIGGER t AFTER INSERT ON posts BEGIN UPDATE posts SET title = 'seen' WHERE id = new.id; END"
    )
    insert(client, "c", "d")
    other.execute("DROP TRIGGER t")
    insert(client, "e")
    assert titles(client) == ["a", "b", "seen", "seen", "e"]


def test_a_table_that_another_program_makes_anew_is_changed_as_it_is_now(client, other):
    sql = "UPDATE counted SET n = n + %s"
    other.execute("CREATE TABLE counted (n INT)")
    other.execute("INSERT INTO counted VALUES (1)")
    client.execute(sql, (1,))
    client.execute(sql, (1,))
    other.execute("DROP TABLE counted")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute(sql, (1,))
    other.execute("CREATE TABLE counted (n BIGINT)")
    other.execute("INSERT INTO counted VALUES (3000000000)")
    client.execute(sql, (1,))
    assert client.execute("SELECT n FROM counted").fetchone() == (3000000001,)


@pytest.mark.parametrize("how", ["FAIL", "ABORT", "ROLLBACK"])
def test_one_that_fails_halfway_leaves_nothing(client, other, how):
    other.execute(
        "CREATE TRIGGER t BEFORE UPDATE ON posts WHEN new.title = 'no' AND old.id = 3"
        f" BEGIN SELECT RAISE({how}, 'not this one'); END"
    )
    sql = "UPDATE posts SET title = %s WHERE id > %s"
    for _ in range(3):
        client.execute(sql, ("yes", 0))
        with pytest.raises(psycopg.Error, match="not this one"):
            client.execute(sql, ("no", 0))
    assert other.execute("SELECT DISTINCT title FROM posts").fetchall() == [("yes",)]


def test_a_key_that_is_found_missing_at_the_end_leaves_nothing(client, other):
    client.execute("CREATE TABLE late (user_id INT REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED)")
    sql = "INSERT INTO late VALUES (%s)"
    for _ in range(3):
        client.execute(sql, (1,))
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            client.execute(sql, (77,))
    assert other.execute("SELECT count(*), max(user_id) FROM late").fetchone() == (3, 1)


def test_several_up_to_the_same_sync_are_one_transaction(client, other):
    insert(client, "a")
    with pytest.raises(psycopg.errors.UniqueViolation), client.pipeline():
        insert(client, "b", "c")
        client.execute("INSERT INTO posts (id) VALUES (1)")
    assert titles(other) == ["a"]
    with client.pipeline():
        insert(client, "d", "e")
    assert titles(other) == ["a", "d", "e"]


def test_rows_that_a_temporary_table_loses_at_the_end_are_lost(client):
    client.execute("CREATE TEMP TABLE passing (n INT) ON COMMIT DELETE ROWS")
    for number in range(3):
        client.execute("INSERT INTO passing VALUES (%s)", (number,))
    assert client.execute("SELECT count(*) FROM passing").fetchone() == (0,)


def test_a_session_that_becomes_read_only_changes_nothing(client, other):
    insert(client, "a", "b")
    client.execute("SET default_transaction_read_only TO on")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        insert(client, "c")
    assert titles(other) == ["a", "b"]


def test_tables_that_run_statements_of_their_own_can_be_changed(client, other):
    other.execute("CREATE VIRTUAL TABLE words USING fts5 (word)")
    for word in ("one", "two", "three"):
        client.execute("INSERT INTO words (word) VALUES (%s)", (word,))
    assert other.execute("SELECT word FROM words WHERE words MATCH 'two'").fetchall() == [("two",)]


def test_the_last_value_is_that_of_the_last_change(client):
    client.execute("CREATE TABLE counted (id SERIAL PRIMARY KEY, n INT)")
    for number in range(1, 4):
        client.execute("INSERT INTO counted (n) VALUES (%s)", (number,))
        assert client.execute("SELECT lastval()").fetchone() == (number,)


def test_inside_a_block_they_end_with_it(client, other):
    for end, expected in (("ROLLBACK", []), ("COMMIT", ["a", "b"])):
        client.execute("BEGIN")
        insert(client, "a", "b")
        assert titles(other) == []
        client.execute(end)
        assert titles(other) == expected
