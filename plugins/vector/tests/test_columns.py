"""VECTOR(n) in CREATE TABLE and ALTER TABLE: what SQLite then lets into the column."""

from __future__ import annotations

import sqlite3
import struct

import numpy as np
import pytest

THREE = struct.pack("<3f", 1, 2, 3)


def takes_only_vectors_of_three(conn, table="t", column="embedding"):
    conn.execute(f"INSERT INTO {table} ({column}) VALUES (?), (NULL)", (THREE,))
    for wrong in (THREE[:-1], THREE + THREE, b"", "[1, 2, 3]", 5, 1.5):
        with pytest.raises(
            sqlite3.IntegrityError, match=r"is not a VECTOR\(3\): it takes 3 float32 numbers \(12 bytes\)"
        ):
            conn.execute(f"INSERT INTO {table} ({column}) VALUES (?)", (wrong,))
    with pytest.raises(sqlite3.IntegrityError, match=r"VECTOR\(3\)"):
        conn.execute(f"UPDATE {table} SET {column} = 1")
    assert conn.execute(f"SELECT {column} FROM {table}").fetchall() == [(THREE,), (None,)]


@pytest.mark.parametrize(
    ("sql", "table", "column"),
    [
        ("CREATE TABLE t (embedding VECTOR(3))", "t", "embedding"),
        ("create table if not exists t (embedding vector(3) , title text)", "t", "embedding"),
        ("CREATE TEMP TABLE t (embedding VECTOR(3))", "temp.t", "embedding"),
        ("CREATE TABLE main.t (embedding VECTOR ( 3 ))", "main.t", "embedding"),
        ('CREATE TABLE "my table" ("my ""odd"" vector" VECTOR(3))', '"my table"', '"my ""odd"" vector"'),
        ("CREATE TABLE [t] ([a vector] VECTOR(3))", "t", "[a vector]"),
        ("CREATE TABLE `t` (`VECTOR` VECTOR(3))", "t", "vector"),
        ("CREATE TABLE t ('it''s' VECTOR(3))", "t", '"it\'s"'),
        (
            "/* VECTOR(9) */ CREATE TABLE t ( -- VECTOR(9)\nembedding VECTOR(3) -- it's three, (really\n)",
            "t",
            "embedding",
        ),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, embedding VECTOR(3) DEFAULT NULL UNIQUE, CHECK (1))",
            "t",
            "embedding",
        ),
        (
            "CREATE TABLE t (k TEXT DEFAULT 'a' , embedding VECTOR(3), PRIMARY KEY (k, embedding))",
            "t",
            "embedding",
        ),
    ],
)
def test_create_table(conn, sql, table, column):
    conn.execute(sql)
    takes_only_vectors_of_three(conn, table, column)


def test_without_rowid(conn):
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, embedding VECTOR(3) NOT NULL) WITHOUT ROWID")
    conn.execute("INSERT INTO t VALUES (1, ?)", (THREE,))
    with pytest.raises(sqlite3.IntegrityError, match="CHECK constraint failed: embedding is not a VECTOR"):
        conn.execute("INSERT INTO t VALUES (2, x'00')")
    with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
        conn.execute("INSERT INTO t VALUES (2, NULL)")


def test_several_vector_columns_each_with_its_own_length(conn):
    conn.execute("CREATE TABLE t (small VECTOR(2), large VECTOR(3))")
    conn.execute("INSERT INTO t VALUES (?, ?)", ([1, 2], [1, 2, 3]))
    with pytest.raises(sqlite3.IntegrityError, match=r"small is not a VECTOR\(2\)"):
        conn.execute("INSERT INTO t VALUES (?, ?)", ([1, 2, 3], [1, 2, 3]))
    with pytest.raises(sqlite3.IntegrityError, match=r"large is not a VECTOR\(3\)"):
        conn.execute("INSERT INTO t VALUES (?, ?)", ([1, 2], [1, 2]))


