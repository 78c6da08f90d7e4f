"""Searches of a column that a view, a subquery or a table expression shows: its table is searched in memory."""

from __future__ import annotations

import numpy as np
import pytest

DIMENSIONS = 8
VECTORS = np.random.default_rng(3).normal(size=(12, DIMENSIONS)).astype("f4")
D = "vector_distance(embedding, :q)"
VIEWS = """
CREATE VIEW every AS SELECT * FROM docs;
CREATE VIEW some AS SELECT id, title, kind AS sort, embedding FROM docs AS d WHERE kind < 3 -- not all
;
CREATE VIEW renamed AS SELECT docs.id, docs.embedding AS e FROM docs;
CREATE VIEW "with kinds" AS SELECT docs.*, kinds.name FROM docs JOIN kinds ON kinds.id = docs.kind;
CREATE VIEW named (number, embedding) AS SELECT id, embedding FROM docs;
CREATE VIEW distinct_ones AS SELECT DISTINCT kind, embedding FROM docs;
CREATE VIEW grouped AS SELECT kind, embedding FROM docs GROUP BY kind;
CREATE VIEW first_ones AS SELECT id, embedding FROM docs ORDER BY id LIMIT 100;
CREATE VIEW counted AS SELECT id, embedding, row_number() OVER (ORDER BY id) AS place FROM docs;
CREATE VIEW computed AS SELECT id, vector_normalize(embedding) AS embedding FROM docs;
CREATE VIEW both AS SELECT id, embedding FROM docs UNION ALL SELECT id, embedding FROM docs;
CREATE VIEW nested AS SELECT id, embedding FROM some;
"""
FROM_MEMORY = [
    f"SELECT * FROM every ORDER BY {D} LIMIT 5",
    f"SELECT id, {D} AS d FROM main.every AS e ORDER BY d LIMIT 5 OFFSET 2",
    "SELECT e.id FROM every e ORDER BY vector_distance(e.embedding, :q, 'l2') DESC LIMIT :k",
    f"SELECT title, sort FROM some ORDER BY {D} LIMIT 5",
    f"SELECT title FROM some WHERE sort = :k AND id > 20 ORDER BY {D} LIMIT 5",
    f"SELECT id FROM some WHERE sort = 99 ORDER BY {D} LIMIT 5",
    "SELECT id FROM renamed ORDER BY vector_distance(e, :q) LIMIT 5",
    f'SELECT id, name FROM "with kinds" ORDER BY {D} LIMIT 7',
    f"""SELECT id, name FROM "with kinds" WHERE name <> 'b' ORDER BY {D} LIMIT 7""",
    f"SELECT id FROM some WHERE {D} < 0.7",
    f"SELECT count(*) FROM every WHERE {D} < 0.7",
    f"SELECT id FROM (SELECT id, embedding FROM docs WHERE kind = :k) ORDER BY {D} LIMIT 5",
    f"SELECT id FROM (SELECT id, :k AS k, embedding FROM docs WHERE kind < :k) WHERE id % 2 = k % 2 ORDER BY {D} LIMIT :k",
    f"WITH x AS (SELECT * FROM docs WHERE kind > 1) SELECT id FROM x ORDER BY {D} LIMIT 5",
    f"SELECT (SELECT id FROM some ORDER BY {D} LIMIT 1) AS found",
    f"SELECT id, sort FROM (SELECT * FROM some ORDER BY {D} LIMIT 9) ORDER BY id",
]
BY_SQL = [
    f"SELECT number FROM named ORDER BY {D} LIMIT 5",
    f"SELECT kind FROM distinct_ones ORDER BY {D} LIMIT 5",
    f"SELECT kind FROM grouped ORDER BY {D} LIMIT 5",
    f"SELECT id FROM first_ones ORDER BY {D} LIMIT 5",
    f"SELECT id, place FROM counted ORDER BY {D} LIMIT 5",
    f"SELECT id, place FROM counted WHERE {D} < 0.7",
    f"SELECT id FROM computed ORDER BY {D} LIMIT 5",
    f"SELECT id FROM both ORDER BY {D} LIMIT 5",
    f"SELECT id FROM nested ORDER BY {D} LIMIT 5",
    f"SELECT id FROM every JOIN kinds USING (id) ORDER BY {D} LIMIT 5",
    f"WITH kinds AS (SELECT 1 AS id) SELECT id FROM every ORDER BY {D} LIMIT 5",
    f"WITH x AS (SELECT * FROM docs) SELECT id FROM x WHERE kind = 1 ORDER BY {D} LIMIT 5",
]


@pytest.fixture
def viewed(filled):
    filled.executescript("CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT)")
    filled.executemany("INSERT INTO kinds VALUES (?, ?)", enumerate("abcd"))
    filled.executescript(VIEWS)
    return filled


def values_for(query, vector):
    return {name: value for name, value in (("q", vector), ("k", 3)) if f":{name}" in query}


@pytest.mark.parametrize(
    ("query", "path"), [(q, "matrix") for q in FROM_MEMORY] + [(q, "sql") for q in BY_SQL]
)
def test_the_same_rows(viewed, slow, query, path):
    assert viewed.explain_vector(query, values_for(query, VECTORS[0])).path == path
    for vector in VECTORS:
        fast = viewed.execute(query, values_for(query, vector))
        right = slow.execute(query, values_for(query, vector))
        assert [column[0] for column in fast.description] == [column[0] for column in right.description]
        assert fast.fetchall() == right.fetchall()


def test_parameters_keep_their_order(viewed, slow):
    query = (
        "SELECT ?, id FROM some WHERE sort > ? AND title <> ? ORDER BY vector_distance(?, embedding) LIMIT ?"
    )
    values = ("x", 0, "title 5", VECTORS[1], 4)
    assert viewed.explain_vector(query, values).path == "matrix"
    for _ in range(20):
        assert viewed.execute(query, values).fetchall() == slow.execute(query, values).fetchall()


def test_a_temporary_table_comes_before_one_that_the_view_reads(viewed, slow):
    query = f"SELECT id FROM every ORDER BY {D} LIMIT 5"
    right = slow.execute(query, {"q": VECTORS[0]}).fetchall()
    viewed.execute(f"CREATE TEMP TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR({DIMENSIONS}))")
    assert viewed.explain_vector(query, {"q": VECTORS[0]}).path == "sql"
    assert viewed.execute(query, {"q": VECTORS[0]}).fetchall() == right


def test_changes_are_seen_behind_a_view(viewed, slow, plain):
    query = f"SELECT id, sort FROM some WHERE sort >= 1 ORDER BY {D} LIMIT 5"
    for step in (
        "UPDATE docs SET kind = 1 WHERE id % 4 = 0",
        "DELETE FROM docs WHERE kind = 1 AND id % 3",
        "DROP VIEW some",
    ):
        for vector in VECTORS:
            assert (
                viewed.execute(query, {"q": vector}).fetchall()
                == slow.execute(query, {"q": vector}).fetchall()
            )
        plain.execute(step)
        plain.commit()
    plain.execute("CREATE VIEW some AS SELECT id, kind AS sort, embedding FROM docs WHERE id < 300")
    plain.commit()
    assert (
        viewed.execute(query, {"q": VECTORS[0]}).fetchall()
        == slow.execute(query, {"q": VECTORS[0]}).fetchall()
    )
