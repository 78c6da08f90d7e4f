"""The SQL functions of one vector or two, beside distances: values, NULL, errors."""

from __future__ import annotations

import json
import sqlite3
import struct

import numpy as np
import pytest

NAN, INFINITE = struct.pack("<2f", 1, float("nan")), struct.pack("<2f", float("-inf"), 1)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("vector('[1, 2.5]')", [1, 2.5]),
        ("vector(x'0000803f')", [1]),
        ("vector_add('[1, 2]', '[10, 20]')", [11, 22]),
        ("vector_subtract('[1, 2]', '[10, 20]')", [-9, -18]),
        ("vector_multiply('[1, -2]', '[10, 20]')", [10, -40]),
        ("vector_scale('[1, -2]', 2)", [2, -4]),
        ("vector_scale('[1, -2]', 0.5)", [0.5, -1]),
        ("vector_scale('[1e-30]', 1e60)", [1e30]),
        ("vector_normalize('[3, 4]')", [0.6, 0.8]),
        ("vector_normalize('[1e-45]')", [1]),
        ("vector_normalize('[3e38, 3e38]')", [0.5**0.5] * 2),
        ("vector_dot('[1, 2]', '[3, 4]')", 11.0),
        ("vector_norm('[3, 4]')", 5.0),
        ("vector_norm('[0, 0]')", 0.0),
        ("vector_dims('[3, 4, 5]')", 3),
        ("vector_to_json('[1, 2.50, -0.1, 1e10]')", "[1, 2.5, -0.1, 1e+10]"),
        ("vector_subvector('[1, 2, 3, 4]', 2, 2)", [2, 3]),
        ("vector_subvector('[1, 2, 3, 4]', 1, 4)", [1, 2, 3, 4]),
        # as substr() and pgvector's subvector() do: what lies outside is left out
        ("vector_subvector('[1, 2, 3, 4]', 3, 100)", [3, 4]),
        ("vector_subvector('[1, 2, 3, 4]', -1, 3)", [1]),
        # pgvector's names
        ("l2_distance('[0, 0]', '[3, 4]')", 5.0),
        ("l1_distance('[0, 0]', '[3, -4]')", 7.0),
        ("cosine_distance('[1, 0]', '[0, 2]')", 1.0),
        ("inner_product('[1, 2]', '[3, 4]')", 11.0),
        ("l2_normalize('[3, 4]')", [0.6, 0.8]),
        ("subvector('[1, 2, 3]', 2, 2)", [2, 3]),
    ],
)
def test_values(one, expression, value):
    assert one(expression) == value
    assert type(one(expression)) is type(value) or isinstance(value, list)


@pytest.mark.parametrize(
    "expression",
    [
        "vector(NULL)",
        "vector_multiply(NULL, '[1]')",
        "vector_multiply('[1]', NULL)",
        "vector_scale(NULL, 1)",
        "vector_scale('[1]', NULL)",
        "vector_normalize(NULL)",
        "vector_dot(NULL, '[1]')",
        "vector_norm(NULL)",
        "vector_dims(NULL)",
        "vector_to_json(NULL)",
        "vector_subvector(NULL, 1, 1)",
        "vector_subvector('[1]', NULL, 1)",
        "vector_subvector('[1]', 1, NULL)",
        "l2_distance('[1]', NULL)",
        # a zero vector has no direction
        "vector_normalize('[0, 0]')",
        "l2_normalize('[0, 0]')",
        "cosine_distance('[0, 0]', '[1, 2]')",
    ],
)
def test_null(one, expression):
    assert one(expression) is None


