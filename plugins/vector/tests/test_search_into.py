"""INSERT and CREATE TABLE that take their rows from a search: answered from memory as the search is."""

from __future__ import annotations

import numpy as np
import pytest

DIMENSIONS = 8
QUERY = np.random.default_rng(3).normal(size=DIMENSIONS).astype("f4")
D = "vector_distance(embedding, ?)"
NEAR = f"SELECT id, {D} AS d FROM docs {{}} ORDER BY d LIMIT 5"
SEARCH = NEAR.format("")


@pytest.fixture
def kept(filled):
    filled.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, d REAL)")
    filled.execute("CREATE TABLE any (number, d)")
    filled.commit()
    return filled


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (f"INSERT INTO kept {SEARCH}", 1),
        (f"INSERT INTO kept (id, d) {NEAR.format('WHERE kind = 1')}", 1),
        (f"INSERT OR IGNORE INTO kept {SEARCH}", 1),
        (f"REPLACE INTO kept {SEARCH}", 1),
        (f"INSERT INTO kept {SEARCH} ON CONFLICT (id) DO UPDATE SET d = excluded.d", 1),
        (f"INSERT INTO kept SELECT id, {D} FROM docs WHERE {D} < 0.6 ON CONFLICT DO NOTHING", 2),
        (f"INSERT INTO kept {SEARCH} RETURNING id, d", 1),
        (f"WITH near AS ({SEARCH}) INSERT INTO kept SELECT id, d FROM near", 1),
        (f"INSERT INTO kept SELECT id, d FROM ({SEARCH}) WHERE id % 2", 1),
        (f"INSERT INTO kept VALUES (1, (SELECT id FROM docs ORDER BY {D} LIMIT 1)), (2, 3)", 1),
        (f"INSERT INTO kept {SEARCH} RETURNING (SELECT count(*) FROM docs)", 1),
        (f"CREATE TABLE made AS {SEARCH}", 1),
        (f"CREATE TEMP TABLE IF NOT EXISTS made AS {SEARCH}", 1),
        (f"CREATE TABLE main.made AS {SEARCH}", 1),
    ],
)
def test_rows_of_a_search_are_taken(kept, slow, statement, values):
    assert kept.explain_vector(statement, (QUERY,) * values).path == "matrix"
    found = []
    for conn in (kept, slow):
        returned = conn.execute(statement, (QUERY,) * values).fetchall()
        table = "made" if "made" in statement else "kept"
        found.append((returned, conn.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()))
        conn.execute("DELETE FROM kept")
        conn.execute("DROP TABLE IF EXISTS made")
        conn.commit()
    assert found[0] == found[1]
    assert found[0][1]


def test_into_the_table_that_is_searched(kept, slow):
    statement = f"INSERT INTO docs (embedding) SELECT embedding FROM docs ORDER BY {D} LIMIT 3"
    assert kept.explain_vector(statement, (QUERY,)).path == "matrix"
    for _ in range(3):
        right = slow.execute(SEARCH, (QUERY,)).fetchall()
        assert kept.execute(SEARCH, (QUERY,)).fetchall() == right
        kept.execute(statement, (QUERY,))
        kept.commit()
    assert kept.execute("SELECT count(*) FROM docs").fetchone() == (409,)


def test_one_after_the_other(kept, slow):
    sets = [(each,) for each in np.random.default_rng(4).normal(size=(20, DIMENSIONS))]
    statement = f"INSERT INTO any {SEARCH}"
    kept.executemany(statement, sets)
    found = kept.execute("SELECT * FROM any ORDER BY rowid").fetchall()
    assert found == [row for each in sets for row in slow.execute(SEARCH, each).fetchall()]


def test_a_script(kept, slow):
    search = SEARCH.replace("?", "'[1, 0, 0, 1, 0, 0, 1, 0]'")
    kept.executescript(f"INSERT INTO kept {search}; CREATE TABLE made AS {search};")
    right = slow.execute(search).fetchall()
    assert kept.execute("SELECT * FROM made").fetchall() == right
    assert kept.execute("SELECT * FROM kept").fetchall() == sorted(right)


def test_other_statements_stay_as_they_are(kept):
    for statement, values in (
        (f"DELETE FROM docs WHERE id IN (SELECT id FROM docs ORDER BY {D} LIMIT 3)", (QUERY,)),
        (f"UPDATE docs SET kind = 9 WHERE id IN (SELECT id FROM docs ORDER BY {D} LIMIT 3)", (QUERY,)),
        ("CREATE VIEW near AS " + SEARCH.replace("?", "'[1, 0, 0, 1, 0, 0, 1, 0]'"), ()),
    ):
        found = kept.explain_vector(statement, values)
        assert (found.path, found.reason) == ("sql", "it is no SELECT")
        kept.execute(statement, values)
    assert kept.execute("SELECT count(*) FROM docs WHERE kind = 9").fetchone() == (3,)
    assert len(kept.execute("SELECT * FROM near").fetchall()) == 5
