"""What a statement does to the turns of the file, told by its text."""

from __future__ import annotations

import pytest

from heliosdb_sqlite.tuning.concurrency.effects import effect_of


@pytest.mark.parametrize(
    ("sql", "effect"),
    [
        ("SELECT 1", None),
        ("BEGIN", None),
        ("begin immediate", (False, None, None)),
        ("/* now */ COMMIT", (True, None, None)),
        ("ROLLBACK TO a", (True, None, None)),
        ("INSERT INTO t VALUES (1)", (False, None, "t")),
        ("insert or replace into [a b].c values (1)", (False, "a b", "c")),
        ('REPLACE INTO "t" VALUES (1)', (False, None, "t")),
        ("UPDATE OR IGNORE main.t SET a = 1", (False, "main", "t")),
        ("DELETE FROM t", (False, None, "t")),
        ("DELETE", (False, None, None)),
        ("", None),
        ("INSERT INTO t VALUES " + ", ".join(["(1, 2)"] * 1000), (False, None, "t")),
    ],
)
def test_what_a_statement_does_is_told_by_its_text(sql, effect):
    found = effect_of(sql)
    assert found == effect
    assert effect_of(sql + " " * 5000) == effect  # too long to be remembered


@pytest.mark.parametrize(
    ("sql", "effect"),
    [
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", (False, None, "t")),
        ("with recursive a(b) as (values (1)), c as (select 2) delete from main.t", (False, "main", "t")),
        ("WITH replace AS (SELECT 1) UPDATE t SET a = 1", (False, None, "t")),
        ("WITH a AS (SELECT 1) SELECT * FROM a", None),
        ("WITH a AS (VALUES (1)) VALUES (2)", None),
        ("WITH a", None),
        ("EXPLAIN WITH a AS (SELECT 1) DELETE FROM t", None),
    ],
)
def test_what_a_statement_with_tables_of_its_own_does(sql, effect):
    assert effect_of(sql) == effect
    assert effect_of(sql + " " * 5000) is None  # too long to be looked through each time
