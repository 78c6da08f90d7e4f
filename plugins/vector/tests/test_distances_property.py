"""The SQL functions beside numpy's float64, for vectors of any kind."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import heliosdb_sqlite

pytestmark = pytest.mark.ends

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
PAIRS = st.integers(1, 40).flatmap(
    lambda size: st.tuples(
        st.lists(FLOATS, min_size=size, max_size=size), st.lists(FLOATS, min_size=size, max_size=size)
    )
)


@pytest.fixture(scope="module")
def value():
    conn = heliosdb_sqlite.connect(":memory:", enable_vector_search=True)
    yield lambda expression, *parameters: conn.execute(f"SELECT {expression}", parameters).fetchone()[0]
    conn.close()


@given(pair=PAIRS)
def test_distances(value, pair):
    a, b = (np.array(each, np.float64) for each in pair)
    close = lambda expected: pytest.approx(expected, rel=1e-12, abs=1e-300)  # noqa: E731
    assert value("vector_distance(?, ?, 'l2')", *pair) == close(np.sqrt(((a - b) ** 2).sum()))
    assert value("vector_distance(?, ?, 'l1')", *pair) == close(np.abs(a - b).sum())
    assert value("vector_distance(?, ?, 'hamming')", *pair) == (a != b).sum()
    size = np.abs(a * b).sum()  # what rounding is relative to where the terms cancel out
    assert value("vector_distance(?, ?, 'dot')", *pair) == pytest.approx(-(a * b).sum(), abs=1e-12 * size)


@given(pair=PAIRS)
def test_cosine(value, pair):
    a, b = (np.array(each, np.float64) for each in pair)
    found = value("vector_distance(?, ?)", *pair)
    if not a.any() or not b.any():
        assert found is None
    else:
        assert 0 <= found <= 2
        assert found == pytest.approx(1 - (a / np.linalg.norm(a)) @ (b / np.linalg.norm(b)), abs=1e-12)
        assert found == value("vector_distance(?, ?)", *reversed(pair))


@given(pair=PAIRS)
def test_arithmetic(value, pair):
    a, b = (np.array(each, np.float32) for each in pair)
    for name, operation in (("vector_add", np.add), ("vector_subtract", np.subtract)):
        with np.errstate(over="ignore"):
            expected = operation(a, b)
        if np.isfinite(expected).all():
            assert np.array_equal(np.frombuffer(value(f"{name}(?, ?)", *pair), "<f4"), expected)
        else:
            with pytest.raises(heliosdb_sqlite.OperationalError, match="no float32 can hold"):
                value(f"{name}(?, ?)", *pair)


@given(pair=st.tuples(st.binary(min_size=8, max_size=8), st.binary(min_size=8, max_size=8)))
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # a signalling NaN says so
def test_any_eight_bytes_have_a_distance_or_none(value, pair):
    for metric in ("cosine", "l2", "l1", "dot", "hamming"):
        found = value("vector_distance(?, ?, ?)", *pair, metric)
        finite = all(np.isfinite(np.frombuffer(each, "<f4")).all() for each in pair)
        assert found is None or finite
        assert found is not None or not finite or metric == "cosine"