@pytest.mark.parametrize("column", ["COLUMN embedding", "embedding", "COLUMN 'embedding'"])
def test_alter_table_add_column(conn, column):
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT)")
    conn.execute("INSERT INTO t (title) VALUES ('there already')")
    conn.execute(f"ALTER TABLE t ADD {column} VECTOR(3)")
    assert conn.execute("SELECT embedding FROM t").fetchall() == [(None,)]
    conn.execute("DELETE FROM t")
    takes_only_vectors_of_three(conn)


def test_attached_databases_too(conn):
    conn.execute("ATTACH ':memory:' AS side")
    conn.execute("CREATE TABLE side.t (id INTEGER PRIMARY KEY)")
    conn.execute("ALTER TABLE side.t ADD COLUMN embedding VECTOR(3)")
    takes_only_vectors_of_three(conn, "side.t")


def test_executescript(conn):
    conn.executescript(
        "CREATE TABLE a (embedding VECTOR(3)); CREATE TABLE b (id); ALTER TABLE b ADD embedding VECTOR(3);"
    )
    takes_only_vectors_of_three(conn, "a")
    takes_only_vectors_of_three(conn, "b")


def test_it_survives_renaming(conn):
    conn.execute("CREATE TABLE old (embedding VECTOR(3))")
    conn.execute("ALTER TABLE old RENAME COLUMN embedding TO meaning")
    conn.execute("ALTER TABLE old RENAME TO t")
    takes_only_vectors_of_three(conn, "t", "meaning")


def test_the_declared_type_is_what_the_user_wrote(conn):
    conn.execute("CREATE TABLE t (id INTEGER, embedding VECTOR(3))")
    assert [row[2] for row in conn.execute("PRAGMA table_info(t)")] == ["INTEGER", "VECTOR(3)"]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (vector)",
        "CREATE TABLE t (vector BLOB, vectors TEXT DEFAULT 'VECTOR(3)')",
        'CREATE TABLE t (a "VECTOR"(3))',
        "CREATE TABLE t AS SELECT 1 AS vector",
        "CREATE VIEW t AS SELECT 'VECTOR(3)' AS vector",
    ],
)
def test_what_only_mentions_the_word_is_left_alone(conn, sql):
    conn.execute(sql)
    assert "CHECK" not in conn.execute("SELECT sql FROM sqlite_master").fetchone()[0]


# ---- other programs ----


def test_plain_sqlite3_reads_and_writes_the_table_and_is_held_to_it(open_vector, file, plain):
    conn = open_vector(file)
    conn.execute("CREATE TABLE t (embedding VECTOR(3))")
    conn.commit()
    takes_only_vectors_of_three(plain)
    plain.commit()
    assert conn.execute("SELECT vector_distance(embedding, ?, 'l2') FROM t", ([1, 2, 3],)).fetchall() == [
        (0.0,),
        (None,),
    ]


def test_what_plain_sqlite3_wrote_into_a_table_of_its_own_is_searched_all_the_same(open_vector, file, plain):
    plain.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, embedding)")
    plain.execute("INSERT INTO t VALUES (1, ?), (2, '[1, 2, 4]'), (3, NULL)", (THREE,))
    plain.commit()
    rows = open_vector(file).execute(
        "SELECT id, vector_distance(embedding, ?, 'l1') d FROM t ORDER BY d", ([1, 2, 3],)
    )
    assert rows.fetchall() == [(1, 0.0), (2, 1.0), (3, None)]


def dump(conn):
    return "\n".join(conn.iterdump())


