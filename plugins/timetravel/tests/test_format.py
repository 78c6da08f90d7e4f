"""The format of the history: a file that the first version wrote is read, and goes on, by every later one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "data" / "format1.sql"

WRITE = """
    CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE, born INT, age INT AS (2024 - born));
    CREATE TABLE places (country TEXT, city TEXT, size, PRIMARY KEY (country, city)) WITHOUT ROWID;
    CREATE TABLE notes (text);
    CREATE INDEX people_born ON people (born);
    INSERT INTO people (id, name, born) VALUES (1, 'ann', 1970), (2, 'bob', 1980);
    INSERT INTO places VALUES ('DE', 'Ulm', 1), ('FR', 'Metz', 2);
    INSERT INTO notes VALUES ('first'), (x'00ff'), (NULL);
"""
CHANGE = """
    UPDATE people SET name = 'ANN' WHERE id = 1;
    INSERT OR REPLACE INTO people (id, name, born) VALUES (3, 'BOB', 1990);
    UPDATE places SET city = 'Bonn' WHERE city = 'Ulm';
    DELETE FROM notes WHERE text = 'first';
    ALTER TABLE people ADD COLUMN mail TEXT DEFAULT '-';
    ALTER TABLE notes RENAME COLUMN text TO note;
    DROP TABLE places;
"""


def write(conn) -> None:
    """Write what the golden file holds."""
    conn.executescript(WRITE)
    conn.tag("written")
    with conn.recorded_as("changer"):
        conn.executescript(CHANGE)


@pytest.fixture
def old(file, open_travel):
    """The golden file, as the first version left it."""
    conn = sqlite3.connect(file)
    conn.executescript(GOLDEN.read_text(encoding="utf-8"))
    conn.close()
    return open_travel()


def rows(conn, sql):
    return sorted(conn.execute(sql).fetchall(), key=repr)


def test_an_old_file_is_read(old):
    assert rows(old, "SELECT * FROM people AS OF TAG 'written'") == [
        (1, "ann", 1970, 54, "-"),
        (2, "bob", 1980, 44, "-"),
    ]
    assert rows(old, "SELECT * FROM people") == [(1, "ANN", 1970, 54, "-"), (3, "BOB", 1990, 34, "-")]
    assert rows(old, "SELECT * FROM places AS OF TAG 'written'") == [("DE", "Ulm", 1), ("FR", "Metz", 2)]
    assert rows(old, "SELECT note FROM notes AS OF TAG 'written'") == [("first",), (None,), (b"\x00\xff",)]
    assert [(v.operation, v.user) for v in old.history("people", 1)] == [
        ("INSERT", None),
        ("UPDATE", "changer"),
    ]


def test_an_old_file_goes_on(old):
    old.executescript("UPDATE people SET mail = 'a@x' WHERE id = 1; DELETE FROM notes")
    assert [v.row["mail"] for v in old.history("people", 1)] == ["-", "-", "a@x"]
    old.restore("people", tag="written")
    assert rows(old, "SELECT id, name FROM people") == [(1, "ann"), (2, "bob")]


def test_what_is_written_today_has_the_same_schema(old, conn):
    write(conn)
    sql = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    assert conn.execute(sql).fetchall() == old.execute(sql).fetchall()


@pytest.mark.parametrize("column", ["began", "ended", "purged", "name"])
def test_a_registry_with_values_of_other_types_is_said_to_be_damaged(open_travel, plain, column):
    with closing(open_travel()) as conn:
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    plain.execute(f"UPDATE heliosdb_timetravel_tables SET {column} = x'00'")
    plain.commit()
    with pytest.raises(sqlite3.DatabaseError, match="registry of histories in 'main' is damaged"):
        open_travel().execute("SELECT * FROM t AS OF 'now'")


@pytest.mark.parametrize("junk", ["7", "[]", "{}", "no JSON", '{"columns": 3}', None, 5])
def test_a_registry_that_somebody_wrote_to_is_said_to_be_damaged(open_travel, plain, junk):
    with closing(open_travel()) as conn:
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    plain.execute("UPDATE heliosdb_timetravel_tables SET definition = coalesce(?, x'00')", (junk,))
    plain.commit()
    with pytest.raises(sqlite3.DatabaseError, match="registry of histories in 'main' is damaged"):
        open_travel().execute("SELECT * FROM t AS OF 'now'")
