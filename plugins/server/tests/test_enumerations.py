"""Enumerations in the file: what other programs see of them, and that the format stays what it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import pytest

import heliosdb_sqlite

TYPE = "CREATE VIEW \"mood\"(label, place) AS /* enum 1, number 7 */ VALUES ('sad', 1.0), ('ok', 2.0)"
TABLE = (
    'CREATE TABLE person (id INTEGER PRIMARY KEY, "now" /* enum mood */ TEXT'
    ' CHECK /* enum mood */ ("now" IN (\'sad\', \'ok\')), "moods" /* enum mood[] */ "TEXT[]")'
)


@pytest.fixture
def kept(path):
    """A file with an enumeration that a server of this format has made."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(TYPE)
        file.execute(TABLE)
        file.execute("INSERT INTO person VALUES (1, 'sad', '[\"ok\"]'), (2, 'ok', NULL), (3, 'sad', NULL)")
    return path


@pytest.fixture
def client(kept):
    with (
        heliosdb_sqlite.start_server(kept, port=0) as server,
        psycopg.connect(server.url, autocommit=True) as connection,
    ):
        yield connection


def definitions(path):
    with closing(sqlite3.connect(path)) as file:
        return dict(file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def test_what_another_server_has_kept_is_read(client):
    assert client.execute("SELECT now, moods FROM person ORDER BY now, id").fetchall() == [
        ("sad", "{ok}"), ("sad", None), ("ok", None),
    ]  # fmt: skip
    assert client.execute("SELECT max(now), enum_range(NULL::mood)::text[] FROM person").fetchone() == (
        "ok",
        ["sad", "ok"],
    )


def test_they_are_kept_in_this_format(path):
    with heliosdb_sqlite.start_server(path, port=0) as server, psycopg.connect(server.url) as client:
        client.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
        client.execute("CREATE TABLE person (now mood DEFAULT 'ok', moods mood[])")
    found = definitions(path)
    head, _, rest = found["mood"].partition("number ")
    assert head == 'CREATE VIEW "mood"(label, place) AS /* enum 1, '
    assert rest.partition(" ")[2] == "*/ VALUES ('sad', 1.0), ('ok', 2.0)"
    assert " ".join(found["person"].split()) == (
        'CREATE TABLE "person" ( "now" /* enum mood */ TEXT DEFAULT \'ok\' /* enum mood */'
        ' CHECK /* enum mood */ ("now" IN (\'sad\', \'ok\')), "moods" /* enum mood[] */ "TEXT[]" )'
    )


def test_a_label_is_put_between_two_others(client, kept):
    client.execute("ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok'")
    found = definitions(kept)
    assert found["mood"] == (
        "CREATE VIEW \"mood\"(label, place) AS /* enum 1, number 7 */ VALUES ('sad', 1.0), ('meh', 1.5), ('ok', 2.0)"
    )
    assert "(\"now\" IN ('sad', 'meh', 'ok'))" in found["person"]


def test_places_between_two_labels_do_not_run_out(client):
    before = "ok"
    for number in range(60):
        client.execute(f"ALTER TYPE mood ADD VALUE 'm{number}' BEFORE '{before}'")
        before = f"m{number}"
    found = client.execute("SELECT enum_range(NULL::mood)::text[]").fetchone()[0]
    assert found == ["sad", *(f"m{number}" for number in reversed(range(60))), "ok"]


def test_other_programs_read_labels_and_write_no_others(kept):
    with closing(sqlite3.connect(kept)) as file:
        assert file.execute("SELECT label FROM mood ORDER BY place").fetchall() == [("sad",), ("ok",)]
        file.execute("INSERT INTO person (now) VALUES ('ok')")
        with pytest.raises(sqlite3.IntegrityError):
            file.execute("INSERT INTO person (now) VALUES ('angry')")
        assert file.execute("SELECT now, moods FROM person WHERE id = 1").fetchone() == ("sad", '["ok"]')


def test_a_column_that_another_program_renames_keeps_its_type(client, kept):
    with closing(sqlite3.connect(kept)) as file:
        file.execute("ALTER TABLE person RENAME COLUMN now TO feels")
    assert client.execute("SELECT pg_typeof(feels)::text FROM person LIMIT 1").fetchone() == ("mood",)
    client.execute("ALTER TYPE mood ADD VALUE 'meh'")
    client.execute("UPDATE person SET feels = 'meh' WHERE id = 3")
    assert client.execute("SELECT feels FROM person ORDER BY feels DESC LIMIT 1").fetchone() == ("meh",)


def test_a_column_whose_type_another_program_drops_is_text(client, kept):
    with closing(sqlite3.connect(kept)) as file:
        file.execute("DROP VIEW mood")
    assert client.execute("SELECT pg_typeof(now)::text, now FROM person LIMIT 1").fetchone() == (
        "text",
        "sad",
    )


def test_a_later_format_is_refused(kept):
    with closing(sqlite3.connect(kept)) as file:
        file.execute("DROP VIEW mood")
        file.execute(TYPE.replace("enum 1", "enum 2"))
    with heliosdb_sqlite.start_server(kept, port=0) as server, psycopg.connect(server.url) as client:
        client.autocommit = True
        for statement in (
            "SELECT 'ok'::mood",
            "SELECT * FROM person",
            "DROP TYPE mood",
            "ALTER TYPE mood ADD VALUE 'x'",
        ):
            with pytest.raises(
                psycopg.errors.FeatureNotSupported, match="has format 2, and this server knows 1"
            ):
                client.execute(statement)
        assert client.execute("SELECT count(*) FROM users").fetchone() == (3,)


def test_a_new_label_is_known_to_other_sessions_at_once(kept):
    with heliosdb_sqlite.start_server(kept, port=0) as server:
        one, two = (psycopg.connect(server.url, autocommit=True) for _ in range(2))
        query = "SELECT now FROM person WHERE now > 'sad' ORDER BY now"
        assert two.execute(query).fetchall() == [("ok",)]
        one.execute("ALTER TYPE mood ADD VALUE 'meh' AFTER 'sad'")
        one.execute("UPDATE person SET now = 'meh' WHERE id = 3")
        assert two.execute(query).fetchall() == [("meh",), ("ok",)]
        one.execute("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'")
        assert two.execute(query).fetchall() == [("meh",), ("fine",)]
        one.close()
        two.close()


def test_queries_without_a_table_know_new_labels_too(kept):
    with heliosdb_sqlite.start_server(kept, port=0) as server:
        one, two = (psycopg.connect(server.url, autocommit=True) for _ in range(2))
        asked = (
            "SELECT enum_last(NULL::mood)::text",
            "SELECT max(x)::text FROM unnest(enum_range(NULL::mood)) AS x",
        )
        for prepare in (False, True):
            assert [two.execute(query, prepare=prepare).fetchone() for query in asked] == [("ok",)] * 2
        one.execute("ALTER TYPE mood ADD VALUE 'zen'")
        for prepare in (False, True):
            assert [two.execute(query, prepare=prepare).fetchone() for query in asked] == [("zen",)] * 2
        one.close()
        two.close()


def test_a_parameter_may_be_a_label_that_another_session_has_added(kept):
    with heliosdb_sqlite.start_server(kept, port=0) as server:
        one, two = (psycopg.connect(server.url, autocommit=True) for _ in range(2))

        def write(label):
            return two.execute(
                "UPDATE person SET now = %s WHERE id = 3 RETURNING now", (label,), prepare=True
            ).fetchone()

        assert write("sad") == ("sad",)
        one.execute("ALTER TYPE mood ADD VALUE 'zen'")
        assert write("zen") == ("zen",)
        one.execute("ALTER TYPE mood RENAME VALUE 'sad' TO 'low'")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            write("sad")
        one.close()
        two.close()


def test_a_change_of_a_type_that_is_undone_leaves_nothing(client, kept):
    before = definitions(kept)
    for statement in (
        "ALTER TYPE mood ADD VALUE 'x'",
        "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
        "ALTER TYPE mood RENAME TO feeling",
        "DROP TYPE mood CASCADE",
    ):
        with pytest.raises(ZeroDivisionError), client.transaction():
            client.execute(statement)
            raise ZeroDivisionError
        assert definitions(kept) == before
        assert client.execute("SELECT now::mood FROM person ORDER BY now DESC LIMIT 1").fetchone() == ("ok",)


def test_databases_that_one_program_serves_have_types_of_their_own(kept, tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as file:
        file.execute(TYPE.replace("('sad', 1.0), ('ok', 2.0)", "('ok', 1.0), ('sad', 2.0)"))
    found = []
    for each in (kept, tmp_path / "other.db", kept):
        with heliosdb_sqlite.start_server(each, port=0) as server, psycopg.connect(server.url) as client:
            found.append(
                client.execute("SELECT 'ok'::mood > 'sad', ARRAY['ok']::mood[] > '{sad}'").fetchone()
            )
    assert found == [(True, True), (False, False), (True, True)]