@pytest.mark.parametrize("blob", [NAN, INFINITE])
@pytest.mark.parametrize(
    "call",
    [
        "vector(?)",
        "vector_multiply(?, '[1, 2]')",
        "vector_scale(?, 2)",
        "vector_normalize(?)",
        "vector_dot('[1, 2]', ?)",
        "vector_norm(?)",
        "vector_dims(?)",
        "vector_to_json(?)",
        "vector_subvector(?, 1, 1)",
        "l1_distance(?, '[1, 2]')",
    ],
)
def test_nan_or_infinity_that_another_writer_stored_is_null(one, call, blob):
    assert one(call, blob) is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("vector('1, 2')", "vector(): the first argument is no JSON array of numbers: '1, 2'"),
        ("vector('[]')", "vector(): the first argument is no JSON array of numbers: '[]'"),
        ("vector(x'00')", "vector(): the first argument is a BLOB of 1 bytes"),
        ("vector(5)", "vector(): the first argument is an INTEGER, 5: give a vector"),
        ("vector_multiply('[1, 2]', '[1]')", "vector_multiply(): the vectors have 2 and 1 dimensions"),
        (
            "vector_multiply('[1, 1e30]', '[1, 1e30]')",
            "vector_multiply(): no float32 can hold the result at index 1",
        ),
        ("vector_scale('[1]', 'two')", "vector_scale(): the second argument is TEXT, 'two': give a number"),
        ("vector_scale('[1]', 9e999)", "vector_scale(): the second argument is inf: give a finite number"),
        ("vector_scale('[1]', 1e39)", "vector_scale(): no float32 can hold the result at index 0"),
        ("vector_dot('[1, 2]', '[1]')", "vector_dot(): the vectors have 2 and 1 dimensions"),
        ("inner_product('[1]', 1.5)", "inner_product(): the second argument is a REAL, 1.5"),
        ("l2_distance('[1, 2]', '[1]')", "l2_distance(): the vectors have 2 and 1 dimensions"),
        (
            "vector_subvector('[1]', 1.0, 1)",
            "vector_subvector(): the second argument is a REAL, 1.0: give an integer",
        ),
        (
            "vector_subvector('[1]', 1, '1')",
            "vector_subvector(): the third argument is TEXT, '1': give an integer",
        ),
        (
            "vector_subvector('[1]', 1, 0)",
            "vector_subvector(): the length is 0: a vector has at least one dimension",
        ),
        ("subvector('[1, 2]', 3, 1)", "subvector(): there is nothing at 3 to 3 of 2 dimensions"),
        ("subvector('[1, 2]', -3, 2)", "subvector(): there is nothing at -3 to -2 of 2 dimensions"),
        ("vector_to_json('x')", "vector_to_json(): the first argument is no JSON array of numbers: 'x'"),
    ],
)
def test_errors_say_why(one, expression, reason):
    with pytest.raises(sqlite3.OperationalError) as caught:
        one(expression)
    assert str(caught.value).startswith(reason)


def test_json_text_reads_back_as_the_same_vector(one):
    vector = np.random.default_rng(3).standard_normal(384).astype("f4")
    text = one("vector_to_json(?)", vector)
    assert bytes(one("vector(?)", text)) == vector.tobytes()
    assert len(text) < len(json.dumps(vector.tolist())) * 0.6


def test_an_index_may_be_made_on_them(conn):
    conn.execute("CREATE TABLE t (v VECTOR(2))")
    for expression in ("vector_norm(v)", "vector_normalize(v)", "vector_dims(v)", "vector_to_json(v)"):
        conn.execute(f"CREATE INDEX [{expression}] ON t ({expression})")


def test_a_programs_own_function_of_the_same_name_takes_its_place(conn, one):
    conn.create_function("cosine_distance", 2, lambda a, b: "mine")
    assert one("cosine_distance(1, 2)") == "mine"


def test_tables_and_columns_may_be_named_as_the_functions_are(conn):
    conn.execute("CREATE TABLE vector (vector VECTOR(2), l2_distance REAL)")
    conn.execute("INSERT INTO vector (vector, l2_distance) VALUES (?, NULL), (?, 1)", ([1, 2], [3, 4]))
    rows = conn.execute("SELECT vector, l2_distance FROM vector ORDER BY l2_distance").fetchall()
    assert rows == [([1, 2], None), ([3, 4], 1.0)]
    with pytest.raises(sqlite3.ProgrammingError, match="executemany"):
        conn.executemany("WITH vector (a) AS (SELECT 1) SELECT a FROM vector WHERE a = ?", [(1,)])


def test_pgvectors_distances_sort_null_last_too(conn):
    conn.execute("CREATE TABLE t (id INTEGER, v VECTOR(1))")
    conn.executemany("INSERT INTO t VALUES (?, ?)", [(1, None), (2, [5]), (3, [1])])
    for name in ("l2_distance", "l1_distance"):
        assert [row[0] for row in conn.execute(f"SELECT id FROM t ORDER BY {name}(v, '[0]')")] == [3, 2, 1]
