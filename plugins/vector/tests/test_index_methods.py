"""The methods ``ivf`` and ``hnsw``: what they find, how they grow, what is stored of them."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heliosdb_vector.index.contents import Task
from heliosdb_vector.index.hnsw import native
from heliosdb_vector.index.methods import METHODS
from heliosdb_vector.memory.bounds import Query
from heliosdb_vector.memory.changes import Head
from heliosdb_vector.memory.matrix import GONE, Reader
from heliosdb_vector.memory.position import Position

NOWHERE = Position(Head(0, 0))
METRICS = ("cosine", "l2", "dot")


def built(method, vectors, metric="cosine", **options):
    reader = Reader(vectors.shape[1])
    reader.add([(rowid, vector.tobytes()) for rowid, vector in enumerate(vectors)])
    part = reader.part()
    sample = part.vectors if len(part.vectors) else np.zeros((1, vectors.shape[1]), "f4")
    done = []
    task = Task(vectors.shape[1], metric, options, sample, len(vectors), done.append)
    builder = METHODS[method].begin(task)
    builder.add(part)
    contents = builder.finish(NOWHERE, reader.odd)
    assert sum(done) == len(part.rowids)
    return contents


def right(vectors, query, metric, count):
    """The rows within the distance of the ``count``-th nearest, in float64."""
    wide = vectors.astype("f8")
    with np.errstate(all="ignore"):
        distances = {
            "cosine": 1 - wide @ query / (np.linalg.norm(wide, axis=1) * np.linalg.norm(query)),
            "l2": np.linalg.norm(wide - query, axis=1),
            "dot": -(wide @ query),
        }[metric]
    distances[np.isnan(distances)] = np.inf
    return set(np.argsort(distances, kind="stable")[:count].tolist()), distances


def random_vectors(seed, count, dimensions):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(8, dimensions)) * 2
    return (centres[random.integers(0, 8, count)] + random.normal(size=(count, dimensions))).astype("f4")


@pytest.fixture(params=["usearch", "numpy"])
def backend(request, monkeypatch):
    if request.param == "numpy":
        monkeypatch.setattr(native, "available", lambda: False)
    else:
        assert native.available()
    return request.param


# -- with all effort nothing is missed -----------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 300),
    dimensions=st.integers(1, 40),
    metric=st.sampled_from(METRICS),
    lists=st.integers(1, 20),
    most=st.integers(1, 20),
    fast=st.booleans(),
)
def test_all_lists_together_are_exact(seed, count, dimensions, metric, lists, most, fast):
    vectors = random_vectors(seed, count, dimensions)
    vectors[:: max(1, count // 7)] = vectors[0]  # ties
    contents = built("ivf", vectors, metric, lists=lists)
    query = random_vectors(seed + 1, 1, dimensions)[0]
    with pytest.MonkeyPatch.context() as patched:
        if not fast:
            patched.setattr("heliosdb_vector.index.ivf.coding.kernels", lambda: None)
        found, compared = contents.nearest(Query.of(query), lists, most)
    assert compared == count
    nearest, distances = right(vectors, query.astype("f8"), metric, most)
    limit = max(distances[sorted(nearest)])
    missing = {row for row in nearest if distances[row] < limit - 1e-6 * (1 + abs(limit))} - set(
        found.tolist()
    )
    assert not missing
    assert len(found) >= min(most, count)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 300),
    dimensions=st.integers(2, 24),
    metric=st.sampled_from(["cosine", "l2"]),
    by_usearch=st.booleans(),
)
def test_a_walk_that_keeps_all_rows_finds_the_nearest(seed, count, dimensions, metric, by_usearch):
    vectors = random_vectors(seed, count, dimensions)
    with pytest.MonkeyPatch.context() as patched:
        if not by_usearch:
            patched.setattr(native, "available", lambda: False)
        contents = built("hnsw", vectors, metric, m=8, ef_construction=40)
        query = random_vectors(seed + 1, 1, dimensions)[0]
        found, _ = contents.nearest(Query.of(query), count, 10)
    nearest, distances = right(vectors, query.astype("f8"), metric, 10)
    spread = np.ptp(distances[np.isfinite(distances)])
    limit = max(distances[sorted(nearest)]) - 0.05 * spread  # the codes' rounding
    assert not {row for row in nearest if distances[row] < limit} - set(found.tolist())


def test_a_small_graph_leaves_no_row_unlinked():
    """Chance decides it, where threads begin with an empty graph: in four of a hundred of these."""
    assert native.available()
    for seed in range(300):
        codes = np.random.default_rng(seed).integers(-127, 128, (189, 9)).astype(np.int8)
        grower = native.Grower("l2", 9, 8, 40)
        grower.add(codes, lambda count: None)
        graph, _ = grower.graph()
        slots, _ = native.Walker(graph).nearest(codes[0], len(codes))
        assert len(slots) == len(codes), seed


def test_from_half_of_the_rows_on_all_are_compared(open_vector):
    conn = open_vector()
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR(8))")
    conn.executemany("INSERT INTO docs VALUES (?, ?)", list(enumerate(random_vectors(1, 500, 8))))
    conn.execute("CREATE INDEX near ON docs USING hnsw (embedding) WITH (ef_search = 250)")
    search = "SELECT id FROM docs ORDER BY vector_distance(embedding, ?) LIMIT 5"
    assert conn.explain_vector(search, ([1.0] * 8,)).path == "matrix"


# -- changes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["bits", "ivf", "hnsw"])
@pytest.mark.parametrize("metric", METRICS)
def test_any_changes_leave_what_a_new_one_would_have(method, metric, backend, monkeypatch):
    if method != "hnsw" and backend == "numpy":
        return
    for place in ("bits.sketch", "ivf.lists", "hnsw.contents"):
        monkeypatch.setattr(f"heliosdb_vector.index.{place}._FEW", 60)
    random = np.random.default_rng(3)
    vectors = random_vectors(2, 300, 12)
    options = {"m": 8, "ef_construction": 60} if method == "hnsw" else {}
    contents = built(method, vectors, metric, **options)
    rows = dict(enumerate(vectors))
    for _ in range(20):
        changes = {}
        for rowid in random.integers(0, 500, 25).tolist():
            kind = random.random()
            vector = random_vectors(int(random.integers(1000)), 1, 12)[0]
            if kind < 0.25:
                changes[rowid] = GONE
                rows.pop(rowid, None)
            elif kind < 0.35:
                changes[rowid] = None
                rows.pop(rowid, None)
            else:
                changes[rowid] = vector.tobytes()
                rows[rowid] = vector
        contents = contents.changed(changes, NOWHERE)
        assert contents.count == len(rows)
        rowids, all_vectors = np.array(sorted(rows)), np.stack([rows[each] for each in sorted(rows)])
        query = random_vectors(int(random.integers(1000)), 1, 12)[0]
        found = set(contents.nearest(Query.of(query), 10_000, 10).rowids.tolist())
        assert found <= rows.keys()
        nearest = {int(rowids[place]) for place in right(all_vectors, query.astype("f8"), metric, 10)[0]}
        assert len(nearest & found) >= (7 if method == "hnsw" else 10)


def test_a_graph_of_dead_slots_is_built_anew(open_vector, monkeypatch, backend):
    monkeypatch.setattr("heliosdb_vector.index.hnsw.contents._WORN_FROM", 10)
    monkeypatch.setattr("heliosdb_vector.index.hnsw.contents._FEW", 50)
    conn = open_vector()
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR(8))")
    conn.executemany("INSERT INTO docs VALUES (?, ?)", list(enumerate(random_vectors(1, 400, 8))))
    conn.execute("CREATE INDEX near ON docs USING hnsw (embedding) WITH (ef_search = 30)")
    search = "SELECT id FROM docs ORDER BY vector_distance(embedding, ?) LIMIT 5"
    facts = "SELECT json_extract(facts, '$.build') FROM heliosdb_vector_index"
    build = conn.execute(facts).fetchone()
    assert build != (None,)
    for round_ in range(4):
        conn.executemany(
            "UPDATE docs SET embedding = ? WHERE id = ?",
            [(vector, row) for row, vector in enumerate(random_vectors(round_ + 5, 60, 8))],
        )
        conn.execute(search, ([1.0] * 8,)).fetchall()
        conn.commit()
    (stats,) = conn.vector_index_stats()
    assert stats.rows == 400
    assert stats.changed_rows < 240
    assert conn.execute(facts).fetchone() != build


@pytest.mark.parametrize("method", ["bits", "ivf", "hnsw"])
def test_what_was_made_of_an_empty_table_is_built_anew_when_it_has_grown(open_vector, monkeypatch, method):
    monkeypatch.setattr("heliosdb_vector.index.searching._GROWN_FROM", 100)
    conn = open_vector()
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR(8))")
    conn.execute(f"CREATE INDEX near ON docs USING {method} (embedding)")
    conn.executemany("INSERT INTO docs VALUES (?, ?)", list(enumerate(random_vectors(1, 900, 8))))
    conn.commit()
    search = "SELECT id FROM docs ORDER BY vector_distance(embedding, ?) LIMIT 5"
    conn.execute(search, ([1.0] * 8,)).fetchall()
    (stats,) = conn.vector_index_stats()
    assert (stats.rows, stats.changed_rows) == (900, 0)
    assert stats.recall > 0.9
    assert stats.options.get("lists", 30) == 30


# -- what is stored ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["bits", "ivf", "hnsw"])
@pytest.mark.parametrize("count", [0, 1, 700])
def test_what_is_stored_is_what_was_there(open_vector, method, count, monkeypatch):
    for name in METHODS:
        monkeypatch.setattr(f"heliosdb_vector.index.{name}.method._ROWS", 256)
    conn = open_vector()
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR(8))")
    conn.executemany("INSERT INTO docs VALUES (?, ?)", list(enumerate(random_vectors(1, count, 8))))
    conn.execute(f"CREATE INDEX near ON docs USING {method} (embedding)")
    knob = METHODS[method].knob
    (stats,) = conn.vector_index_stats()
    assert stats.rows == count
    assert knob in stats.options
    from heliosdb_vector.memory.cache import CACHE

    search = "SELECT id FROM docs ORDER BY vector_distance(embedding, ?) LIMIT 5"
    before = conn.execute(search, ([1.0] * 8,)).fetchall()
    CACHE.clear()
    assert conn.execute(search, ([1.0] * 8,)).fetchall() == before
    assert len(before) == min(count, 5)


@pytest.mark.parametrize("builder", ["usearch", "numpy"])
def test_a_graph_that_one_has_built_the_other_searches(open_vector, file, builder, monkeypatch):
    vectors = random_vectors(1, 800, 16)
    with monkeypatch.context() as patched:
        if builder == "numpy":
            patched.setattr(native, "available", lambda: False)
        conn = open_vector(file)
        conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR(16))")
        conn.executemany("INSERT INTO docs VALUES (?, ?)", list(enumerate(vectors)))
        conn.execute("CREATE INDEX near ON docs USING hnsw (embedding) WITH (ef_search = 100)")
        conn.commit()
        assert conn.vector_index_stats()[0].backend == builder
    from heliosdb_vector.memory.cache import CACHE

    CACHE.clear()
    if builder == "usearch":
        monkeypatch.setattr(native, "available", lambda: False)
    other = open_vector(file)
    search = "SELECT id FROM docs {} ORDER BY vector_distance(embedding, ?) LIMIT 10"
    assert other.explain_vector(search.format(""), (vectors[0],)).path == "index"
    hits = 0
    for query in vectors[:20]:
        exact = {row[0] for row in other.execute(search.format("NOT INDEXED"), (query,))}
        hits += len(exact & {row[0] for row in other.execute(search.format(""), (query,))})
    assert hits >= 190


def test_an_index_that_does_not_fit_into_memory_is_passed_over(open_vector, file):
    conn = open_vector(file)
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR(256))")
    conn.executemany("INSERT INTO docs VALUES (?, ?)", list(enumerate(random_vectors(1, 6000, 256))))
    conn.execute("CREATE INDEX near ON docs USING ivf (embedding) WITH (lists = 4, probes = 1)")
    conn.commit()
    small = open_vector(file, vector_cache_mb=1)
    search = "SELECT id FROM docs ORDER BY vector_distance(embedding, ?) LIMIT 5"
    assert small.explain_vector(search, ([1.0] * 256,)).path == "sql"


# -- options -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def docs(open_vector):
    conn = open_vector()
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR(8))")
    conn.executemany("INSERT INTO docs VALUES (?, ?)", list(enumerate(random_vectors(1, 400, 8))))
    return conn


def test_the_name_that_pgvector_has_for_ivf(docs):
    docs.execute("CREATE INDEX near ON docs USING ivfflat (embedding vector_l2_ops) WITH (lists = '10')")
    (stats,) = docs.vector_index_stats()
    assert (stats.method, stats.metric, stats.options["lists"]) == ("ivf", "l2", 10)


def test_options_are_kept_by_reindex(docs):
    docs.execute(
        "CREATE INDEX near ON docs USING hnsw (embedding) WITH (m = 6, ef_construction = 20, ef_search = 33)"
    )
    options = {"m": 6, "ef_construction": 20, "ef_search": 33}
    assert docs.vector_index_stats()[0].options == options
    docs.execute("REINDEX")
    assert docs.vector_index_stats()[0].options == options


WRONG = {
    "USING ivf (embedding) WITH (lists = 2.5)": "lists = 2.5: give a whole number from 1 to 32768",
    "USING ivf (embedding) WITH (lists = 0)": "lists = 0: give a whole number",
    "USING ivf (embedding) WITH (m = 16)": "ivf has no option 'm': use one of recall, lists, probes",
    "USING hnsw (embedding) WITH (m = 1)": "m = 1: give a whole number from 2 to 100",
    "USING hnsw (embedding) WITH (ef_search = many)": "ef_search = many: give a whole number",
}


@pytest.mark.parametrize(("sql", "message"), WRONG.items(), ids=WRONG)
def test_wrong_options_are_refused(docs, sql, message):
    with pytest.raises(sqlite3.ProgrammingError, match=message):
        docs.execute(f"CREATE INDEX near ON docs {sql}")
    assert docs.vector_index_stats() == []
