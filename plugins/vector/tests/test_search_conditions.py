"""Conditions beside a search: which rows meet them is remembered for as long as the table does not change."""

from __future__ import annotations

import numpy as np
import pytest

DIMENSIONS = 8
VECTORS = np.random.default_rng(5).normal(size=(30, DIMENSIONS)).astype("f4")
NEAR = "SELECT id, kind FROM docs WHERE {} ORDER BY vector_distance(embedding, ?) LIMIT 5"
BY_KIND = "SELECT id FROM docs WHERE kind = ? ORDER BY vector_distance(embedding, ?) LIMIT 5"


def asked_often(conn, query, *values):
    for vector in VECTORS[:10]:
        conn.execute(query, (*values, vector)).fetchall()
    return conn.explain_vector(query, (*values, VECTORS[0])).searches[0].filter


def same(fast, slow, query, *values):
    for vector in VECTORS:
        assert (
            fast.execute(query, (*values, vector)).fetchall()
            == slow.execute(query, (*values, vector)).fetchall()
        )


@pytest.mark.parametrize(
    "condition",
    [
        "kind = 1",
        "kind = 1 AND id % 2",
        "kind <> 3",
        "title > 'title 2' OR kind IS NULL",
        "CAST(kind AS TEXT) = '2'",
    ],
)
def test_what_conditions_leave_is_remembered(filled, slow, condition):
    query = NEAR.format(condition)
    assert filled.explain_vector(query, (VECTORS[0],)).searches[0].filter == "row by row"
    assert asked_often(filled, query) == "from memory"
    same(filled, slow, query)


def test_few_rows_and_fewer_than_are_asked_for(filled, slow):
    for condition in (
        "id BETWEEN 100 AND 160",
        "id BETWEEN 100 AND 109",
        "id = 58",
        "id + 0 = 58",
        "kind = 99",
    ):
        asked_often(filled, NEAR.format(condition))
        same(filled, slow, NEAR.format(condition))


def test_the_farthest_and_rounded_distances(filled, slow):
    query = "SELECT id, round(vector_distance(embedding, ?, 'l2'), 1) AS d FROM docs WHERE kind < 3 ORDER BY d DESC LIMIT 9"
    assert asked_often(filled, query) == "from memory"
    same(filled, slow, query)


def test_each_value_by_itself(filled, slow):
    for _ in range(3):
        for kind in (0, 1, 2, 3, 4, 5, 1.0, "1", None, b"1", True, 7, 8, 9):
            asked_often(filled, BY_KIND, kind)
            same(filled, slow, BY_KIND, kind)


def test_changes_are_seen(filled, slow, plain):
    assert asked_often(filled, BY_KIND, 1) == "from memory"
    filled.execute("UPDATE docs SET kind = 1 WHERE id % 7 = 0")
    filled.commit()
    same(filled, slow, BY_KIND, 1)
    assert asked_often(filled, BY_KIND, 1) == "from memory"
    plain.execute("UPDATE docs SET kind = 2 WHERE kind = 1 AND id % 2")
    plain.commit()
    same(filled, slow, BY_KIND, 1)
    asked_often(filled, BY_KIND, 1)
    filled.execute("DELETE FROM docs WHERE kind = 1 AND id > 100")
    inside = [filled.execute(BY_KIND, (1, vector)).fetchall() for vector in VECTORS]
    filled.rollback()
    same(filled, slow, BY_KIND, 1)
    slow.execute("DELETE FROM docs WHERE kind = 1 AND id > 100")
    slow.commit()
    assert inside == [slow.execute(BY_KIND, (1, vector)).fetchall() for vector in VECTORS]


@pytest.mark.parametrize(
    "condition",
    [
        "kind IN (SELECT kind FROM chosen)",
        "kind IN chosen",
        "EXISTS (SELECT 1 FROM chosen WHERE chosen.kind = docs.kind)",
        "twice(kind) = 2",
        "abs(kind) = 1",
        "title LIKE 'title 1%'",
    ],
)
def test_what_depends_on_more_than_the_table_is_tested_each_time(filled, slow, condition):
    for conn in (filled, slow):
        conn.create_function("twice", 1, lambda value: 2 * value, deterministic=True)
    filled.execute("CREATE TABLE chosen (kind INTEGER)")
    filled.execute("INSERT INTO chosen VALUES (1)")
    filled.commit()
    query = NEAR.format(condition)
    assert asked_often(filled, query) == "row by row"
    same(filled, slow, query)
    filled.execute("UPDATE chosen SET kind = 4")
    filled.commit()
    for conn in (filled, slow):
        conn.create_function("twice", 1, lambda value: value, deterministic=True)
    same(filled, slow, query)
