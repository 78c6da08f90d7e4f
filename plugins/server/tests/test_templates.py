"""Which values are taken out of a text: those whose place says what they are."""

from __future__ import annotations

import pytest

from heliosdb_server.translation.templates import Templates, template


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("SELECT v FROM t WHERE id = 5", ("5",)),
        ("INSERT INTO t VALUES (1, 'x''y', NULL), (2, 'z', 3)", ("1", "x'y", "2", "z", "3")),
        ("SELECT * FROM t WHERE a IN (1, 2) AND b <> 'q'", ("1", "2", "q")),
        ("UPDATE t SET a = 'x' WHERE id >= 3", ("x", "3")),
        ("UPDATE t SET a = a + -17 WHERE id = 3", ("17", "3")),
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


def test_texts_that_differ_in_their_values_share_a_shape():
    shapes = Templates()
    for text in (
        "SELECT v FROM t WHERE id = 5;", "SELECT v FROM t WHERE id = 99;", "SELECT v FROM t WHERE id = 3000000000;",
        "SELECT v FROM t WHERE id = 'it''s' LIMIT 3", "SELECT v FROM t WHERE id = 'x' LIMIT 3",
        "SELECT v FROM t WHERE id = 'x' LIMIT 4", "SELECT v FROM t WHERE id = 5 LIMIT 4",
        "SELECT v FROM t WHERE id = 0.5 AND a = 1", "SELECT v FROM t WHERE id = '1' AND a1 = 2",
    ):  # fmt: skip
        statement, found = shapes.of(text)
        assert statement == text.rstrip(";")
        assert found == template(statement)._replace(places=())


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1; SELECT v FROM t WHERE id = 5", "SELECT v FROM t WHERE id = 5 -- 'x", "SELECT v FROM t WHERE id = E'5'",
        "SELECT v FROM t WHERE id = 'a'\n'b'", "SELECT v FROM t WHERE id = $a$5$a$", "SELECT v FROM t WHERE id = 5::text",
        "SELECT v FROM t WHERE \"id = 5\" > 3", "SELECT v FROM t WHERE id = 12345678901234567890", "SELECT 1", "BEGIN",
        "SELECT v FROM t WHERE id = N'x'", "SELECT v FROM t WHERE id = 5 AND v = $1",
    ],
)  # fmt: skip
def test_what_may_mean_something_else_goes_the_long_way(text):
    shapes = Templates()
    assert shapes.of(text) is None
    assert shapes.of(text) is None


def test_a_question_mark_is_no_literal():
    shapes = Templates()
    first = shapes.of("SELECT v FROM t WHERE a ? 'x' AND id = 5 AND b = '?'")
    second = shapes.of("SELECT v FROM t WHERE a ? 'y' AND id = 7 AND b = '?'")
    assert first[1].values == ("5", "?")
    assert second[1].values == ("7", "?")
    assert first[1].text != second[1].text


def test_what_was_taken_out_is_answered_the_same(connect):
    cursor = connect().cursor()
    for name in ("ann", "bob", "it's"):
        cursor.execute("SELECT id FROM users WHERE name = %s", (name,))
        cursor.fetchall()
    cursor.execute("SELECT name FROM users WHERE id IN (1, 3) ORDER BY id")
    assert cursor.fetchall() == [("ann",), ("cat",)]