@pytest.mark.parametrize(
    "change",
    ["SELECT 1", "ALTER TABLE t RENAME COLUMN embedding TO meaning", "ALTER TABLE t ADD COLUMN b VECTOR(2)"],
)
def test_a_dump_comes_back_as_it_was(conn, open_vector, change):
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, embedding VECTOR(3), other VECTOR(1) NOT NULL)")
    conn.execute("INSERT INTO t VALUES (1, ?, ?)", ([1, 2, 3], [9]))
    conn.execute(change)
    again, by_statement, bare = open_vector(), open_vector(), sqlite3.connect(":memory:")
    again.executescript(dump(conn))
    for statement in conn.iterdump():
        by_statement.execute(statement)
    bare.executescript(dump(conn))
    assert dump(conn) == dump(again) == dump(by_statement) == dump(bare)
    assert dump(conn).count("CHECK") == 2 + change.count("VECTOR")
    bare.close()


# ---- what is refused ----


@pytest.mark.parametrize(
    "declared",
    [
        "VECTOR",
        "VECTOR(0)",
        "VECTOR(-3)",
        "VECTOR(65536)",
        "VECTOR(1.5)",
        "VECTOR(3, 4)",
        "VECTOR(n)",
        "VECTOR()",
    ],
)
@pytest.mark.parametrize(
    "sql", ["CREATE TABLE t (id INTEGER, embedding {})", "ALTER TABLE u ADD COLUMN embedding {}"]
)
def test_dimensions_must_be_given_and_possible(conn, sql, declared):
    conn.execute("CREATE TABLE u (id INTEGER)")
    with pytest.raises(
        sqlite3.ProgrammingError, match=r"column 'embedding' is declared VECTOR.*from 1 to 65535"
    ):
        conn.execute(sql.format(declared))
    assert conn.execute("SELECT name FROM sqlite_master").fetchall() == [("u",)]


@pytest.mark.parametrize("declared", ["VECTOR(3) ENCRYPTED", "HALFVEC(3) ENCRYPTED DETERMINISTIC"])
def test_vectors_are_not_encrypted_by_themselves(conn, declared):
    with pytest.raises(
        sqlite3.NotSupportedError, match=r"column 'v' can't be .* and ENCRYPTED.*the whole file"
    ):
        conn.execute(f"CREATE TABLE t (id INTEGER, v {declared})")


def test_the_most_dimensions_there_can_be(conn):
    conn.execute("CREATE TABLE t (embedding VECTOR(65535))")
    conn.execute("INSERT INTO t VALUES (?)", (np.ones(65535, np.float32),))
    assert conn.execute("SELECT length(embedding) FROM t").fetchone() == (262140,)


def test_a_type_of_several_words_is_no_vector(conn):
    with pytest.raises(
        sqlite3.ProgrammingError, match=r"is declared FLOAT VECTOR\(3\): write VECTOR\(n\) alone"
    ):
        conn.execute("CREATE TABLE t (embedding FLOAT VECTOR(3))")


def test_strict_tables_get_the_declaration_that_holds_the_same(conn):
    with pytest.raises(sqlite3.NotSupportedError, match="table 't' is STRICT") as caught:
        conn.execute("CREATE TABLE t (id INTEGER, embedding VECTOR(3)) STRICT")
    way_out = str(caught.value).partition("declare ")[2].partition(", which")[0]
    assert way_out == '"embedding" BLOB CHECK (length("embedding") = 12)'


STRICT = sqlite3.sqlite_version_info >= (3, 37)


@pytest.mark.parametrize("strict", ["STRICT", "WITHOUT ROWID, STRICT"] if STRICT else [])
def test_strict_tables_get_it_in_alter_table_too(conn, strict):
    conn.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY) {strict}")
    conn.row_factory = sqlite3.Row
    with pytest.raises(sqlite3.NotSupportedError, match="BLOB CHECK") as caught:
        conn.execute("ALTER TABLE main.T ADD COLUMN embedding VECTOR(3)")
    way_out = str(caught.value).partition("declare ")[2].partition(", which")[0]
    conn.execute(f"ALTER TABLE t ADD COLUMN {way_out}")
    conn.execute("INSERT INTO t (id, embedding) VALUES (1, ?)", ([1, 2, 3],))
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("INSERT INTO t (id, embedding) VALUES (2, ?)", ([1, 2],))
