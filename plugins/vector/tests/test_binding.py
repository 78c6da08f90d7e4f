"""Python's vectors as parameters."""

from __future__ import annotations

import sqlite3
import struct
import sys
from array import array
from collections import UserList, defaultdict
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import heliosdb_sqlite

REFUSED = sqlite3.ProgrammingError if sys.version_info >= (3, 11) else sqlite3.InterfaceError
EXPECTED = struct.pack("<3f", 1, 2, 3)


class Tensor:
    """As much of a tensor as numpy needs to know."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)


class Wayward:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("call detach() first")


class FloatList(list):
    pass


@pytest.mark.parametrize(
    "vector",
    [
        [1.0, 2.0, 3.0],
        [1, 2, 3],
        (1, 2.0, True + 2),
        FloatList([1, 2, 3]),
        [np.float32(1), np.float64(2), np.int8(3)],
        [Decimal(1), Fraction(2), 3],
        array("d", [1, 2, 3]),
        array("f", [1, 2, 3]),
        array("b", [1, 2, 3]),
        np.array([1, 2, 3]),
        np.array([1, 2, 3], "<f4"),
        np.array([1, 2, 3], ">f4"),
        np.array([1, 2, 3], ">f8"),
        np.array([1, 2, 3], np.float16),
        np.array([1, 2, 3], np.uint8),
        np.array([1, 2, 3], object),
        np.array([1, 9, 2, 9, 3, 9], np.float32)[::2],
        np.array([3, 2, 1], np.float32)[::-1],
        Tensor([1, 2, 3]),
        EXPECTED,
        bytearray(EXPECTED),
        memoryview(EXPECTED),
    ],
    ids=lambda vector: (
        f"{type(vector).__name__} {getattr(vector, 'dtype', getattr(vector, 'typecode', ''))}".strip()
    ),
)
def test_each_kind_becomes_little_endian_float32(conn, vector):
    expected = [(EXPECTED,)]
    assert conn.execute("SELECT ?", (vector,)).fetchall() == expected
    assert conn.execute("SELECT ?", [vector]).fetchall() == expected
    assert conn.execute("SELECT :v", {"v": vector}).fetchall() == expected
    assert conn.cursor().execute("SELECT ?", (vector,)).fetchall() == expected


def test_booleans_are_0_and_1(one):
    assert one("?", np.array([True, False])) == struct.pack("<2f", 1, 0)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_float32_values_come_back_exactly(numbers):
    conn = heliosdb_sqlite.connect(":memory:", enable_vector_search=True)
    for vector in (numbers, tuple(numbers), np.array(numbers), np.array(numbers, np.float32)):
        assert np.frombuffer(conn.execute("SELECT ?", (vector,)).fetchone()[0], "<f4").tolist() == numbers
    conn.close()


def test_a_vector_stands_among_other_parameters(conn):
    row = conn.execute("SELECT ?, ?, ?, ?, ?, ?", (1, "two", [3.0], None, b"5", 6.5)).fetchone()
    assert row == (1, "two", struct.pack("<f", 3), None, b"5", 6.5)


@pytest.mark.parametrize("rows", [list, iter, lambda rows: (row for row in rows)])
def test_executemany(conn, rows):
    conn.execute("CREATE TABLE t (id, embedding VECTOR(2))")
    conn.executemany("INSERT INTO t VALUES (?, ?)", rows([(1, [1, 2]), (2, np.array([3, 4])), (3, None)]))
    assert conn.execute("SELECT vector_distance(embedding, '[0, 0]', 'l1') FROM t").fetchall() == [
        (3.0,),
        (7.0,),
        (None,),
    ]


def test_executemany_by_name(conn):
    conn.execute("CREATE TABLE t (id, embedding VECTOR(2))")
    conn.executemany(
        "INSERT INTO t VALUES (:id, $embedding)", ({"id": i, "embedding": [i, i]} for i in range(3))
    )
    assert conn.execute("SELECT count(embedding) FROM t").fetchone() == (3,)


def test_what_the_statement_does_not_use_may_be_anything(conn):
    record = {"id": 1, "embedding": [1, 2], "tags": ["not", "a", "vector"]}
    assert conn.execute("SELECT :id, length(:embedding)", record).fetchone() == (1, 8)


def test_a_mapping_may_make_its_values_up(conn):
    assert conn.execute("SELECT length(:a)", defaultdict(lambda: [1, 2, 3])).fetchone() == (12,)


def test_a_mapping_of_another_kind(conn):
    assert conn.execute("SELECT length(:a)", MappingProxyType({"a": [1, 2]})).fetchone() == (8,)


def test_a_sequence_of_another_kind(conn):
    assert conn.execute("SELECT length(?), ?", UserList([[1, 2], 5])).fetchone() == (8, 5)


@pytest.mark.parametrize(
    ("vector", "reason"),
    [
        ([], "an empty list is no vector: bind None"),
        ((), "an empty tuple is no vector"),
        (np.array([]), "an empty ndarray is no vector"),
        ([1.0, float("nan")], "finite numbers, and index 1 holds nan"),
        ([float("-inf"), 1], "finite numbers, and index 0 holds -inf"),
        (np.array([0, 1, np.nan]), "finite numbers, and index 2 holds nan"),
        (np.array([0, np.inf], np.float32), "finite numbers, and index 1 holds inf"),
        ([0, 1e39], r"no float32 can hold 1e\+39, at index 1"),
        ([10**400], "no float32 can hold 1000.*at index 0"),
        (np.array([1, 1e39]), r"no float32 can hold 1e\+39, at index 1"),
        ([1, "2"], "index 1 holds '2', a str"),
        ([1, None], "index 1 holds None, a NoneType"),
        ([1, 2j], "index 1 holds 2j, a complex"),
        ([[1, 2], [3, 4]], r"index 0 holds \[1, 2\], a list"),
        (np.ones((2, 2)), r"shape \(2, 2\) has 2: bind one row at a time"),
        (np.array(5.0), r"shape \(\) has 0"),
        (np.array([1j]), "an array of complex128 is no vector"),
        (np.array(["1"]), "an array of <U1 is no vector"),
        (np.array(["2024-01-01"], "datetime64[D]"), "an array of datetime64"),
        (np.array([1, "x"], object), "index 1 holds 'x', a str"),
        (Wayward(), r"this Wayward can't be turned into an array: call detach\(\) first"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_vector_is_named(conn, vector, reason):
    conn.execute("CREATE TABLE t (embedding)")
    with pytest.raises(REFUSED, match=f"^parameter 2: .*{reason}"):
        conn.execute("SELECT ?, ?", (1, vector))
    with pytest.raises(REFUSED, match=f"^parameter :v: .*{reason}"):
        conn.execute("SELECT :v", {"v": vector})
    with pytest.raises(REFUSED, match=f"^parameter 1: .*{reason}"):
        conn.executemany("INSERT INTO t VALUES (?)", [(vector,)])
