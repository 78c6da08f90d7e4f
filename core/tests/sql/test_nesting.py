"""What stands in parentheses and outside of them."""

from __future__ import annotations

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.nesting import closing, outside, parts, word_at

ORDERED = tokenize("SELECT a, (SELECT b FROM t ORDER BY b) FROM u ORDER BY f(c, d), e; SELECT 1")


def texts(tokens):
    return [token.text for token in tokens]


def test_what_closes_a_parenthesis_is_found_past_those_inside():
    assert closing(tokenize("f((a), (b)) + (c)"), 1) == 9


def test_an_open_parenthesis_is_closed_by_the_end():
    tokens = tokenize("f(a, (b)")
    assert closing(tokens, 1) == len(tokens)
    assert closing(tokens, 1, 4) == 4


def test_a_word_is_found_outside_of_parentheses_alone():
    assert ORDERED[word_at(ORDERED, frozenset({"ORDER"}))].start == 46
    assert word_at(ORDERED, frozenset({"WHERE"})) == len(ORDERED)


def test_a_quoted_word_is_none():
    tokens = tokenize('"AS" AS x')
    assert word_at(tokens, frozenset({"AS"})) == 1


def test_what_is_outside_ends_with_what_it_stands_in():
    tokens = tokenize("f(a, g(b), c) + d")
    assert texts(tokens[place] for place in outside(tokens, 2)) == ["a", ",", "g", ",", "c"]


def test_parts_end_at_a_word_a_parenthesis_or_the_statement():
    listed = parts(ORDERED, 1, frozenset({"FROM"}))
    assert [texts(part)[0] for part in listed] == ["a", "("]
    begin = word_at(ORDERED, frozenset({"ORDER"})) + 2
    assert [texts(part) for part in parts(ORDERED, begin)] == [["f", "(", "c", ",", "d", ")"], ["e"]]
    assert [texts(part) for part in parts(tokenize("f(a, , b) + c"), 2)] == [["a"], [], ["b"]]
