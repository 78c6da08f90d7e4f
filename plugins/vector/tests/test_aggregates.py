"""vector_avg and vector_sum, over groups and over windows."""

from __future__ import annotations

import sqlite3
import struct

import pytest

WINDOWS = hasattr(sqlite3.Connection, "create_window_function")


@pytest.fixture
def docs(conn):
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, kind TEXT, v VECTOR(2))")
    rows = [(1, "a", [1, 10]), (2, "a", [3, 20]), (3, "b", None), (4, "a", None), (5, "c", [5, 6])]
    conn.executemany("INSERT INTO docs VALUES (?, ?, ?)", rows)
    return conn


def test_a_group_at_a_time_nulls_left_out(docs):
    rows = docs.execute("SELECT kind, vector_sum(v), vector_avg(v) FROM docs GROUP BY kind").fetchall()
    assert rows == [("a", [4, 30], [2, 15]), ("b", None, None), ("c", [5, 6], [5, 6])]


def test_no_rows_give_null(docs):
    assert docs.execute("SELECT vector_sum(v), vector_avg(v) FROM docs WHERE 0").fetchone() == (None, None)


def test_json_text_counts_too(one):
    assert one("vector_avg(value) FROM (SELECT '[1, 2]' AS value UNION ALL SELECT '[3, 6]')") == [2, 4]


def test_nan_that_another_writer_stored_counts_as_null(docs):
    docs.execute("UPDATE docs SET v = ? WHERE id = 4", (struct.pack("<2f", float("nan"), 1),))
    assert docs.execute("SELECT vector_avg(v) FROM docs WHERE kind = 'a'").fetchone() == ([2, 15],)


def test_the_sum_is_not_rounded_on_the_way(one):
    rows = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT '[0.1]' AS v FROM n)"
    assert one(f"vector_sum(v) FROM {rows}") == [10000 * struct.unpack("<f", struct.pack("<f", 0.1))[0]]
    big = "(SELECT '[1e30]' AS v UNION ALL SELECT '[1]' UNION ALL SELECT '[-1e30]')"
    assert one(f"vector_sum(v) FROM {big}") == [1]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["[1, 2]", "[1]"], "the vectors have 2 and 1 dimensions: all must have the same number"),
        (["[1]", 5], "the first argument is an INTEGER, 5"),
        (["[3e38]", "[3e38]", "[3e38]"], "no float32 can hold the result at index 0"),
    ],
)
def test_errors_say_why(conn, values, reason):
    conn.execute("CREATE TABLE t (v)")
    conn.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
    with pytest.raises(sqlite3.OperationalError) as caught:
        conn.execute("SELECT vector_sum(v) FROM t").fetchall()
    assert str(caught.value).startswith(f"vector_sum(): {reason}")


def test_an_average_may_be_small_where_the_sum_is_large(one):
    assert one(
        "vector_avg(v) FROM (SELECT '[3e38]' AS v UNION ALL SELECT '[3e38]' UNION ALL SELECT '[3e38]')"
    ) == [3e38]


if WINDOWS:  # Python 3.11 and later can define them

    def test_over_a_window(docs):
        rows = docs.execute("SELECT id, vector_sum(v) OVER (ORDER BY id) FROM docs").fetchall()
        assert rows == [(1, [1, 10]), (2, [4, 30]), (3, [4, 30]), (4, [4, 30]), (5, [9, 36])]

    def test_over_a_window_that_moves_on(docs):
        window = "OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
        rows = docs.execute(f"SELECT id, vector_avg(v) {window} FROM docs").fetchall()
        assert rows == [(1, [1, 10]), (2, [2, 15]), (3, [3, 20]), (4, None), (5, [5, 6])]

    def test_a_row_that_has_left_leaves_no_trace(conn):
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
        conn.executemany("INSERT INTO t (v) VALUES (?)", [([1e30],), ([0.1],), ([-7e20],), ([1],), ([2],)])
        rows = conn.execute("SELECT vector_sum(v) OVER (ORDER BY id ROWS 1 PRECEDING) FROM t").fetchall()
        assert [row[0] for row in rows[3:]] == [[-7e20], [3]]

    def test_an_error_in_a_window_says_why(conn):
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
        conn.executemany("INSERT INTO t (v) VALUES (?)", [([1],), ([1, 2],)])
        with pytest.raises(
            sqlite3.OperationalError, match=r"vector_avg\(\): the vectors have 1 and 2 dimensions"
        ):
            conn.execute("SELECT vector_avg(v) OVER (ORDER BY id) FROM t").fetchall()

else:

    def test_a_window_needs_python_3_11(docs):
        with pytest.raises(sqlite3.OperationalError, match="may not be used as a window function"):
            docs.execute("SELECT vector_sum(v) OVER (ORDER BY id) FROM docs")
