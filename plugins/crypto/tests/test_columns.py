"""Encrypted columns: ciphertext wherever it is stored, the value itself wherever it is returned."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import run

KEY = b"c" * 32
USERS = """CREATE TABLE users (
    id INTEGER PRIMARY KEY, username TEXT, email TEXT ENCRYPTED, ssn TEXT ENCRYPTED DETERMINISTIC UNIQUE,
    age INTEGER ENCRYPTED, photo BLOB ENCRYPTED, score REAL ENCRYPTED)"""
ROWS = [
    (1, "ann", "ann@swordfish", "111", 41, b"\x00\xff", 1.5),
    (2, "bob", "bob@swordfish", "222", 42, b"", 2.0),
    (3, "cat", None, None, None, None, None),
]


@pytest.fixture(params=["plain file", "encrypted file"])
def keywords(request):
    return {"column_key": KEY} if request.param == "plain file" else {"encryption_key": KEY}


@pytest.fixture
def open_users(file, keywords):
    opened = []

    def connect(**more):
        opened.append(heliosdb_sqlite.connect(file, **{**keywords, **more}))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


@pytest.fixture
def conn(open_users):
    conn = open_users()
    conn.execute(USERS)
    conn.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
    conn.commit()
    return conn


@pytest.fixture
def conn_plain(file):
    """Encrypted columns in a plain file, and the file as sqlite3 sees it."""
    conn = heliosdb_sqlite.connect(file, column_key=KEY)
    conn.execute(USERS)
    conn.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
    conn.commit()
    plain = sqlite3.connect(file)
    yield conn, plain
    plain.close()
    conn.close()


def test_values_and_their_types_come_back(conn, open_users):
    assert conn.execute("SELECT * FROM users").fetchall() == ROWS
    conn.close()
    assert open_users().execute("SELECT * FROM users").fetchall() == ROWS


def test_in_the_file_they_are_ciphertext(conn_plain, file):
    _, plain = conn_plain
    assert b"swordfish" not in file.read_bytes()
    rows = plain.execute("SELECT username, email, ssn, age, photo, score FROM users").fetchall()
    assert [row[0] for row in rows] == ["ann", "bob", "cat"]
    assert {type(value) for row in rows[:2] for value in row[1:]} == {bytes}
    assert rows[2][1:] == (None,) * 5


def test_equal_values_differ_in_a_randomised_column_and_do_not_in_a_deterministic_one(conn_plain):
    conn, plain = conn_plain
    conn.execute("CREATE TABLE t (r TEXT ENCRYPTED, d TEXT ENCRYPTED DETERMINISTIC)")
    conn.executemany("INSERT INTO t VALUES ('same', 'same')", [()] * 3)
    conn.commit()
    assert plain.execute("SELECT count(DISTINCT r), count(DISTINCT d) FROM t").fetchone() == (3, 1)


def test_nobody_can_write_a_value_in_the_clear(conn_plain):
    _, plain = conn_plain
    for value in ("'clear'", "x'00'", "42", "zeroblob(100)"):
        with pytest.raises(sqlite3.IntegrityError, match="email takes sealed values only"):
            plain.execute(f"UPDATE users SET email = {value}")


def test_the_types_of_the_columns_count_as_in_a_plain_table(conn):
    values = [5, 2.0, "12", "1.5", "x", b"12", 2**60, "-0", 1e300, " 7 ", ""]
    names = ["TEXT", "INTEGER", "REAL", "NUMERIC", "BLOB", "VARCHAR(9)", "BOOLEAN"]
    conn.execute(f"CREATE TABLE plain ({', '.join(f'c{n} {name}' for n, name in enumerate(names))})")
    conn.execute(
        f"CREATE TABLE sealed ({', '.join(f'c{n} {name} ENCRYPTED' for n, name in enumerate(names))})"
    )
    for value in values:
        for table in ("plain", "sealed"):
            conn.execute(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?)", (value,) * 7)
    plain, sealed = (conn.execute(f"SELECT * FROM {table}").fetchall() for table in ("plain", "sealed"))
    assert [[(type(v), v) for v in row] for row in sealed] == [[(type(v), v) for v in row] for row in plain]


def test_values_that_sqlite3_adapts(conn):
    conn.execute("INSERT INTO users (id, email) VALUES (9, ?)", ("\N{SNOWMAN}" * 1000,))
    conn.execute("INSERT INTO users (id, photo) VALUES (10, ?)", (memoryview(b"view"),))
    conn.execute("INSERT INTO users (id, age) VALUES (11, ?)", (True,))
    rows = conn.execute("SELECT email, photo, age FROM users WHERE id > 8 ORDER BY id").fetchall()
    assert rows == [("\N{SNOWMAN}" * 1000, None, None), (None, b"view", None), (None, None, 1)]


RETURNS = [
    ("SELECT email FROM users WHERE id = 1", [("ann@swordfish",)]),
    ("SELECT u.email AS mail, users.id FROM users AS u JOIN users ON u.id = users.id WHERE u.id = 2", [("bob@swordfish", 2)]),
    ('SELECT "email", [ssn], `age` FROM "users" WHERE id = 1', [("ann@swordfish", "111", 41)]),
    ("SELECT main.users.email FROM main.users WHERE main.users.id = 1", [("ann@swordfish",)]),
    ("SELECT (SELECT email FROM users WHERE id = 2)", [("bob@swordfish",)]),
    ("SELECT e FROM (SELECT email AS e, id FROM users) WHERE id = 1", [("ann@swordfish",)]),
    ("WITH q(e) AS (SELECT email FROM users WHERE id < 3) SELECT e FROM q", [("ann@swordfish",), ("bob@swordfish",)]),
    ("SELECT email FROM users WHERE id = 1 UNION ALL SELECT username FROM users WHERE id = 3", [("ann@swordfish",), ("cat",)]),
    ("SELECT id FROM users WHERE email IS NULL", [(3,)]),
    ("SELECT id FROM users WHERE email IS NOT NULL AND age NOTNULL ORDER BY id", [(1,), (2,)]),
    ("SELECT count(*), count(email), count(DISTINCT ssn) FROM users", [(3, 2, 2)]),
    ("SELECT coalesce(email, 'none') FROM users WHERE id = 3", [("none",)]),
    ("SELECT CASE WHEN id = 1 THEN email ELSE username END FROM users ORDER BY id LIMIT 2", [("ann@swordfish",), ("bob",)]),
    ("SELECT username FROM users WHERE ssn = '222'", [("bob",)]),
    ("SELECT username FROM users WHERE '222' = ssn", [("bob",)]),
    ("SELECT username FROM users u WHERE u.ssn == '222' OR u.ssn IS '111' ORDER BY id", [("ann",), ("bob",)]),
    ("SELECT username FROM users WHERE ssn <> '222' AND ssn IS NOT '333'", [("ann",)]),
    ("SELECT username FROM users WHERE ssn IN ('111', '222', 222) ORDER BY id", [("ann",), ("bob",)]),
    ("SELECT username FROM users WHERE ssn NOT IN ('111')", [("bob",)]),
    ("SELECT username FROM users WHERE ssn = 222", [("bob",)]),
    ("SELECT username FROM users WHERE ssn = ('2' || '22')", [("bob",)]),
    ("SELECT a.username FROM users a JOIN users b ON a.ssn = b.ssn ORDER BY a.id", [("ann",), ("bob",)]),
    ("SELECT a.username FROM users a JOIN users b USING (ssn) ORDER BY a.id", [("ann",), ("bob",)]),
    ("SELECT username FROM users WHERE ssn IN (SELECT ssn FROM users WHERE id = 2)", [("bob",)]),
    ("SELECT username FROM users WHERE EXISTS (SELECT 1 FROM users o WHERE o.ssn = users.ssn) ORDER BY id", [("ann",), ("bob",)]),
    ("SELECT DISTINCT ssn FROM users WHERE id = 1", [("111",)]),
    ("SELECT ssn, count(*) FROM users WHERE ssn = '111' GROUP BY ssn", [("111", 1)]),
    ("SELECT upper(heliosdb_decrypt(email)) FROM users WHERE heliosdb_decrypt(email) LIKE 'ann%'", [("ANN@SWORDFISH",)]),
    ("SELECT id FROM users WHERE id > 0 ORDER BY heliosdb_decrypt(age) DESC LIMIT 1", [(2,)]),
    ("VALUES ((SELECT email FROM users WHERE id = 1))", [("ann@swordfish",)]),
    ("SELECT first_value(email) OVER (ORDER BY id) FROM users LIMIT 1", [("ann@swordfish",)]),
    ("SELECT 'email', 'x' AS \"ssn\"", [("email", "x")]),
    ("SELECT id FROM users WHERE ssn IS'222'", [(2,)]),
    ("SELECT CASE WHEN'222'=ssn THEN 'him' END FROM users WHERE id=2", [("him",)]),
    ("SELECT u.id FROM users u, json_each('[1, 2]') j WHERE u.ssn = '222' AND j.value = u.id", [(2,)]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "rows"), RETURNS)
def test_what_can_be_asked(conn, sql, rows):
    assert conn.execute(sql).fetchall() == rows


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT username FROM users WHERE ssn = ?",
        "SELECT username FROM users WHERE ? = ssn",
        "SELECT username FROM users WHERE ssn IN ('x', ?)",
        "SELECT username FROM users WHERE id > 0 AND ssn IS ?",
        "SELECT username FROM users WHERE ssn = upper(?)",
    ],
)
def test_parameters_are_sealed_for_a_comparison(conn, sql):
    assert conn.execute(sql, ("222",)).fetchall() == [("bob",)]
    assert conn.execute(sql, ("nobody",)).fetchall() == []


def test_a_deterministic_column_is_searched_by_its_index(conn):
    plan = conn.execute("EXPLAIN QUERY PLAN SELECT * FROM users WHERE ssn = ?", ("1",)).fetchall()
    assert "USING INDEX" in plan[0][3]
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        conn.execute("INSERT INTO users (ssn) VALUES ('111')")


REFUSED = [
    "SELECT * FROM users WHERE email = 'a'", "SELECT * FROM users WHERE 'a' = email", "SELECT * FROM users WHERE email IN ('a')",
    "SELECT * FROM users WHERE email LIKE 'a%'", "SELECT * FROM users WHERE ssn LIKE 'a%'", "SELECT * FROM users WHERE ssn GLOB 'a*'",
    "SELECT * FROM users WHERE ssn < 'a'", "SELECT * FROM users WHERE age > 5", "SELECT * FROM users WHERE age BETWEEN 1 AND 9",
    "SELECT * FROM users ORDER BY email", "SELECT email FROM users ORDER BY 1", "SELECT email AS e FROM users ORDER BY e",
    "SELECT * FROM users ORDER BY ssn", "SELECT id FROM users ORDER BY age + 1", "SELECT max(age) FROM users", "SELECT min(ssn) FROM users",
    "SELECT sum(age) FROM users", "SELECT avg(score) FROM users", "SELECT upper(email) FROM users", "SELECT length(email) FROM users",
    "SELECT email || 'x' FROM users", "SELECT typeof(email) FROM users", "SELECT CAST(age AS TEXT) FROM users", "SELECT age + 1 FROM users",
    "SELECT group_concat(email) FROM users", "SELECT DISTINCT email FROM users", "SELECT DISTINCT * FROM users",
    "SELECT count(DISTINCT email) FROM users", "SELECT email FROM users GROUP BY email", "SELECT ssn FROM users GROUP BY 1, age",
    "SELECT email FROM users UNION SELECT username FROM users", "SELECT ssn FROM users EXCEPT SELECT username FROM users",
    "SELECT * FROM users a JOIN users b ON a.email = b.email", "SELECT * FROM users a JOIN users b ON a.ssn = b.username",
    "SELECT * FROM users a JOIN users b USING (email)", "SELECT * FROM users a NATURAL JOIN users b", "SELECT * FROM users WHERE ssn = username",
    "SELECT * FROM users WHERE email", "SELECT * FROM users WHERE NOT email", "SELECT CASE email WHEN 'a' THEN 1 END FROM users",
    "SELECT * FROM users WHERE ssn IN (SELECT username FROM users)", "SELECT * FROM users WHERE username IN (SELECT email FROM users)",
    "SELECT id FROM (SELECT id, email AS e FROM users) WHERE e = 'a'", "WITH q AS (SELECT email e FROM users) SELECT * FROM q WHERE e > 'a'",
    "SELECT * FROM users WHERE ssn = 'a' COLLATE NOCASE", "SELECT * FROM users WHERE ssn = '1' || '11'", "SELECT * FROM users WHERE ssn + 0 = 111",
    "SELECT json_object('mail', email) FROM users", "SELECT rank() OVER (ORDER BY age) FROM users", "SELECT lag(id) OVER (PARTITION BY email) FROM users",
    "UPDATE users SET username = email", "UPDATE users SET username = 'x' WHERE email = 'a'", "UPDATE users SET age = age + 1",
    "DELETE FROM users WHERE email = 'a'", "DELETE FROM users WHERE age < 18", "INSERT INTO users (username) SELECT email FROM users",
    "CREATE TABLE copied AS SELECT coalesce(email, 1) FROM users", "CREATE INDEX i ON users (email)", "CREATE INDEX i ON users (id, age)",
    "CREATE INDEX i ON users (upper(ssn))", "CREATE INDEX i ON users (id) WHERE email > 'a'", "CREATE VIEW v AS SELECT id FROM users WHERE ssn = '1'",
    "CREATE VIEW v AS SELECT upper(email) FROM users", "CREATE TRIGGER r AFTER INSERT ON users WHEN new.age > 5 BEGIN SELECT 1; END",
    "CREATE TRIGGER r AFTER INSERT ON users BEGIN UPDATE users SET username = new.email; END",
    "INSERT INTO users (ssn) VALUES ('1') ON CONFLICT (ssn) DO UPDATE SET username = excluded.email",
    "SELECT t.name FROM users, pragma_table_info(users.email) t", "SELECT t.name FROM pragma_table_info(users.ssn) t, users",
    "SELECT t.name FROM users JOIN (users u JOIN pragma_table_info(users.email) t)", "SELECT * FROM users WHERE ssn IN (VALUES ('1'))",
    "UPDATE users SET (username, email) = (SELECT 'a', 'b')", "SELECT * FROM users WHERE (ssn, id) = ('111', 1)",
]  # fmt: skip


@pytest.mark.parametrize("sql", REFUSED)
def test_what_a_ciphertext_can_not_do_is_refused(conn, sql):
    with pytest.raises(sqlite3.NotSupportedError):
        conn.execute(sql).fetchall()
    assert conn.execute("SELECT * FROM users").fetchall() == ROWS


@pytest.mark.parametrize("declaration", [
    "a TEXT ENCRYPTED UNIQUE", "a TEXT ENCRYPTED PRIMARY KEY", "a TEXT ENCRYPTED DEFAULT 'x'", "a TEXT ENCRYPTED COLLATE NOCASE",
    "a TEXT ENCRYPTED CHECK (a > 1)", "a TEXT ENCRYPTED REFERENCES users", "a TEXT ENCRYPTED, UNIQUE (a)", "a TEXT ENCRYPTED, b AS (upper(a))",
    "a TEXT ENCRYPTED, b CHECK (b > a)", "a TEXT ENCRYPTED, CHECK (a <> '')", "a TEXT ENCRYPTED DETERMINISTIC COLLATE NOCASE",
    "a TEXT ENCRYPTED, PRIMARY KEY (a)",
])  # fmt: skip
def test_constraints_that_a_ciphertext_can_not_keep_are_refused(conn, declaration):
    with pytest.raises(sqlite3.NotSupportedError, match="encrypted column"):
        conn.execute(f"CREATE TABLE t ({declaration})")
    assert conn.execute("SELECT count(*) FROM sqlite_master WHERE name = 't'").fetchone() == (0,)


@pytest.mark.parametrize("declaration", ["a ENCRYPTED DETERMINISTIC", "a TEXT ENCRYPTED RANDOMLY"])
def test_declarations_that_are_unclear_are_refused(conn, declaration):
    with pytest.raises(sqlite3.ProgrammingError):
        conn.execute(f"CREATE TABLE t ({declaration})")


@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 37), reason="SQLite 3.37 has STRICT tables")
def test_strict_tables_have_no_such_type(conn):
    with pytest.raises(sqlite3.NotSupportedError, match="STRICT"):
        conn.execute("CREATE TABLE t (a TEXT ENCRYPTED) STRICT")
    conn.execute("CREATE TABLE t (a TEXT) STRICT")
    with pytest.raises(sqlite3.NotSupportedError, match="STRICT"):
        conn.execute("ALTER TABLE t ADD COLUMN b TEXT ENCRYPTED")


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


# -- keys ------------------------------------------------------------------------------------------------------------
def test_another_key_opens_no_value(conn_plain, file):
    other = heliosdb_sqlite.connect(file, column_key=b"x" * 32)
    assert other.execute("SELECT username FROM users").fetchall() == [("ann",), ("bob",), ("cat",)]
    with pytest.raises(sqlite3.DatabaseError, match="no key for a value"):
        other.execute("SELECT email FROM users").fetchall()
    with pytest.raises(sqlite3.DatabaseError, match="no key to write"):
        other.execute("UPDATE users SET email = 'x'")
    other.close()


def test_without_a_key_there_is_no_encrypted_column(file, conn_plain):
    conn = heliosdb_sqlite.connect(file)
    assert isinstance(conn.execute("SELECT email FROM users").fetchone()[0], bytes)
    with pytest.raises(sqlite3.DatabaseError, match="ENCRYPTED"):
        conn.execute("CREATE TABLE t (a TEXT ENCRYPTED)")
    conn.close()


@pytest.mark.parametrize("key", [None, "", b"short", 4, []])
def test_what_is_no_column_key(tmp_path, key):
    with pytest.raises(sqlite3.ProgrammingError, match="column_key"):
        heliosdb_sqlite.connect(tmp_path / "a.db", column_key=key)
    assert not (tmp_path / "a.db").exists()


def test_the_first_key_writes_and_all_read(conn_plain, file):
    new = b"n" * 32
    with_both = heliosdb_sqlite.connect(file, column_key=[new, KEY])
    with_both.execute("INSERT INTO users (id, email) VALUES (8, 'by the new key')")
    with_both.execute("INSERT INTO users (id, ssn) VALUES (9, '999')")
    with_both.commit()
    assert with_both.execute("SELECT email FROM users WHERE id IN (1, 8) ORDER BY id").fetchall() == [
        ("ann@swordfish",), ("by the new key",)
    ]  # fmt: skip
    assert with_both.execute("SELECT id FROM users WHERE ssn IN ('111', '999') ORDER BY id").fetchall() == [
        (1,),
        (9,),
    ]
    with_both.close()
    with_new = heliosdb_sqlite.connect(file, column_key=new)
    assert with_new.execute("SELECT email FROM users WHERE id = 8").fetchone() == ("by the new key",)
    with pytest.raises(sqlite3.DatabaseError, match="no key for a value"):
        with_new.execute("SELECT email FROM users WHERE id = 1").fetchone()
    with_new.close()


@pytest.mark.parametrize("full", [False, True])
def test_rekey_takes_the_columns_along(file, full):
    conn = heliosdb_sqlite.connect(file, encryption_key=KEY)
    conn.execute(USERS)
    conn.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
    conn.commit()
    conn.rekey(b"n" * 32, full=full)
    assert conn.execute("SELECT * FROM users").fetchall() == ROWS
    conn.execute("INSERT INTO users (id, email) VALUES (4, 'after')")
    conn.commit()
    conn.close()
    again = heliosdb_sqlite.connect(file, encryption_key=b"n" * 32)
    assert again.execute("SELECT email FROM users WHERE id IN (1, 4)").fetchall() == [
        ("ann@swordfish",),
        ("after",),
    ]
    again.close()


def test_a_changed_value_is_an_error(conn_plain, file):
    conn, plain = conn_plain
    (sealed,) = plain.execute("SELECT email FROM users WHERE id = 1").fetchone()
    plain.execute("UPDATE users SET email = ? WHERE id = 1", (sealed[:-1] + bytes([sealed[-1] ^ 1]),))
    plain.commit()
    with pytest.raises(sqlite3.DatabaseError, match="failed authentication"):
        conn.execute("SELECT email FROM users").fetchall()


def test_a_column_that_was_declared_without_heliosdb_is_refused(file):
    plain = sqlite3.connect(file)
    plain.execute("CREATE TABLE t (a TEXT ENCRYPTED)")
    plain.execute("INSERT INTO t VALUES ('in the clear')")
    plain.commit()
    plain.close()
    conn = heliosdb_sqlite.connect(file, column_key=KEY)
    for sql in ("SELECT * FROM t", "INSERT INTO t VALUES ('x')"):
        with pytest.raises(sqlite3.DatabaseError, match="declared ENCRYPTED without HeliosDB"):
            conn.execute(sql)
    conn.close()


def test_numbers_in_a_deterministic_blob_are_refused(conn):
    conn.execute("CREATE TABLE t (a BLOB ENCRYPTED DETERMINISTIC)")
    conn.execute("INSERT INTO t VALUES (x'01'), ('text')")
    with pytest.raises(sqlite3.Error, match="takes bytes and texts"):
        conn.execute("INSERT INTO t VALUES (5)")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO (ssn, email) VALUES (?, ?) RETURNING ssn",
        "UPDATE users SET email = ?, ssn (SELECT ssn FROM users)",
        "CREATE TABLE AS SELECT * FROM users",
        "CREATE TRIGGER t AFTER INSERT ON users",
        "CREATE VIEW v SELECT email FROM users",
        "DELETE users WHERE ssn = ? RETURNING *",
    ],
)
def test_what_is_no_sql_has_sqlites_own_error(conn_plain, sql):
    conn, _ = conn_plain
    with pytest.raises(sqlite3.OperationalError, match=r"syntax error|incomplete input"):
        conn.execute(sql, [None] * sql.count("?"))
