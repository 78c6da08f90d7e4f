"""vector_distance(a, b, metric)."""

from __future__ import annotations

import math
import sqlite3
import struct

import numpy as np
import pytest

A, B = [1.0, 2.0, -3.0], [4.0, -5.0, 6.0]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("cosine", 1 - (4 - 10 - 18) / math.sqrt(14 * 77)),
        ("euclidean", math.sqrt(9 + 49 + 81)),
        ("l2", math.sqrt(9 + 49 + 81)),
        ("manhattan", 19.0),
        ("l1", 19.0),
        ("dot", 24.0),  # the inner product is -24, and the nearest has the smallest distance
        ("hamming", 3.0),
    ],
)
def test_each_metric(one, metric, expected):
    assert one("vector_distance(?, ?, ?)", A, B, metric) == pytest.approx(expected, rel=1e-15)


def test_cosine_is_the_default(one):
    assert one("vector_distance(?, ?)", A, B) == one("vector_distance(?, ?, 'cosine')", A, B)


def test_the_case_of_a_metric_does_not_count(one):
    assert one("vector_distance(?, ?, 'Euclidean')", A, B) == one("vector_distance(?, ?, 'euclidean')", A, B)


def test_hamming_counts_the_places_that_differ(one):
    assert one("vector_distance('[0, 1, 1, 0]', '[0, 0, 1, 1]', 'hamming')") == 2.0


def test_every_distance_is_a_real(one):
    metrics = ("cosine", "euclidean", "manhattan", "dot", "hamming")
    assert {one(f"typeof(vector_distance(?, ?, '{metric}'))", A, B) for metric in metrics} == {"real"}


@pytest.mark.parametrize(("other", "expected"), [([2, 4, -6], 0.0), ([-1, -2, 3], 2.0)])
def test_cosine_stays_between_0_and_2(one, other, expected):
    assert one("vector_distance(?, ?)", A, other) == expected


def test_a_vector_is_at_no_distance_from_itself(one):
    vector = np.random.default_rng(1).normal(size=384)
    for metric in ("cosine", "euclidean", "manhattan", "hamming"):
        assert one("vector_distance(?, ?, ?)", vector, vector, metric) == 0.0


def test_the_largest_and_smallest_float32_do_not_overflow(one):
    most, least = 3.4028234663852886e38, 1.401298464324817e-45
    assert one("vector_distance(?, ?)", [most, 0], [most, most]) == pytest.approx(1 - math.sqrt(0.5))
    assert one("vector_distance(?, ?)", [least, 0], [least, least]) == pytest.approx(1 - math.sqrt(0.5))
    assert one("vector_distance(?, ?, 'l2')", [most], [-most]) == pytest.approx(2 * most)


@pytest.mark.parametrize(
    "arguments", ["NULL, '[1]'", "'[1]', NULL", "'[1]', '[1]', NULL", "NULL, NULL, NULL"]
)
def test_null_in_null_out(one, arguments):
    assert one(f"vector_distance({arguments})") is None


def test_a_zero_vector_has_no_direction_and_so_no_cosine(one):
    assert one("vector_distance('[0, 0]', '[1, 1]')") is None
    assert one("vector_distance('[1, 1]', '[0, 0]', 'cosine')") is None
    assert one("vector_distance('[0, 0]', '[3, 4]', 'l2')") == 5.0


