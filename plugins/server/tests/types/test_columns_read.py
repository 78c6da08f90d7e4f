"""Whole columns are read as their values are one by one, or left to be read so."""

from __future__ import annotations

from datetime import timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliosdb_server.protocol.errors import PgError
from heliosdb_server.types import column_reading, reading
from heliosdb_server.types.column_reading import Unusual
from heliosdb_server.types.registry import INT2, INT4, INT8, OID, Sized

ODD = ["+5", "007", "-0", "true", "null", "NaN", "1,2", "[1", "2]", "1.0", "1E2", "1e2", "\u0663", " 7", "7\r", "1_0", "",
       '"5"', "{}", "32768", "-32769", "2147483648", "4294967296", "9223372036854775808", "9" * 5000]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(ODD), st.integers(-(2**63), 2**63).map(str), st.integers(0, 99).map(str))


def one_by_one(kind, column):
    read = reading.text_in(kind, -1, timezone.utc)
    try:
        return [read(text) for text in column]
    except PgError:
        return None


@pytest.mark.parametrize("kind", [INT2, INT4, INT8, OID], ids=lambda kind: kind.name)
@given(column=st.lists(TEXTS, min_size=1, max_size=4))
def test_integers(kind, column):
    try:
        found = column_reading.reader(Sized(kind), timezone.utc)(column)
    except Unusual:
        return
    assert found == one_by_one(kind, column)
    assert set(map(type, found)) == {int}


@pytest.mark.parametrize("kind", [INT2, INT4, INT8, OID], ids=lambda kind: kind.name)
def test_usual_integers_are_read_together(kind):
    read = column_reading.reader(Sized(kind), timezone.utc)
    assert read(["1", "20", "32767", "0"]) == [1, 20, 32767, 0]
    for odd in ("x", "1,2", "true", "9223372036854775808"):
        with pytest.raises(Unusual):
            read(["1", odd])
