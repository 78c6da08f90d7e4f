"""Editing a statement at positions of its original text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.splice import Edit, Span, splice


def test_what_is_not_edited_stays_as_it_is():
    sql = "SELECT  a , -- why\n b FROM t"
    table = tokenize(sql)[-1]

    assert splice(sql, [Edit(table.start, table.end, "u")]) == "SELECT  a , -- why\n b FROM u"
    assert splice(sql, []) == sql


def test_several_edits_count_from_the_original_text_in_any_order():
    edits = [Edit(0, 1, "xyz"), Edit(2, 3, ""), Edit(4, 4, "!")]

    assert splice("abcd", edits) == splice("abcd", reversed(edits)) == "xyzbd!"


def test_an_edit_without_text_removes():
    assert splice("abcd", [Edit(1, 3)]) == "ad"


def test_insertions_at_one_place_keep_the_order_in_which_they_are_given():
    assert splice("ab", [Edit(1, 1, "x"), Edit(1, 1, "y")]) == "axyb"


def test_an_insertion_beside_a_replacement_stands_on_its_side():
    assert splice("abc", [Edit(1, 2, "B"), Edit(1, 1, "<"), Edit(2, 2, ">")]) == "a<B>c"


def test_a_piece_of_the_original_can_stand_elsewhere_and_more_than_once():
    assert (
        splice("a, b", [Edit(0, 1, (Span(3, 4),)), Edit(3, 4, (Span(0, 1), " + ", Span(0, 1)))]) == "b, a + a"
    )


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 2), Edit(1, 3)],
        [Edit(0, 3), Edit(1, 1, "x")],
        [Edit(0, 1), Edit(0, 1)],
        [Edit(0, 3), Edit(1, 2)],
    ],
)
def test_edits_that_overlap_are_refused(edits):
    with pytest.raises(ValueError, match="overlaps"):
        splice("abcd", edits)


@pytest.mark.parametrize("edit", [Edit(-1, 1), Edit(0, 5), Edit(5, 5, "x"), Edit(2, 1)])
def test_an_edit_beyond_the_text_is_refused(edit):
    with pytest.raises(ValueError, match="beyond the statement's 4 characters"):
        splice("abcd", [edit])


@given(st.text(max_size=20), st.data())
def test_edits_are_what_they_are_when_made_one_by_one_from_the_end(sql, data):
    ends = sorted(data.draw(st.lists(st.integers(0, len(sql)), max_size=8, unique=True)))
    edits = [
        Edit(start, end, data.draw(st.text(max_size=3)))
        for start, end in zip(ends[::2], ends[1::2], strict=False)
    ]

    expected = sql
    for edit in reversed(edits):
        expected = expected[: edit.start] + edit.text + expected[edit.end :]
    assert splice(sql, data.draw(st.permutations(edits))) == expected