@pytest.mark.parametrize("metric", ["cosine", "l2", "l1", "dot", "hamming"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_another_writer_stored_as_nan_or_infinity_has_no_distance(one, metric, bad):
    stored = struct.pack("<2f", bad, 1)
    assert one("vector_distance(?, '[1, 0]', ?)", stored, metric) is None
    assert one("vector_distance('[1, 0]', ?, ?)", stored, metric) is None
    assert one("vector_distance(?, ?, ?)", stored, stored, metric) is None


def test_a_blob_and_json_text_and_a_list_are_one_vector(one):
    blob = struct.pack("<3f", *B)
    expected = one("vector_distance(?, ?)", A, B)
    assert one("vector_distance(?, ?)", A, blob) == expected
    assert one("vector_distance(?, ?)", A, "[4, -5.0, 6e0]") == expected
    assert one("vector_distance(?, ?)", "[1, 2, -3]", B) == expected


def test_json_is_rounded_to_float32_as_a_stored_vector_is(one):
    assert one("vector_distance('[0.1]', ?, 'l2')", [0.1]) == 0.0


def test_it_can_be_indexed_because_it_is_deterministic(conn):
    conn.execute("CREATE TABLE t (embedding VECTOR(2))")
    conn.execute("CREATE INDEX by_length ON t (vector_distance(embedding, '[0, 0]', 'l2'))")
    conn.executemany("INSERT INTO t VALUES (?)", [([3, 4],), ([0, 1],)])
    query = "SELECT 1 FROM t WHERE vector_distance(embedding, '[0, 0]', 'l2') < 2"
    assert "by_length" in conn.execute(f"EXPLAIN QUERY PLAN {query}").fetchone()[3]
    assert conn.execute(query).fetchall() == [(1,)]


def test_one_query_may_compare_with_several_vectors(conn):
    conn.execute("CREATE TABLE t (embedding VECTOR(2))")
    conn.executemany("INSERT INTO t VALUES (?)", [([0, 0],), ([3, 4],), ([6, 8],)])
    rows = conn.execute(
        "SELECT vector_distance(embedding, ?, 'l2'), vector_distance(?, embedding, 'l1') FROM t",
        ([0, 0], [3, 4]),
    )
    assert rows.fetchall() == [(0.0, 7.0), (5.0, 0.0), (10.0, 7.0)]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (
            "vector_distance('[1]', '[1]', 'cosin')",
            r"unknown metric 'cosin': use one of cosine, euclidean, l2",
        ),
        ("vector_distance('[1]', '[1]', lower('COSIN'))", r"unknown metric 'cosin': use one of cosine"),
        ("vector_distance('[1]', '[1]', 7 + 0)", r"unknown metric 7: use one of cosine"),
        ("vector_distance('[1, 2, 3]', '[1, 2]')", r"vectors have 3 and 2 dimensions"),
        ("vector_distance(1, '[1]')", r"the first argument is an INTEGER, 1: give a vector"),
        ("vector_distance('[1]', 1.5)", r"the second argument is a REAL, 1.5"),
        ("vector_distance(x'', '[1]')", r"the first argument is a BLOB of 0 bytes"),
        ("vector_distance(x'010203', '[1]')", r"the first argument is a BLOB of 3 bytes"),
        ("vector_distance('1, 2', '[1]')", r"the first argument is no JSON array of numbers: '1, 2'"),
        ("vector_distance('[]', '[1]')", r"no JSON array of numbers: '\[\]'"),
        ("vector_distance('{}', '[1]')", r"no JSON array of numbers: '{}'"),
        ("vector_distance('[[1]]', '[1]')", r"no JSON array of numbers: '\[\[1\]\]'"),
        ("vector_distance('[true]', '[1]')", r"no JSON array of numbers"),
        ("vector_distance('[NaN]', '[1]')", r"no JSON array of numbers: '\[NaN\]' \(NaN is no number\)"),
        (
            "vector_distance('[1]', '[1, 1e39]')",
            r"no float32 can hold 1e\+39, at index 1 of the second argument",
        ),
    ],
)
def test_what_is_no_vector_or_metric_is_an_error_that_says_why(one, expression, reason):
    with pytest.raises(sqlite3.OperationalError, match=rf"^vector_distance\(\): .*{reason}"):
        one(expression)


def test_a_metric_that_is_written_out_is_checked_before_there_is_a_row(conn):
    conn.execute("CREATE TABLE t (embedding VECTOR(2))")
    with pytest.raises(sqlite3.OperationalError, match="unknown metric 'cosin'"):
        conn.execute("SELECT vector_distance(embedding, ?, 'cosin') FROM t", ([1, 2],))


def test_a_wrong_number_of_arguments_is_sqlites_own_error(one):
    with pytest.raises(sqlite3.OperationalError, match="wrong number of arguments"):
        one("vector_distance('[1]')")
