"""Values that only another program can have stored: they are searched as SQLite's own evaluation has it."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

QUERY = np.random.default_rng(3).normal(size=8).astype("f4")
NEAREST = "SELECT id, vector_distance(embedding, ?, ?) AS d FROM docs ORDER BY d LIMIT ?"
ODD = {
    "NaN": np.full(8, np.nan, "f4").tobytes(),
    "infinity": np.full(8, np.inf, "f4").tobytes(),
    "zero": bytes(32),
    "huge": np.full(8, 3e38, "f4").tobytes(),
    "tiny": np.full(8, 1e-40, "f4").tobytes(),
    "JSON": str(QUERY.tolist()),
}


@pytest.fixture
def odd(filled, plain):
    """The rows 1, 4, 7 ... of the table hold these."""
    plain.execute("PRAGMA ignore_check_constraints = ON")
    for place, value in enumerate(ODD.values()):
        plain.execute("UPDATE docs SET embedding = ? WHERE id = ?", (value, 3 * place + 1))
    plain.commit()
    return filled


@pytest.mark.parametrize("metric", ["cosine", "l2", "l1", "dot", "hamming"])
@pytest.mark.parametrize("count", [1, 5, 375, 400])
def test_they_are_ordered_as_by_sqlite(odd, slow, metric, count):
    values = (QUERY, metric, count)
    assert odd.execute(NEAREST, values).fetchall() == slow.execute(NEAREST, values).fetchall()
    filtered = NEAREST.replace("docs ORDER", "docs WHERE kind < 3 ORDER")
    assert odd.execute(filtered, values).fetchall() == slow.execute(filtered, values).fetchall()


def test_they_are_not_what_slows_a_search_down(odd):
    assert odd.explain_vector(NEAREST, (QUERY, "l2", 5)).path == "matrix"


@pytest.mark.parametrize("wrong", [b"abcd", b"", b"abc", 5, "text", "[1, 2]"])
def test_what_is_no_vector_is_an_error_as_by_sqlite(filled, slow, plain, wrong):
    plain.execute("PRAGMA ignore_check_constraints = ON")
    plain.execute("UPDATE docs SET embedding = ? WHERE id = 31", (wrong,))
    plain.commit()
    messages = []
    for conn in (filled, slow):
        with pytest.raises(sqlite3.OperationalError) as caught:
            conn.execute(NEAREST, (QUERY, "l2", 5)).fetchall()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_a_column_full_of_other_things_is_left_to_sqlite(filled, plain, monkeypatch):
    monkeypatch.setattr("heliosdb_vector.memory.reading.ODD_LIMIT", 10)
    monkeypatch.setattr("heliosdb_vector.memory.freshness.ODD_LIMIT", 10)
    plain.execute("PRAGMA ignore_check_constraints = ON")
    plain.execute("UPDATE docs SET embedding = ? WHERE id < 100", (ODD["JSON"],))
    plain.commit()
    found = filled.explain_vector(NEAREST, (QUERY, "l2", 5))
    assert (found.path, "no vectors of 8 dimensions" in found.reason) == ("sql", True)
    assert len(filled.execute(NEAREST, (QUERY, "l2", 5)).fetchall()) == 5
