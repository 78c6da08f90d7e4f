"""pg_dump and psql: a served file becomes a database of PostgreSQL, and that one a file again."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing

import psycopg
import pytest

import heliosdb_sqlite
from server_kit.cluster import cluster, programs

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE moods (id int, m mood DEFAULT 'ok', ms mood[], CHECK (m <> 'happy'));
INSERT INTO moods VALUES (1, 'sad', '{sad,ok}'), (2, DEFAULT, NULL);
CREATE DOMAIN few AS int DEFAULT 3 CONSTRAINT not_many CHECK (VALUE < 9);
CREATE TABLE a (id serial PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x', n numeric(8,2) CHECK (n > 0), t timestamptz,
                tags text[], j jsonb, u uuid UNIQUE, span interval, big bigint, small smallint, f float8, bytes bytea, n3 few);
CREATE TABLE b (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                a_id int REFERENCES a (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, CONSTRAINT pair UNIQUE (a_id, id));
CREATE INDEX a_name ON a (lower(name)) WHERE n > 1;
CREATE VIEW v AS SELECT a.id, a.name, count(*) AS c FROM a JOIN b ON b.a_id = a.id GROUP BY a.id, a.name;
CREATE SEQUENCE counts START WITH 7 INCREMENT BY 3;
INSERT INTO a (name, n, tags, j, span, bytes, t) VALUES
    ('one', 1.5, '{x,"y z",NULL}', '{"a": [1, null]}', '1 day 2 hours', '\\x00ff', '2024-01-02 03:04:05.678+02'),
    (E'tab\\t\\\\ "q"', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO b (a_id) VALUES (1), (1), (2);
SELECT nextval('counts');
COMMENT ON TABLE a IS 'a table''s comment';
COMMENT ON COLUMN a.name IS 'a name'
"""


def restored(dump, url):
    subprocess.run(
        ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, url], check=True, stdout=subprocess.DEVNULL
    )


def dumped(url, file):
    file.write_bytes(subprocess.run(["pg_dump", url], check=True, capture_output=True).stdout)
    return file


def holds(url):
    """Return all rows, the next numbers, what is refused, and what the tables are."""
    with psycopg.connect(url, autocommit=True) as connection:
        ask = connection.execute
        found = [
            ask(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in ("a", "b", "v", "people", "moods")
        ]
        numbers = ("INSERT INTO a (name) VALUES ('new') RETURNING id", "INSERT INTO b (a_id) VALUES (1) RETURNING id",
                   "SELECT nextval('counts')")  # fmt: skip
        found += [ask(sql).fetchall() for sql in numbers]
        for sql in ("INSERT INTO b (a_id) VALUES (9)", "INSERT INTO a (n) VALUES (-1)", "INSERT INTO a (id) VALUES (1)",
                    "INSERT INTO b (id) VALUES (9)"):  # fmt: skip
            with pytest.raises(psycopg.Error) as caught:
                ask(sql)
            found.append((caught.value.sqlstate, caught.value.diag.constraint_name if "9" not in sql else ""))
        names = (
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid > 16383 ORDER BY 1"
        )
        found.append(ask(names).fetchall())
        found.append(ask("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1").fetchall())
        found.append(
            ask("SELECT obj_description('a'::regclass), col_description('a'::regclass, 2)").fetchall()
        )
        types = "SELECT table_name, column_name, data_type, column_default FROM information_schema.columns"
        return [*found, ask(f"{types} WHERE table_schema = 'public' ORDER BY 1, ordinal_position").fetchall()]


def test_a_file_becomes_a_database_and_a_file_again(tmp_path, record_property):
    if shutil.which("pg_dump") is None or programs() is None:
        record_property(
            "client", "pg_dump, or PostgreSQL to restore into, is not here: what it would show was not tried"
        )
        return
    first, last = tmp_path / "app.db", tmp_path / "back.db"
    with closing(sqlite3.connect(first)) as plain, plain:
        plain.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, born DATE, ok BOOLEAN)")
        plain.execute("INSERT INTO people VALUES (1, 'ann', '2020-01-02', 1), (2, 'bo\tb', NULL, 0)")
    sqlite3.connect(last).close()
    with heliosdb_sqlite.start_server(first, port=0) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
        dump = dumped(server.url, tmp_path / "dump.sql")
        expected = holds(server.url)
    with cluster() as template:
        url = template.format("postgres")
        restored(dump, url)
        dump = dumped(url, tmp_path / "again.sql")
        assert holds(url) == expected
    with heliosdb_sqlite.start_server(last, port=0) as server:
        restored(dump, server.url)
        assert holds(server.url) == expected
    with closing(sqlite3.connect(last)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
