"""Parameters that are no vectors: bound as the standard library binds them."""

from __future__ import annotations

import datetime
import sqlite3
import sys
import warnings
from array import array

import numpy as np
import pytest

PLAIN = [None, 1, -(2**63), 1.5, "text", b"bytes", bytearray(b"b"), memoryview(b"m"), True, np.float64(1.5)]


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_values_of_sqlites_own_types(conn, value):
    plain = sqlite3.connect(":memory:")
    expected = plain.execute("SELECT ?, typeof(?)", (value, value)).fetchone()
    plain.close()
    assert conn.execute("SELECT ?, typeof(?)", (value, value)).fetchone() == expected
    assert conn.execute("SELECT :v, typeof(:v)", {"v": value}).fetchone() == expected


class Point(list):
    def __conform__(self, protocol):
        return ";".join(map(str, self))


class Shape(np.ndarray):
    pass


def test_a_value_that_says_itself_how_it_is_bound(one):
    assert one("?", Point([1, 2])) == "1;2"


def test_a_value_with_a_registered_adapter(one, monkeypatch):
    monkeypatch.setitem(
        sqlite3.adapters, (Shape, sqlite3.PrepareProtocol), lambda shape: f"shape {shape.shape}"
    )
    assert one("?", np.ones(2).view(Shape)) == "shape (2,)"
    monkeypatch.setitem(sqlite3.adapters, (list, sqlite3.PrepareProtocol), repr)
    assert one("?", [1, 2]) == "[1, 2]"


def test_registering_nothing(conn):
    before = dict(sqlite3.adapters)
    conn.execute("SELECT ?", ([1, 2],))
    assert sqlite3.adapters == before


def test_dates_keep_their_adapter(one):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert one("?", datetime.date(2024, 1, 2)) == "2024-01-02"


@pytest.mark.parametrize(
    "value", [{1, 2}, {"a": 1}, object(), 1j, range(3)], ids=lambda value: type(value).__name__
)
def test_what_sqlite3_can_not_bind_it_still_can_not(conn, value):
    plain = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.Error) as theirs:
        plain.execute("SELECT ?", (value,))
    plain.close()
    with pytest.raises(type(theirs.value)) as ours:
        conn.execute("SELECT ?", (value,))
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT ?", ()),
        ("SELECT ?", (1, 2)),
        ("SELECT :a", {}),
        ("SELECT :a", {"b": [1]}),
        ("SELECT ?", 5),
        ("SELECT ?", {1}),
    ],
)
def test_the_wrong_parameters_are_the_standard_librarys_error(conn, sql, parameters):
    plain = sqlite3.connect(":memory:")
    with pytest.raises((sqlite3.Error, ValueError, TypeError)) as theirs:
        plain.execute(sql, parameters)
    plain.close()
    with pytest.raises(type(theirs.value)) as ours:
        conn.execute(sql, parameters)
    assert str(ours.value) == str(theirs.value)


def test_an_array_of_characters_is_no_vector(conn):
    plain = sqlite3.connect(":memory:")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        text = array("w" if sys.version_info >= (3, 13) else "u", "ab")
    assert conn.execute("SELECT ?", (text,)).fetchall() == plain.execute("SELECT ?", (text,)).fetchall()
    plain.close()
