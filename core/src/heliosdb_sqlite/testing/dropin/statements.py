"""SQL that is worth trying: what ends a transaction, what fails half-way, what is no statement at all."""

from __future__ import annotations

TRANSACTIONS = """
    BEGIN
    BEGIN IMMEDIATE
    BEGIN EXCLUSIVE
    begin deferred transaction
    COMMIT
    END
    end transaction
    ROLLBACK
    SAVEPOINT s
    SAVEPOINT "S 2"
    RELEASE s
    RELEASE SAVEPOINT s
    ROLLBACK TO s
    ROLLBACK TRANSACTION TO SAVEPOINT s
    /* note */ COMMIT
    COMMIT;
    commit -- done
    ; COMMIT
"""
WRITES = """
    INSERT INTO log(what) VALUES ('rollback')
    INSERT INTO log(what) VALUES ('abort')
    INSERT INTO log(what) VALUES ('fail')
    INSERT OR ROLLBACK INTO log(at) VALUES (1)
    INSERT INTO log(what) SELECT 'x' UNION ALL SELECT 'rollback'
    INSERT INTO log(what) VALUES (?) RETURNING at, what
    INSERT INTO log(what) VALUES (1), (2), (3) RETURNING at
    INSERT INTO log(what) SELECT value FROM json_each(?)
    INSERT INTO parent DEFAULT VALUES
    INSERT INTO parent VALUES (1, 'one')
    WITH w AS (SELECT 1 AS n) INSERT INTO log(what) SELECT n FROM w
    UPDATE log SET what = raises(what)
    UPDATE parent SET note = note || '!'
    REPLACE INTO log(at, what) VALUES (1, 'again')
    DELETE FROM parent
    DELETE FROM t
    DELETE FROM log
    DELETE FROM log WHERE 0
    DELETE FROM log RETURNING *
"""
DEFINITIONS = """
    CREATE TABLE extra(a)
    CREATE TABLE IF NOT EXISTS extra(a, b)
    CREATE TABLE as_new AS SELECT * FROM t
    CREATE TABLE t(a)
    CREATE TEMP TABLE scratch(a)
    INSERT INTO temp.scratch VALUES (?)
    ALTER TABLE extra RENAME TO extra2
    DROP TABLE extra
    DROP TABLE IF EXISTS extra
    drop table t; drop table t
    VACUUM
    ANALYZE
    REINDEX
    ATTACH ':memory:' AS side
    CREATE TABLE side.x(a)
    DETACH side
    PRAGMA foreign_keys = ON
    PRAGMA foreign_keys
    PRAGMA recursive_triggers = ON
    PRAGMA user_version = 3
    PRAGMA user_version
    PRAGMA table_info(t)
    PRAGMA nonsense
    EXPLAIN SELECT 1
    EXPLAIN QUERY PLAN SELECT * FROM log
"""
QUERIES = """
    SELECT 1
    select 1, 1.0, 'a', x'00ff', NULL
    SELECT ?
    SELECT ?, ?
    SELECT ?2, ?1
    SELECT :p1, :p2, :p1
    SELECT 1 WHERE ? IS :p1
    SELECT @p1
    SELECT $p1
    SELECT ?1000000
    SELECT ? AS "d [date]"
    SELECT ? AS "t [timestamp]"
    SELECT ? AS "s [shout]"
    SELECT 'x' AS "y [z]", 'x' AS [y z]
    SELECT twice(?)
    SELECT raises(1)
    SELECT odd_value(?)
    SELECT total_of(value) FROM json_each('[1, 2]')
    SELECT bad_total(1)
    SELECT unknown(1)
    SELECT value FROM generate(3)
    SELECT at, what FROM log ORDER BY at
    SELECT sum(what) OVER (ORDER BY at) FROM log
    SELECT * FROM log l JOIN parent p ON l.at = p.id
    SELECT last_insert_rowid()
    SELECT changes(), total_changes()
    SELECT 1 UNION SELECT 2 UNION SELECT 3
    VALUES (1, 'a'), (2, 'b')
    WITH w(n) AS (VALUES(1)) SELECT * FROM w
    SELECT 'a' COLLATE odd < 'b'
    SELECT 1 AS OF
    SELECT 'héllo', x'c328', cast(x'c328' as text)
    SELECT cast(x'00' as text)
    SELECT 9223372036854775807, -9223372036854775808
    SELECT 1e999, -1e999
    SELECT zeroblob(5)
    SELECT * FROM missing
    SELECT missing FROM t
    INSERT INTO missing VALUES (?)
"""
NO_STATEMENTS = (
    "",
    " ",
    ";",
    "-- nothing",
    "-- note\nROLLBACK",
    "/* nothing */",
    "/* open",
    "SELECT 1; SELECT 2",
    "SELECT 1; -- fine",
    "SELECT 1;;",
    "SELEC",
    "SELECT",
    "SELECT (",
    "SELECT 'open",
    "INSERT INTO t",
    "SELECT 1\0",
    "SELECT '\ud800'",
    "\ufeffSELECT 1",
)
FIXED = NO_STATEMENTS + tuple(
    line.strip()
    for group in (TRANSACTIONS, WRITES, DEFINITIONS, QUERIES)
    for line in group.strip().splitlines()
)
"""Every statement above. They are about the tables of :mod:`.schemas`."""

SCRIPTS = (
    "",
    "SELECT 1;",
    "INSERT INTO log(what) VALUES (1); INSERT INTO log(what) VALUES (2);",
    "BEGIN; INSERT INTO log(what) VALUES ('s'); COMMIT;",
    "INSERT INTO log(what) VALUES ('a'); INSERT INTO log(what) VALUES ('rollback'); SELECT 1;",
    "BEGIN; INSERT INTO log(what) VALUES ('open')",
    "SAVEPOINT s; DELETE FROM log; ROLLBACK TO s; RELEASE s;",
    "CREATE TABLE IF NOT EXISTS made(a); DROP TABLE made; SELEC;",
    "COMMIT;",
    "ROLLBACK",
    "SELECT raises(1);",
)
"""What executescript gets."""
