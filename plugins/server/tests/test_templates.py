"""Which values are taken out of a text: those whose place says what they are."""

from __future__ import annotations

import pytest

from heliosdb_server.translation.templates import template


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("SELECT v FROM t WHERE id = 5", ("5",)),
        ("INSERT INTO t VALUES (1, 'x''y', NULL), (2, 'z', 3)", ("1", "x'y", "2", "z", "3")),
        ("SELECT * FROM t WHERE a IN (1, 2) AND b <> 'q'", ("1", "2", "q")),
        ("UPDATE t SET a = 'x' WHERE id >= 3", ("x", "3")),
    ],
)
def test_values_are_taken_out(text, values):
    assert template(text).values == values


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1, 'x'", "SELECT v FROM t ORDER BY 1, 2 LIMIT 3", "SELECT * FROM t WHERE a LIKE 'x%'",
        "SELECT * FROM t WHERE a = '5'::int", "SELECT * FROM t WHERE a = $1 AND b = 5", "SELECT round(2.5, 1)",
        "SELECT * FROM t WHERE d > now() - interval '1 day'", "SELECT * FROM t WHERE a > 1.5",
    ],
)  # fmt: skip
def test_others_stay(text):
    assert template(text) is None


def test_what_was_taken_out_is_answered_the_same(connect):
    cursor = connect().cursor()
    for name in ("ann", "bob", "it's"):
        cursor.execute("SELECT id FROM users WHERE name = %s", (name,))
        cursor.fetchall()
    cursor.execute("SELECT name FROM users WHERE id IN (1, 3) ORDER BY id")
    assert cursor.fetchall() == [("ann",), ("cat",)]
