"""Encrypted columns: ciphertext wherever it is stored, the value itself wherever it is returned; what can be asked."""

from __future__ import annotations

import sqlite3

import pytest

from crypto_kit.users import ROWS


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
