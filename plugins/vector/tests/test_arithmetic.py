"""vector_add and vector_subtract."""

from __future__ import annotations

import sqlite3
import struct

import numpy as np
import pytest


def test_they_work_element_by_element_and_give_a_float32_blob(one):
    assert bytes(one("vector_add(?, ?)", [1, 2], [10, 20])) == struct.pack("<2f", 11, 22)
    assert one("vector_subtract(?, ?)", [1, 2], [10, 20]) == [-9, -18]
    assert one("typeof(vector_multiply(?, ?))", [1, 2], [10, 20]) == "blob"
    assert one("vector_multiply(?, ?)", [1, 2], [10, 20]) == [10, 40]


def test_they_nest_and_their_result_is_a_vector(one):
    assert (
        one("vector_distance(vector_add(vector_subtract(?, ?), ?), ?, 'l2')", [5, 5], [2, 1], [1, 1], [4, 5])
        == 0.0
    )


def test_their_result_can_be_stored(conn):
    conn.execute("CREATE TABLE t (embedding VECTOR(2))")
    conn.execute("INSERT INTO t VALUES (vector_add(?, '[1, 1]'))", ([1, 2],))
    assert np.frombuffer(conn.execute("SELECT embedding FROM t").fetchone()[0], "<f4").tolist() == [2, 3]


@pytest.mark.parametrize("arguments", ["NULL, '[1]'", "'[1]', NULL"])
def test_null_in_null_out(one, arguments):
    assert one(f"vector_add({arguments})") is None
    assert one(f"vector_subtract({arguments})") is None


def test_nan_or_infinity_that_another_writer_stored_is_null(one):
    assert one("vector_add(?, '[1]')", struct.pack("<f", float("nan"))) is None
    assert one("vector_subtract('[1]', ?)", struct.pack("<f", float("inf"))) is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("vector_add('[1, 2]', '[1]')", r"vector_add\(\): the vectors have 2 and 1 dimensions"),
        ("vector_subtract('[1]', 5)", r"vector_subtract\(\): the second argument is an INTEGER, 5"),
        (
            "vector_add('[0, 3e38]', '[0, 3e38]')",
            r"vector_add\(\): no float32 can hold the result at index 1",
        ),
    ],
)
def test_errors_say_why(one, expression, reason):
    with pytest.raises(sqlite3.OperationalError, match=f"^{reason}"):
        one(expression)
