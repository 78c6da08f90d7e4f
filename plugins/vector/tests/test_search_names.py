"""Names that two things have, and comparisons of comparisons: memory answers what SQLite takes them for."""

from __future__ import annotations

import pytest

D = "l2_distance(v, '[1, 0]')"

AS_SQLITE_SAYS = [
    # ORDER BY means the first result column of a name, one that * shows too.
    f"SELECT *, {D} AS a FROM t ORDER BY a LIMIT 2",
    f"SELECT t.*, {D} AS a FROM t ORDER BY a DESC LIMIT 2",
    f"SELECT *, {D} AS a FROM (SELECT id, id + 1 a, v FROM t) ORDER BY a DESC LIMIT 2",
    f"SELECT -id d, {D} AS d FROM t ORDER BY d LIMIT 2",
    f"SELECT id, CASE WHEN a THEN 1 END d, {D} AS d FROM t ORDER BY d LIMIT 2",
    f"SELECT id a FROM (SELECT id, {D} AS a FROM t) ORDER BY a DESC LIMIT 2",
    f"SELECT *, id AS a FROM (SELECT id, {D} AS a FROM t) ORDER BY a LIMIT 2",
    # So does a column of a subquery, where a column without an alias has its own name.
    f"SELECT id, a FROM (SELECT *, {D} AS a FROM t) ORDER BY a LIMIT 2",
    f"WITH c AS (SELECT *, {D} AS a FROM t) SELECT id, a FROM c ORDER BY a LIMIT 2",
    f"SELECT a FROM (SELECT id, a, {D} AS a FROM t) ORDER BY a LIMIT 2",
    f"SELECT a FROM (SELECT id, (a) COLLATE nocase, {D} AS a FROM t) ORDER BY a LIMIT 2",
    f"SELECT id FROM (SELECT x'0000803f00000000' AS v, * FROM t) ORDER BY {D} LIMIT 2",
    f"SELECT id FROM (SELECT x'0000803f00000000' v, v AS v, id FROM t) ORDER BY {D}, -id LIMIT 2",
    # a < b = c is (a < b) = c.
    f"SELECT id FROM t WHERE {D} < 1.2 = 0 ORDER BY id",
    f"SELECT id FROM t WHERE {D} < 1.2 <> 1 ORDER BY id",
    f"SELECT id FROM t WHERE {D} < 1.2 < 1 ORDER BY id",
    f"SELECT id FROM t WHERE 0 = 1.2 > {D} ORDER BY id",
]
FROM_MEMORY = [
    f"SELECT *, {D} AS d FROM t ORDER BY d LIMIT 2",
    f"SELECT {D} AS a, * FROM t ORDER BY a LIMIT 2",
    f"SELECT id, d FROM (SELECT *, {D} d FROM t) ORDER BY d LIMIT 2",
    f"WITH c AS (SELECT * FROM t) SELECT *, {D} d FROM c ORDER BY d LIMIT 2",
    f"SELECT id FROM (SELECT id, l2_distance(v, '[1, 1]') k, v FROM t) ORDER BY {D} LIMIT 2",
    f"SELECT id, a IS NULL, a NOT NULL, {D} d FROM t ORDER BY d LIMIT 2",
    f"SELECT id FROM t WHERE ({D} < (1.2 = 0) + 1) ORDER BY id",
]


@pytest.fixture
def both(open_vector):
    """One that searches in memory, and one where SQLite computes every distance."""
    connections = open_vector(), open_vector(vector_cache_mb=0)
    rows = [(1, [1, 0]), (None, [0, 1]), (3, None), (0, [1, 1]), (None, None), (-1, [3, 3])]
    for each in connections:
        each.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, v VECTOR(2))")
        each.executemany("INSERT INTO t (a, v) VALUES (?, ?)", rows)
    return connections


@pytest.mark.parametrize("sql", AS_SQLITE_SAYS + FROM_MEMORY)
def test_the_answer_is_sqlites(both, sql):
    conn, slow = both
    assert conn.execute(sql).fetchall() == slow.execute(sql).fetchall()


@pytest.mark.parametrize("sql", FROM_MEMORY)
def test_memory_answers_what_is_clear(both, sql):
    assert both[0].explain_vector(sql).path == "matrix"
