"""Rows as messages: whichever way they are written, few or many, the bytes are the same."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heliosdb_server.protocol.errors import PgError
from heliosdb_server.types.registry import (
    BOOL,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    NUMERIC,
    TEXT,
    TIMESTAMP,
    VARCHAR,
    Sized,
)
from heliosdb_server.types.rows import encoder

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
floats = st.floats(allow_nan=False)
VALUES = {
    INT4: st.integers(-(2**31), 2**31 - 1),
    INT8: st.integers(-(2**63), 2**63 - 1),
    FLOAT8: st.one_of(floats, st.integers(-(10**17), 10**17)),
    NUMERIC: st.integers(-(10**12), 10**12),
    TEXT: texts,
    VARCHAR: st.one_of(texts, st.integers(0, 9), st.just("x" * 5000)),
    BOOL: st.sampled_from([0, 1, "t", "no"]),
    TIMESTAMP: st.just("2024-02-29 12:00:00.5"),
}


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_many_rows_are_written_as_one_is(data):
    kinds = data.draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=4))
    holes = data.draw(st.booleans())
    values = [st.one_of(VALUES[kind], st.none()) if holes else VALUES[kind] for kind in kinds]
    rows = data.draw(st.lists(st.tuples(*values), min_size=1, max_size=20))
    encode = encoder(tuple(Sized(kind) for kind in kinds), (0,) * len(kinds))
    one_by_one = [encode.each([row])[0] for row in rows]
    assert encode.each(rows * 8) == one_by_one * 8
    assert encode.together(rows * 8) == b"".join(one_by_one * 8)


PACKED = {
    INT4: struct.Struct("!i").pack,
    INT8: struct.Struct("!q").pack,
    FLOAT8: struct.Struct("!d").pack,
    TEXT: str.encode,
    VARCHAR: lambda value: str(value).encode(),
}


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_binary_rows_are_their_values_one_behind_the_other(data):
    kinds = data.draw(st.lists(st.sampled_from(list(PACKED)), min_size=1, max_size=5))
    holes = data.draw(st.booleans())
    values = [st.one_of(VALUES[kind], st.none()) if holes else VALUES[kind] for kind in kinds]
    rows = data.draw(st.lists(st.tuples(*values), min_size=1, max_size=5))
    encode = encoder(tuple(Sized(kind) for kind in kinds), (1,) * len(kinds))
    expected = []
    for row in rows:
        body = struct.pack("!H", len(row))
        for kind, value in zip(kinds, row, strict=True):
            made = b"" if value is None else PACKED[kind](value)
            body += struct.pack("!i", -1 if value is None else len(made)) + made
        expected.append(b"D" + struct.pack("!I", len(body) + 4) + body)
    assert encode.each(rows) == expected
    assert encode.together(rows) == b"".join(expected)


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("rows", [1, 20])
@pytest.mark.parametrize(
    ("kind", "value"),
    [(INT2, 40_000), (INT4, 2**31), (INT8, "x"), (FLOAT8, "x"), (BOOL, "maybe"), (INT4, 1.5)],
)
def test_a_value_of_another_type_is_an_error(code, rows, kind, value):
    encode = encoder((Sized(kind),), (code,))
    with pytest.raises(PgError):
        encode.together([(0,)] * rows + [(value,)])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "-0"),
        (1e15, "1e+15"),
        (1e-5, "1e-05"),
        (0.1, "0.1"),
        (math.inf, "Infinity"),
        (123456789012345.0, "123456789012345"),
    ],
)
def test_numbers_are_written_as_postgresql_writes_them(value, text):
    encode = encoder((Sized(FLOAT8),), (0,))
    for count in (1, 20):
        assert all(row.endswith(text.encode()) for row in encode.each([(value,)] * count))


def test_a_row_without_columns():
    assert encoder((), ()).together([()] * 20) == b"D\0\0\0\6\0\0" * 20
