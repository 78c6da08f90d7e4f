"""The functions beside numpy's float64, for vectors of any kind."""

from __future__ import annotations

import json
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import heliosdb_sqlite

pytestmark = pytest.mark.ends

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
VECTORS = st.lists(FLOATS, min_size=1, max_size=40)
PAIRS = st.integers(1, 40).flatmap(
    lambda size: st.tuples(*[st.lists(FLOATS, min_size=size, max_size=size)] * 2)
)
GROUPS = st.integers(1, 5).flatmap(
    lambda size: st.lists(st.none() | st.lists(FLOATS, min_size=size, max_size=size), max_size=12)
)
TOO_LARGE = pytest.raises(heliosdb_sqlite.OperationalError, match="no float32 can hold")


@pytest.fixture(scope="module")
def conn():
    with closing(heliosdb_sqlite.connect(":memory:", enable_vector_search=True)) as connection:
        yield connection


@pytest.fixture(scope="module")
def value(conn):
    return lambda expression, *parameters: conn.execute(f"SELECT {expression}", parameters).fetchone()[0]


def same(compute, expected):
    """Is the value this one, rounded to float32 once, or refused where none can hold it?"""
    with np.errstate(over="ignore"):
        narrow = np.asarray(expected, np.float64).astype(np.float32)
    if np.isfinite(narrow).all():
        assert np.array_equal(np.asarray(compute()), narrow)
    else:
        with TOO_LARGE:
            compute()


@given(pair=PAIRS)
def test_of_two_vectors(value, pair):
    a, b = np.array(pair, np.float64)
    same(lambda: value("vector_add(?, ?)", *pair), a + b)
    same(lambda: value("vector_subtract(?, ?)", *pair), a - b)
    same(lambda: value("vector_multiply(?, ?)", *pair), a * b)
    size = np.abs(a * b).sum()
    assert value("vector_dot(?, ?)", *pair) == pytest.approx((a * b).sum(), abs=1e-12 * size)
    assert value("vector_dot(?, ?)", *pair) == -value("vector_distance(?, ?, 'dot')", *pair)


@given(
    numbers=VECTORS,
    factor=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1),
)
def test_scale(value, numbers, factor):
    with np.errstate(over="ignore"):
        expected = np.array(numbers, np.float64) * factor
    same(lambda: value("vector_scale(?, ?)", numbers, factor), expected)


@given(numbers=VECTORS)
def test_norm_and_normalize(value, numbers):
    a = np.array(numbers, np.float64)
    norm = np.sqrt((a * a).sum())
    assert value("vector_norm(?)", numbers) == pytest.approx(norm, rel=1e-12)
    found = value("vector_normalize(?)", numbers)
    if norm:
        assert np.asarray(found) == pytest.approx(a / norm, rel=1e-6, abs=1e-45)
    else:
        assert found is None


@given(numbers=VECTORS)
def test_json_and_back(value, numbers):
    text = value("vector_to_json(?)", numbers)
    assert np.array_equal(np.array(json.loads(text), np.float32), np.array(numbers, np.float32))
    assert value("vector(?)", text) == numbers
    assert value("vector_dims(?)", text) == len(numbers)


@given(numbers=VECTORS, start=st.integers(-50, 50), length=st.integers(-5, 60))
def test_subvector_counts_as_substr_does(value, numbers, start, length):
    expected = [each for place, each in enumerate(numbers, 1) if start <= place < start + length]
    if expected:
        assert value("vector_subvector(?, ?, ?)", numbers, start, length) == expected
    else:
        with pytest.raises(heliosdb_sqlite.OperationalError, match="vector_subvector"):
            value("vector_subvector(?, ?, ?)", numbers, start, length)


@given(rows=GROUPS)
def test_sum_and_avg(conn, rows):
    conn.execute("CREATE TEMP TABLE IF NOT EXISTS g (v)")
    conn.execute("DELETE FROM g")
    conn.executemany("INSERT INTO g VALUES (?)", [(row,) for row in rows])
    there = np.array([row for row in rows if row is not None], np.float64)
    if not there.size:
        assert conn.execute("SELECT vector_sum(v), vector_avg(v) FROM g").fetchone() == (None, None)
        return
    close = np.abs(there).sum(0) * 1e-12 + 1e-45
    for name, expected in (("vector_sum", there.sum(0)), ("vector_avg", there.mean(0))):
        query = f"SELECT {name}(v) FROM g"
        if (np.abs(expected) > 3.4e38).any():
            continue  # at the edge rounding decides; the fixed cases have the error
        found = np.asarray(conn.execute(query).fetchone()[0], np.float64)
        assert (np.abs(found - expected) <= close + np.abs(expected) * 6.1e-8).all()
