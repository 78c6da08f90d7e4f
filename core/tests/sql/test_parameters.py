"""Parameters have SQLite's numbers, and their values find their places in a statement whose clauses moved."""

from __future__ import annotations

import sqlite3
import sys
import warnings
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.parameters import parameters, rewrite
from heliosdb_sqlite.sql.splice import Edit, Span


def numbers(sql):
    return [each.number for each in parameters(sql)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", []),
        ("SELECT ?, ?", [1, 2]),
        ("SELECT ?2, ?", [2, 3]),
        ("SELECT ?, ?1, ?", [1, 1, 2]),
        ("SELECT ?5, ?2, ?", [5, 2, 6]),
        ("SELECT ?05, ?", [5, 6]),
        ("SELECT :a, :b, :a", [1, 2, 1]),
        ("SELECT :a, @a, $a, #a, :A", [1, 2, 3, 4, 5]),  # the mark and the case are part of the name
        ("SELECT ?, :a, ?, :a", [1, 2, 3, 2]),
        ("SELECT ?3, :a, :b, ?4", [3, 4, 5, 4]),
        ("SELECT $a::b(c), $a::b(d), $a", [1, 2, 3]),
        ("SELECT '?', \"?\", [?], ? -- ?\n /* ? */", [1]),
    ],
)
def test_numbers(sql, expected):
    assert numbers(sql) == expected


def bound(sql, values):
    """Return what SQLite makes of a sequence of values, whatever Python thinks of named parameters by now."""
    connection = sqlite3.connect(":memory:")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        row = connection.execute(sql, values).fetchone()
    connection.close()
    return row


STYLES = st.sampled_from(["?", "?", "?1", "?3", "?7", ":a", ":b", "@a", "$a", "$a::b(c)"])


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python no longer binds a sequence to names")
@given(st.lists(STYLES, min_size=1, max_size=12))
def test_numbers_are_those_that_sqlite_gives(styles):
    sql = f"SELECT {', '.join(styles)}"
    places = numbers(sql)

    assert list(bound(sql, range(1, max(places) + 1))) == places


def move_last_first(sql):
    """Move the last item of a SELECT's list to its beginning, as a plugin moves its clause."""
    tokens = tokenize(sql)
    last, comma = tokens[-1], tokens[-2]
    first = tokens[1].start
    return rewrite(sql, [Edit(first, first, (Span(last.start, last.end), ", ")), Edit(comma.start, last.end)])


def test_a_sequence_is_put_in_the_new_order():
    moved = move_last_first("SELECT ?, ?, ?")

    assert moved.text == "SELECT ?, ?, ?"
    assert moved.bind((1, 2, 3)) == (3, 1, 2)
    assert moved.bind([1, 2, 3]) == (3, 1, 2)
    assert moved.bind("abc") == ("c", "a", "b")


def test_a_mapping_passes_through_as_it_is():
    moved = move_last_first("SELECT :a, :b")
    for mapping in ({"a": 1, "b": 2}, MappingProxyType({"a": 1, "b": 2})):
        assert moved.bind(mapping) is mapping


def test_names_move_with_their_values_when_those_come_as_a_sequence():
    moved = move_last_first("SELECT :a, :b, :a, :c")

    assert moved.text == "SELECT :c, :a, :b, :a"
    assert moved.bind((1, 2, 3)) == (3, 1, 2)


def test_a_sequence_of_any_kind_is_taken_and_what_is_none_is_left_to_sqlite3():
    class Values:
        def __len__(self):
            return 2

        def __getitem__(self, place):
            return "ab"[place]

    moved = move_last_first("SELECT ?, ?")
    assert moved.bind(Values()) == ("b", "a")
    for odd in (None, 5, {1, 2}, iter([1, 2])):
        assert moved.bind(odd) is odd


def test_the_wrong_number_of_values_is_left_to_sqlite3():
    moved = move_last_first("SELECT ?, ?")
    for values in ((), (1,), (1, 2, 3)):
        assert moved.bind(values) is values


def test_nothing_is_to_be_done_when_the_order_stays():
    assert rewrite("SELECT ?, ? FROM t", [Edit(17, 18, "u")]).bind is None
    assert move_last_first("SELECT a, ?").bind is None


def test_a_clause_can_be_needed_twice_or_not_at_all():
    sql = "SELECT ?, ?, ?"
    twice = rewrite(sql, [Edit(7, 8, (Span(13, 14), " + ", Span(13, 14))), Edit(11, 14)])

    assert twice.text == "SELECT ? + ?, ?"
    assert twice.bind((1, 2, 3)) == (3, 3, 2)
    assert rewrite(sql, [Edit(8, 11)]).bind((1, 2, 3)) == (1, 3)


def test_numbered_parameters_keep_their_numbers_and_bare_ones_get_theirs():
    assert move_last_first("SELECT ?2, ?1").text == "SELECT ?1, ?2"
    assert move_last_first("SELECT ?2, ?1").bind is None
    assert move_last_first("SELECT ?3, ?, ?").text == "SELECT ?5, ?3, ?4"
    assert rewrite("SELECT ?1, ?2", [Edit(9, 13)]).bind((1, 2)) == (1,)


def test_numbers_and_names_together_are_refused_where_moving_would_mix_them_up():
    assert move_last_first("SELECT ?1, :a, 1").text == "SELECT 1, ?1, :a"
    with pytest.raises(sqlite3.NotSupportedError, match="use one of"):
        move_last_first("SELECT ?1, :a")


def test_a_new_text_can_have_no_parameter_of_its_own():
    with pytest.raises(ValueError, match="no value"):
        rewrite("SELECT ?", [Edit(8, 8, ", ?")])
    with pytest.raises(ValueError, match="no value"):
        rewrite("SELECT ?", [Edit(8, 8, "1")])  # which would make it ?1


@given(st.lists(st.sampled_from(["?", ":a", ":b", "$c"]) | st.just("7"), min_size=1, max_size=8), st.data())
def test_every_rearrangement_gives_each_expression_the_value_it_had(items, data):
    sql = "SELECT " + ", ".join(items)
    tokens = [token for token in tokenize(sql)[1:] if token.text != ","]
    order = data.draw(st.lists(st.sampled_from(range(len(items))), min_size=1, max_size=10))
    parts = [part for place in order for part in (", ", Span(tokens[place].start, tokens[place].end))][1:]
    moved = rewrite(sql, [Edit(7, len(sql), tuple(parts))])

    values = [f"value {place}" for place in range(max(numbers(sql), default=0))]
    new_values = values if moved.bind is None else moved.bind(values)
    before = [values[number - 1] for number in numbers(sql)]
    wanted = iter(before)
    by_item = [next(wanted) if item != "7" else 7 for item in items]
    if sys.version_info < (3, 14) or set(items) <= {"?", "7"}:
        assert list(bound(moved.text, new_values)) == [by_item[place] for place in order]
