"""Searches see what blobopen() has written, which no trigger sees."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not hasattr(sqlite3, "Blob"), reason="Python 3.10 has no blobopen()")

SEARCH = "SELECT id FROM docs ORDER BY vector_distance(embedding, ?, 'l2') LIMIT 1"
ROWS = np.random.default_rng(1).normal(size=(300, 8)).astype("f4")
FAR = np.full(8, 50, "f4")


@pytest.fixture(params=["logged", "not logged"])
def docs(request, open_vector, file, monkeypatch):
    if request.param == "logged":
        monkeypatch.setattr("heliosdb_vector.memory.freshness.LOG_FROM", 0)
    conn = open_vector(file)
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR(8))")
    conn.executemany("INSERT INTO docs VALUES (?, ?)", list(enumerate(ROWS)))
    conn.commit()
    assert nearest(conn) != 7
    assert conn.explain_vector(SEARCH, (FAR,)).path == "matrix"
    return conn


def nearest(conn):
    return conn.execute(SEARCH, (FAR,)).fetchone()[0]


def test_while_it_is_open_and_after(docs):
    before = nearest(docs)
    with docs.blobopen("docs", "embedding", 7) as blob:
        assert nearest(docs) == before
        blob.write(FAR.tobytes())
        assert nearest(docs) == 7
    assert nearest(docs) == 7
    with docs.blobopen("docs", "embedding", 7) as blob:
        blob.write(ROWS[7].tobytes())
    assert nearest(docs) == before


def test_in_a_transaction_that_is_rolled_back(docs):
    before = nearest(docs)
    docs.execute("BEGIN")
    with docs.blobopen("docs", "embedding", 7) as blob:
        blob.write(FAR.tobytes())
    assert nearest(docs) == 7
    docs.rollback()
    assert nearest(docs) == before


def test_by_another_connection_of_the_process(docs, open_vector, file):
    other = open_vector(file)
    before = nearest(other)
    docs.execute("BEGIN")
    with docs.blobopen("docs", "embedding", 7) as blob:
        blob.write(FAR.tobytes())
    assert nearest(docs) == 7
    assert nearest(other) == before
    docs.commit()
    assert nearest(other) == 7


def test_one_that_nobody_closes(docs):
    blob = docs.blobopen("docs", "embedding", 7)
    blob.write(FAR.tobytes())
    assert nearest(docs) == 7
    del blob
    assert nearest(docs) == 7


def test_sqlite_lets_no_blob_write_to_a_column_with_an_index(docs):
    docs.execute("CREATE INDEX near ON docs USING bits (embedding vector_l2_ops) WITH (rescore = 50)")
    with pytest.raises(sqlite3.OperationalError, match="cannot open indexed column for writing"):
        docs.blobopen("docs", "embedding", 7)
    with docs.blobopen("docs", "embedding", 7, readonly=True) as blob:
        assert blob.read() == ROWS[7].tobytes()
    assert docs.explain_vector(SEARCH, (FAR,)).path == "index"
