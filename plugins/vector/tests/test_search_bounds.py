"""What makes a search from memory exact: bounds that hold for every row, and rows chosen by them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heliosdb_vector.memory import codes, several
from heliosdb_vector.memory.bounds import Query, bounds
from heliosdb_vector.memory.choosing import kth_smallest, nearest, refined, within
from heliosdb_vector.memory.matrix import GONE, Reader
from heliosdb_vector.memory.products import Kernels
from heliosdb_vector.memory.several import nearest_of_several
from heliosdb_vector.values.metrics import METRICS

pytestmark = pytest.mark.ends

PRODUCTS = ["float32", "bytes", "bytes without NumKong"]


@pytest.fixture(params=PRODUCTS)
def by(request, monkeypatch):
    """How inner products are computed."""
    monkeypatch.setattr(codes, "_AFTER", 0)
    monkeypatch.setattr(codes, "_FROM", 10**9 if request.param == "float32" else 0)
    if request.param == "bytes without NumKong":
        slow = Kernels(
            lambda one, rows: (rows.astype(np.int64) @ one.astype(np.int64)).astype("f4"),
            lambda rows, many: (rows.astype(np.int64) @ many.T.astype(np.int64)).astype("i4"),
        )
        monkeypatch.setattr(codes, "kernels", lambda: slow)
        monkeypatch.setattr(several, "kernels", lambda: slow)
    return request.param


def read(vectors):
    reader = Reader(vectors.shape[1])
    reader.add([(place, vector.tobytes()) for place, vector in enumerate(vectors)])
    return reader.snapshot()


def distances(vectors, query, metric):
    wide, asked = vectors.astype("f8"), query.astype("f8")
    found = [METRICS[metric](row, row.dot(row), asked, asked.dot(asked)) for row in wide]
    return np.array([np.inf if each is None else each for each in found])


def data(kind, random, count, dimensions):
    vectors = random.normal(size=(count, dimensions))
    if kind == "far from the origin":
        vectors = 100 + 0.01 * vectors
    elif kind == "one large number":
        vectors[:, 0] *= 1e4
    elif kind == "lengths of all sizes":
        vectors *= 10.0 ** random.integers(-9, 12, (count, 1))
    elif kind == "few directions":
        vectors = vectors[random.integers(0, min(5, count), count)] * (
            1 + 1e-7 * random.normal(size=(count, 1))
        )
    elif kind == "whole numbers":
        vectors = random.integers(-3, 4, (count, dimensions)).astype(float)
    return vectors.astype("f4")


KINDS = ["normal", "far from the origin", "one large number", "lengths of all sizes", "few directions", "whole numbers"]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("metric", ["cosine", "l2", "l1", "dot", "hamming"])
def test_every_distance_lies_within_its_bounds(kind, metric, by):
    random = np.random.default_rng(len(kind))
    for dimensions in (1, 3, 64, 1000):
        vectors = data(kind, random, 150, dimensions)
        snapshot = read(vectors)
        asked = vectors[7] if dimensions == 64 else data(kind, random, 1, dimensions)[0]
        query = Query.of(asked)
        if query is None:
            continue
        found = bounds(snapshot, metric, query)
        right = np.array(
            [found.on_scale(each) for each in distances(vectors[snapshot.base.rowids], asked, metric)]
        )
        assert np.all(found.low <= right)
        assert np.all((found.high >= right) | np.isinf(found.low))
        turned = found.turned()
        assert np.all(turned.low[np.isfinite(right)] <= -right[np.isfinite(right)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("metric", ["cosine", "l2", "l1", "dot", "hamming"])
def test_none_of_the_nearest_is_left_out(kind, metric, by):
    random = np.random.default_rng(len(kind) + 1)
    vectors = data(kind, random, 3000, 24)
    snapshot = read(vectors)
    asked = data(kind, random, 1, 24)[0]
    query = Query.of(asked)
    right = distances(vectors[snapshot.base.rowids], asked, metric)
    found = bounds(snapshot, metric, query)
    for k in (1, 10, 500, 2000):
        for farthest in (False, True):
            places = nearest(found.turned() if farthest else found, k)
            chosen = set(refined(snapshot, metric, query, places, k, farthest=farthest).tolist())
            signed = np.where(np.isfinite(right), -right if farthest else right, np.inf)
            last = np.sort(signed)[k - 1]
            assert set(np.flatnonzero(signed <= last).tolist()) <= chosen
    limit = float(np.median(right))
    assert set(np.flatnonzero(right <= limit).tolist()) <= set(within(found, limit).tolist())


def test_few_rows_are_looked_at_again(by):
    random = np.random.default_rng(5)
    vectors = data("normal", random, 20_000, 128)
    found = bounds(read(vectors), "cosine", Query.of(vectors[3]))
    assert len(nearest(found, 10)) < 100


@pytest.mark.parametrize("kind", KINDS)
def test_none_of_the_nearest_of_several_is_left_out(kind, by):
    random = np.random.default_rng(len(kind) + 2)
    vectors = data(kind, random, 7000, 24)
    vectors[::700] = 0
    snapshot = read(vectors)
    rows = dict.fromkeys(range(3, 900, 50), GONE) | {
        place: vectors[place - 1].tobytes() for place in range(5, 900, 50)
    }
    snapshot = snapshot.changed(rows)
    for rowid, value in rows.items():
        # A zero vector is as far as one that is gone.
        vectors[rowid] = 0 if value is GONE else vectors[rowid - 1]
    asked = [each for each in data(kind, random, 9, 24) if Query.of(each) is not None]
    for k in (1, 10, 20, 500):
        found = nearest_of_several(snapshot, [Query.of(each) for each in asked], k)
        if found is None:  # one after the other
            assert by == "float32" or k == 500 or kind != "normal"
            continue
        for query, places in zip(asked, found, strict=True):
            right = distances(vectors, query, "cosine")
            chosen = set(snapshot.rowids(places).tolist())
            assert set(np.flatnonzero(right <= np.sort(right)[k - 1]).tolist()) <= chosen


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=300), st.integers(1, 320))
def test_the_kth_smallest(values, k):
    right = sorted(values)[k - 1] if k <= len(values) else float("inf")
    assert kth_smallest(np.array(values, "f4"), k) == right


def test_the_kth_smallest_of_many():
    values = np.random.default_rng(0).normal(size=100_003).astype("f4")
    for k in (1, 10, 390, 391, 5000):
        assert kth_smallest(values, k) == np.sort(values)[k - 1]


steps = st.lists(
    st.dictionaries(st.integers(0, 40), st.one_of(st.none(), st.just(GONE), st.just(0), st.integers(1, 99)), max_size=8),
    max_size=12,
)  # fmt: skip


@settings(max_examples=80, deadline=None, derandomize=True)
@given(steps)
def test_a_snapshot_with_changes_is_what_reading_it_anew_would_give(changes):
    rows = {i: np.full(3, i + 1, "f4").tobytes() for i in range(0, 30, 2)}
    reader = Reader(3)
    reader.add(sorted(rows.items()))
    snapshot = reader.snapshot()
    for number, change in enumerate(changes):
        new = {
            rowid: np.full(3, value, "f4").tobytes() if type(value) is int and value else value
            for rowid, value in change.items()
        }
        for rowid, value in new.items():
            rows.pop(rowid, None) if value is GONE else rows.update({rowid: value})
        snapshot = snapshot.changed(new)
        if number % 4 == 3:
            snapshot = snapshot.merged()
        held = {}
        for part in snapshot.parts:
            alive = np.ones(len(part.rowids), bool) if part.alive is None else part.alive
            held |= {
                int(r): v.tobytes() for r, v in zip(part.rowids[alive], part.vectors[alive], strict=True)
            }
        assert held == {rowid: value for rowid, value in rows.items() if type(value) is bytes}
        assert set(snapshot.nulls.tolist()) == {rowid for rowid, value in rows.items() if value is None}
        assert snapshot.odd == {rowid for rowid, value in rows.items() if value == 0}
        assert snapshot.count == len(held)
        places = snapshot.places(np.array(sorted(rows), np.int64))
        assert sorted(snapshot.rowids(places).tolist()) == sorted(held)
        for rowid, vector in zip(snapshot.rowids(places), snapshot.vectors(places), strict=True):
            assert held[int(rowid)] == vector.tobytes()
