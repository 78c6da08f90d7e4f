"""Encrypted columns: every statement that writes, and what else goes on in a database."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import heliosdb_sqlite
from crypto_kit.users import ROWS
from heliosdb_sqlite.plugins import run


def test_every_way_to_write(conn):
    run = conn.execute
    run("INSERT INTO users (email, username) VALUES (?, ?), ('b' || 'c', 'x')", ("a", "y"))
    run("INSERT OR REPLACE INTO users (id, email) VALUES (1, :mail)", {"mail": "replaced"})
    run("REPLACE INTO users (id, ssn) VALUES (2, '999')")
    run("UPDATE users SET email = ?, username = 'n' WHERE ssn = ?", ("new", "999"))
    run("UPDATE users SET (email, age) = ('tuple', 7) WHERE id = 3")
    run("UPDATE users SET email = (SELECT email FROM users WHERE id = 3), age = age WHERE id = 1")
    run(
        "INSERT INTO users (id, ssn) VALUES (50, '999') ON CONFLICT (ssn) DO UPDATE SET email = excluded.ssn, username = 'up'"
    )
    run("WITH s(m) AS (VALUES ('with')) INSERT INTO users (id, email) SELECT 60, m FROM s")
    run(
        "INSERT INTO users (id, email, age) SELECT id + 100, email, age FROM users WHERE id = 3 ON CONFLICT DO NOTHING"
    )
    run("INSERT INTO users DEFAULT VALUES")
    rows = run("SELECT id, username, email, ssn, age FROM users ORDER BY id").fetchall()
    assert rows == [
        (1, None, "tuple", None, None), (2, "up", "999", "999", None), (3, "cat", "tuple", None, 7), (4, "y", "a", None, None),
        (5, "x", "bc", None, None), (60, None, "with", None, None), (103, None, "tuple", None, 7), (104, None, None, None, None),
    ]  # fmt: skip


def test_words_that_go_before_a_write(conn):
    conn.execute("UPDATE OR IGNORE users SET ssn = '111', email = 'lost' WHERE ssn = '222'")
    conn.execute("UPDATE OR REPLACE users SET ssn = '111', email = 'kept' WHERE ssn IN ('222')")
    assert conn.execute("SELECT id, email FROM users WHERE ssn = '111'").fetchall() == [(2, "kept")]


def test_a_trigger_may_roll_back(conn):
    conn.execute("CREATE TRIGGER never AFTER UPDATE ON users BEGIN SELECT RAISE(ROLLBACK, 'never'); END")
    conn.commit()
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        conn.execute("UPDATE users SET email = 'x'")
    assert not conn.in_transaction


def test_what_is_inserted_may_be_chosen_by_an_encrypted_column(conn):
    insert = "INSERT INTO users (id, username, email) SELECT id + 10, email IS NULL, email FROM users WHERE ssn = '222'"
    assert conn.execute(insert + " RETURNING email").fetchall() == [("bob@swordfish",)]
    conn.execute(f"{insert.replace('+ 10', '+ 20')} ON CONFLICT DO NOTHING")
    assert conn.execute("SELECT id, email FROM users WHERE id > 9").fetchall() == [
        (12, "bob@swordfish"),
        (22, "bob@swordfish"),
    ]


def test_update_from(conn):
    conn.execute("CREATE TABLE news (user INTEGER, mail TEXT)")
    conn.execute("INSERT INTO news VALUES (1, 'from news')")
    conn.execute("UPDATE users SET email = mail FROM news WHERE news.user = users.id")
    assert conn.execute("SELECT email FROM users WHERE id = 1").fetchone() == ("from news",)


def test_returning(conn):
    assert conn.execute("UPDATE users SET email = 'x' WHERE id = 1 RETURNING email, ssn").fetchall() == [
        ("x", "111")
    ]
    assert conn.execute("INSERT INTO users (email) VALUES ('y') RETURNING *").fetchone()[2] == "y"
    assert conn.execute("DELETE FROM users WHERE id = 1 RETURNING age").fetchall() == [(41,)]


def test_values_move_between_encrypted_columns(conn_plain):
    conn, plain = conn_plain
    conn.execute("CREATE TABLE t (r TEXT ENCRYPTED, d TEXT ENCRYPTED DETERMINISTIC)")
    conn.execute("INSERT INTO t SELECT ssn, email FROM users WHERE id = 1")
    assert conn.execute("SELECT r FROM t WHERE d = 'ann@swordfish'").fetchall() == [("111",)]
    conn.commit()
    assert b"swordfish" not in plain.execute("SELECT d FROM t").fetchone()[0]


@pytest.mark.parametrize(
    ("sql", "parameters", "rows"),
    [
        ("CREATE TABLE t AS SELECT id, email, ssn, age FROM users WHERE ssn = '111'", (), [(1, "ann@swordfish", "111", 41)]),
        ("create table t as select ssn as a, score s from users where id < 3 -- two", (), [("111", 1.5), ("222", 2.0)]),
        ("CREATE TABLE t AS SELECT ssn, ? AS n FROM users WHERE ssn = ?;", (7, "222"), [("222", 7)]),
        ("CREATE TABLE t AS SELECT email, :n AS n FROM users WHERE ssn = :ssn", {"n": 7, "ssn": "222"}, [("bob@swordfish", 7)]),
        (
            """CREATE TABLE IF NOT EXISTS main.t AS WITH w AS (SELECT ssn, count(*) FROM users GROUP BY ssn)
            SELECT * FROM w WHERE ssn IS NOT NULL UNION ALL SELECT ssn, 0 FROM users WHERE id = 2""",
            (),
            [("111", 1), ("222", 0), ("222", 1)],
        ),
        ("CREATE TABLE t AS SELECT a.ssn, b.ssn FROM users a JOIN users b USING (ssn) WHERE a.ssn = '111'", (), [("111", "111")]),
    ],
)  # fmt: skip
def test_a_table_that_is_made_of_encrypted_columns_has_encrypted_columns(
    conn, open_users, sql, parameters, rows
):
    conn.execute(sql, parameters)
    assert sorted(conn.execute("SELECT * FROM t")) == rows
    (declared,) = conn.execute("SELECT sql FROM sqlite_master WHERE name = 't'").fetchone()
    assert "ENCRYPTED" in declared and "CHECK" in declared
    sealed, copies = (
        {value for row in run(conn, f"SELECT {what}") for value in row if isinstance(value, bytes)}
        for what in ("ssn, email, age FROM users", "* FROM t")
    )
    assert copies and not copies & sealed  # they are other columns', and so other ciphertexts
    conn.commit()
    other = open_users()
    assert sorted(other.execute("SELECT * FROM t")) == rows


def test_such_a_table_is_there_with_its_rows_or_not_at_all(conn):
    conn.create_function("fails", 1, lambda _: 1 / 0)
    with pytest.raises(sqlite3.OperationalError):
        conn.execute("CREATE TABLE t AS SELECT email, fails(id) FROM users")
    assert not conn.in_transaction
    conn.execute("BEGIN")
    conn.execute("CREATE TABLE u AS SELECT email FROM users")
    conn.rollback()
    conn.execute("CREATE TEMP TABLE v AS SELECT email FROM users")
    conn.execute("CREATE TABLE IF NOT EXISTS v AS SELECT ssn FROM users")
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        conn.execute("CREATE TABLE users AS SELECT email FROM users")
    with pytest.raises(sqlite3.NotSupportedError, match=r"column 'e' of CREATE TABLE .* users\.email"):
        conn.execute("CREATE TABLE t AS SELECT coalesce(email, 'none') AS e FROM users")
    names = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names - {"heliosdb_crypto_keys"} == {"users", "v"}
    assert conn.execute("SELECT ssn FROM main.v WHERE ssn = '111'").fetchall() == [("111",)]
    assert conn.execute("SELECT email FROM temp.v").fetchall()[0] == ("ann@swordfish",)


def test_views_and_triggers(conn, open_users):
    conn.executescript("""
        CREATE VIEW mails AS SELECT id, email AS mail FROM users WHERE email IS NOT NULL;
        CREATE TABLE log (what TEXT, old TEXT ENCRYPTED, new TEXT ENCRYPTED DETERMINISTIC);
        CREATE TRIGGER logged AFTER UPDATE OF email ON users WHEN new.email IS NOT NULL BEGIN
            INSERT INTO log VALUES ('update; of email', old.email, new.email);
            UPDATE log SET old = 'nothing' WHERE old IS NULL;
        END;
    """)
    conn.execute("UPDATE users SET email = id || '@new' WHERE id > 1")
    conn.commit()
    for each in (conn, open_users()):
        assert each.execute("SELECT mail FROM mails ORDER BY id").fetchall() == [
            ("ann@swordfish",),
            ("2@new",),
            ("3@new",),
        ]
        assert each.execute("SELECT old FROM log WHERE new = '3@new'").fetchall() == [("nothing",)]
        with pytest.raises(sqlite3.NotSupportedError):
            each.execute("SELECT * FROM mails WHERE mail = 'x'")


def test_a_full_text_table_about_an_encrypted_column_is_refused(conn):
    conn.execute("CREATE VIRTUAL TABLE words USING fts5(username, content='users', content_rowid='id')")
    conn.execute("INSERT INTO words (words) VALUES ('rebuild')")
    assert conn.execute("SELECT rowid FROM words WHERE words MATCH 'bob'").fetchall() == [(2,)]
    for content in ("'users'", '"users"', "users"):
        with pytest.raises(
            sqlite3.NotSupportedError, match=r"users\.email, of which SQLite sees the ciphertext"
        ):
            conn.execute(f"CREATE VIRTUAL TABLE more USING fts5(username, email, content={content})")


def test_tables_and_columns_are_renamed_added_and_dropped(conn, open_users):
    conn.execute("ALTER TABLE users RENAME TO people")
    conn.execute("ALTER TABLE people RENAME COLUMN email TO mail")
    conn.execute("ALTER TABLE people ADD COLUMN note TEXT ENCRYPTED")
    conn.execute("UPDATE people SET note = mail WHERE id = 1")
    conn.execute("ALTER TABLE people DROP COLUMN photo")
    conn.commit()
    assert open_users().execute("SELECT mail, note FROM people WHERE ssn = '111'").fetchall() == [
        ("ann@swordfish",) * 2
    ]


def test_temporary_and_attached_tables(conn, tmp_path):
    conn.execute("CREATE TEMP TABLE t (a TEXT ENCRYPTED)")
    conn.execute("INSERT INTO t SELECT email FROM users WHERE id = 1")
    conn.execute("ATTACH ? AS other", (str(tmp_path / "other.db"),))
    conn.execute("CREATE TABLE other.o (a TEXT ENCRYPTED)")
    conn.execute("INSERT INTO other.o SELECT a FROM temp.t")
    conn.commit()
    assert conn.execute("SELECT a FROM t UNION ALL SELECT a FROM o").fetchall() == [("ann@swordfish",)] * 2
    assert b"swordfish" not in (tmp_path / "other.db").read_bytes()


def test_columns_of_an_attached_file_have_that_files_key(open_encrypted, tmp_path):
    conn = open_encrypted()
    for key in (b"1" * 32, b"2" * 32):
        conn.execute("ATTACH ? AS other KEY ?", (str(tmp_path / f"{key[0]}.db"), key))
        conn.execute("CREATE TABLE other.o (a TEXT ENCRYPTED, b TEXT ENCRYPTED DETERMINISTIC)")
        conn.execute("INSERT INTO other.o VALUES ('a', 'b')")
        conn.commit()
        conn.execute("DETACH other")
    conn.execute("ATTACH ? AS other KEY ?", (str(tmp_path / f"{b'1'[0]}.db"), b"1" * 32))
    conn.execute("INSERT INTO other.o VALUES ('c', 'b')")
    conn.commit()
    assert conn.execute("SELECT a FROM other.o WHERE b = 'b'").fetchall() == [("a",), ("c",)]
    conn.execute("DETACH other")
    for key, rows in ((b"1" * 32, [("a", "b"), ("c", "b")]), (b"2" * 32, [("a", "b")])):
        assert open_encrypted(tmp_path / f"{key[0]}.db", key).execute("SELECT * FROM o").fetchall() == rows


def test_what_is_written_after_a_backup_came_in_has_the_keys_that_came(open_encrypted, tmp_path):
    files = [tmp_path / "1.db", tmp_path / "2.db"]
    one, two = (open_encrypted(file) for file in files)
    for conn in (one, two):
        conn.execute("CREATE TABLE t (a TEXT ENCRYPTED)")
        conn.execute("INSERT INTO t VALUES ('before')")
        conn.commit()
    one.backup(two)
    two.execute("INSERT INTO t VALUES ('after')")
    two.commit()
    assert open_encrypted(files[1]).execute("SELECT a FROM t").fetchall() == [("before",), ("after",)]


@pytest.mark.parametrize(
    ("detects", "sql"),
    [
        (sqlite3.PARSE_DECLTYPES, "SELECT day FROM t"),
        (sqlite3.PARSE_DECLTYPES, "SELECT d FROM (SELECT day AS d FROM t)"),
        (sqlite3.PARSE_DECLTYPES, "UPDATE t SET id = 2 RETURNING *"),
        (sqlite3.PARSE_COLNAMES, 'SELECT day AS "day [date]" FROM t'),
        (sqlite3.PARSE_COLNAMES, 'INSERT INTO t (id) VALUES (7) RETURNING day AS "day [DATE]"'),
    ],
)
def test_a_converter_never_sees_a_ciphertext(file, keywords, detects, sql):
    with closing(heliosdb_sqlite.connect(file, detect_types=detects, **keywords)) as conn:
        conn.execute("CREATE TABLE t (id INTEGER, day DATE ENCRYPTED, note TEXT ENCRYPTED)")
        conn.execute("INSERT INTO t VALUES (1, '2024-02-29', 'leap')")
        with pytest.raises(sqlite3.NotSupportedError, match="converter"):
            conn.execute(sql)
        assert conn.execute("SELECT note, heliosdb_decrypt(day) FROM t").fetchall() == [
            ("leap", "2024-02-29")
        ]


def test_rows_go_through_the_users_factories(conn):
    conn.row_factory = sqlite3.Row
    row = conn.execute("SELECT id, email FROM users WHERE id = 1").fetchone()
    assert (row["email"], row.keys()) == ("ann@swordfish", ["id", "email"])
    conn.row_factory = None
    conn.text_factory = bytes
    assert conn.execute("SELECT email, age FROM users WHERE id = 1").fetchone() == (b"ann@swordfish", 41)
    assert list(conn.execute("SELECT email FROM users WHERE id < 3")) == [
        (b"ann@swordfish",),
        (b"bob@swordfish",),
    ]


def test_a_dump_is_in_the_clear_and_makes_encrypted_columns_anew(conn, tmp_path):
    lines = list(conn.iterdump())
    assert any("ann@swordfish" in line for line in lines)
    other = heliosdb_sqlite.connect(tmp_path / "other.db", column_key=b"x" * 32)
    for line in lines:
        other.execute(line)
    other.commit()
    assert other.execute("SELECT * FROM users").fetchall() == ROWS
    assert other.execute("SELECT id FROM users WHERE ssn = '222'").fetchall() == [(2,)]
    other.close()
    assert b"swordfish" not in (tmp_path / "other.db").read_bytes()


def test_scripts(conn):
    conn.executescript(
        "INSERT INTO users (id, email) VALUES (7, 'script; with semicolon'); UPDATE users SET age = 1 WHERE id = 7;"
    )
    assert conn.execute("SELECT email, age FROM users WHERE id = 7").fetchone() == (
        "script; with semicolon",
        1,
    )


def test_rolling_back_the_table_rolls_back_its_key(open_users):
    conn = open_users()
    for _ in range(2):
        conn.execute("BEGIN")
        conn.execute("CREATE TABLE t (a TEXT ENCRYPTED)")
        conn.execute("INSERT INTO t VALUES ('a')")
        conn.rollback()
    conn.execute("CREATE TABLE t (a TEXT ENCRYPTED)")
    conn.execute("INSERT INTO t VALUES ('kept')")
    conn.commit()
    assert open_users().execute("SELECT a FROM t").fetchall() == [("kept",)]
