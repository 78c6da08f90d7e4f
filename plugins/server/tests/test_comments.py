"""COMMENT ON: where comments are kept, and that the format stays what it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import pytest

import heliosdb_sqlite

FORMAT = (
    "CREATE TABLE heliosdb_comments (/* comments 1 */ relation TEXT NOT NULL, member TEXT NOT NULL,"
    " comment TEXT NOT NULL, PRIMARY KEY (relation, member)) WITHOUT ROWID"
)


def test_comments_that_another_server_has_kept_are_shown(path):
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(FORMAT)
        file.execute(
            "INSERT INTO heliosdb_comments VALUES ('users', '', 'who'), ('users', 'name', 'what they are called')"
        )
    with heliosdb_sqlite.start_server(path, port=0) as server, psycopg.connect(server.url) as client:
        shown = client.execute(
            "SELECT obj_description('users'::regclass), col_description('users'::regclass, 2)"
        )
        assert shown.fetchone() == ("who", "what they are called")


def test_comments_are_kept_in_this_format(path):
    with heliosdb_sqlite.start_server(path, port=0) as server, psycopg.connect(server.url) as client:
        client.execute("COMMENT ON COLUMN users.name IS 'what they are called'")
    with closing(sqlite3.connect(path)) as file:
        (sql,) = file.execute("SELECT sql FROM sqlite_master WHERE name = 'heliosdb_comments'").fetchone()
        assert sql == FORMAT
        assert file.execute("SELECT * FROM heliosdb_comments").fetchall() == [
            ("users", "name", "what they are called")
        ]


def test_clients_see_no_table_of_comments(path):
    with heliosdb_sqlite.start_server(path, port=0) as server, psycopg.connect(server.url) as client:
        client.execute("COMMENT ON TABLE users IS 'who'")
        tables = client.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200"
        ).fetchall()
        assert ("heliosdb_comments",) not in tables


def test_comments_of_a_later_format_are_left_alone(path):
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(FORMAT.replace("comments 1", "comments 2"))
        file.execute("INSERT INTO heliosdb_comments VALUES ('users', '', 'who')")
    with heliosdb_sqlite.start_server(path, port=0) as server, psycopg.connect(server.url) as client:
        client.autocommit = True
        assert client.execute("SELECT obj_description('users'::regclass)").fetchone() == (None,)
        for change in (
            "COMMENT ON TABLE users IS NULL",
            "ALTER TABLE users RENAME name TO nick",
            "ALTER TABLE users RENAME TO people",
        ):
            with pytest.raises(
                psycopg.errors.FeatureNotSupported, match="have format 2, and this server knows 1"
            ):
                client.execute(change)
        assert client.execute("SELECT count(*) FROM users").fetchone() is not None
