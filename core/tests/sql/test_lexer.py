"""Tokens: what SQLite's own tokenizer makes of a text."""

from __future__ import annotations

import sqlite3

import pytest

from heliosdb_sqlite.sql.lexer import Kind, scan, tokenize


def kinds(sql):
    return [(token.kind, token.text) for token in tokenize(sql)]


def only(sql):
    (token,) = tokenize(sql)
    return token


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("plain", "plain"),
        ("_x$1", "_x$1"),
        ("größe", "größe"),
        ('"a b"', "a b"),
        ('"a ""b"" c"', 'a "b" c'),
        ('""', ""),
        ("`a``b`", "a`b"),
        ("[a ]", "a "),
        ('[a"b]', 'a"b'),
        ("[a''b]", "a''b"),
        ("'it''s'", "it's"),  # SQLite takes a string for a name where it expects one
    ],
)
def test_an_identifier_spells_its_name_in_any_of_the_quotings(sqlite, text, name):
    token = only(text)

    assert token.name == name
    assert sqlite.execute(f"SELECT 1 AS {text}").description[0][0] == name


@pytest.mark.parametrize("text", ['"select"', "[select]", "`select`", "'select'"])
def test_a_quoted_keyword_is_no_keyword(text):
    assert only(text).word == ""
    assert only("Select").word == "SELECT"


def test_only_ascii_letters_are_folded():
    assert only("ver\u017fioning").word == "ver\u017fioning"  # the long s, which str.upper() would make an S


@pytest.mark.parametrize("text", ["'a", "'a''b", '"a', '"a""b', "`a", "[a", "'it''s -- b"])
def test_an_unclosed_quotation_is_bad_up_to_the_end(text):
    assert kinds(f"SELECT {text}")[-1][0] is Kind.BAD
    assert tokenize(f"SELECT {text}")[-1].end == len(f"SELECT {text}")


@pytest.mark.parametrize(
    "comment", ["-- x\n", "--\n", "/* x */", "/**/", "/***/", "/* ' */", "/* -- */", "/* a\nb */", "--'\n"]
)
def test_a_comment_is_no_token(comment):
    assert [token.text for token in tokenize(f"a{comment}b")] == ["a", "b"]


@pytest.mark.parametrize("comment", ["-- x", "--", "/* x", "/*/", "/* '", "/* *"])
def test_an_unclosed_comment_ends_with_the_text(sqlite, comment):
    assert [token.text for token in tokenize(f"SELECT 1 {comment}")] == ["SELECT", "1"]
    assert sqlite.execute(f"SELECT 1 {comment}").fetchone() == (1,)


def test_slash_and_star_at_the_very_end_are_operators():
    assert kinds("1 /*")[1:] == [(Kind.OPERATOR, "/"), (Kind.OPERATOR, "*")]


def test_comments_do_not_begin_inside_strings_and_names():
    assert [token.text for token in tokenize("'--' \"/*\" [--] `/*`")] == ["'--'", '"/*"', "[--]", "`/*`"]


@pytest.mark.parametrize(
    "text",
    [
        "?",
        "?1",
        "?123",
        ":a",
        "@a",
        "$a",
        "#a",
        ":1",
        "$a::b",
        "$a::b(c)",
        "$a(b)",
        ":a::",
        ":::a",
        ":größe",
        "@a(x/y)",
    ],
)
def test_parameters_of_every_style(text):
    assert only(text).kind is Kind.PARAMETER


@pytest.mark.parametrize(
    ("text", "first"), [("?1a", "?1"), ("$a:b", "$a"), (":a b", ":a"), ("? 1", "?"), (":a(b)c", ":a(b)")]
)
def test_a_parameter_ends_where_sqlite_ends_it(text, first):
    assert tokenize(text)[0].text == first


@pytest.mark.parametrize("text", ["$", ":", "@", "$(a)", "$a(b", "$a(b c)", "$::"])
def test_a_parameter_without_a_name_or_with_an_open_parenthesis_is_bad(text):
    assert tokenize(text)[0].kind is Kind.BAD


@pytest.mark.parametrize("text", ["x''", "x'AB01'", "X'ab'"])
def test_blobs(text):
    assert only(text).kind is Kind.BLOB


@pytest.mark.parametrize("text", ["x'abc'", "x'zz'", "x'", "x'ab"])
def test_a_blob_of_half_a_byte_or_of_no_digits_is_bad_as_a_whole(text):
    assert only(text).kind is Kind.BAD


@pytest.mark.parametrize(
    "text", ["0", "42", "1.5", "1.", ".5", "1e5", "1E+5", "1.e5", ".5e-3", "0x1F", "0XabCD", "007"]
)
def test_numbers(text):
    assert only(text).kind is Kind.NUMBER


@pytest.mark.parametrize("text", ["1a", "1e", "1.5x", "1__0", "1_", "1._5", "0x", "1$", "1\u00a0"])
def test_a_number_that_runs_into_letters_is_bad_as_a_whole(text):
    assert only(text).kind is Kind.BAD


@pytest.mark.parametrize("text", ["1_000", "0x1_F", "1_0.2_5e1_0"])
def test_digits_may_be_grouped_as_far_as_sqlite_knows_that(text):
    grouped = sqlite3.sqlite_version_info >= (3, 46)

    assert (kinds(text) == [(Kind.NUMBER, text)]) is grouped


def test_numbers_and_dots():
    assert [token.text for token in tokenize("a.b 1.2.3 1..2 t.5")] == [
        "a",
        ".",
        "b",
        "1.2",
        ".3",
        "1.",
        ".2",
        "t",
        ".5",
    ]


@pytest.mark.parametrize(
    "text", [*"+-*/%&|~<>=().,;", "||", "->", "->>", "<=", "<>", "<<", ">=", ">>", "==", "!="]
)
def test_operators(text):
    assert only(text).kind is Kind.OPERATOR


@pytest.mark.parametrize("text", ["!", "^", "\\", "{", "}", "\0", "\x01", "\x7f", "\x0b"])
def test_a_character_that_sqlite_has_no_use_for_is_bad(text):
    assert kinds(f"a {text}".replace(" \x0b", "\x0b"))[1] == (Kind.BAD, text)


def test_space_is_what_sqlite_takes_for_space():
    assert [token.text for token in tokenize("a \t\n\f\r\x0bb")] == ["a", "b"]
    # Letters, to SQLite.
    assert [token.text for token in tokenize("a\u00a0b c\u2003d")] == ["a\u00a0b", "c\u2003d"]


def test_a_byte_order_mark_is_space_between_tokens_and_a_letter_within():
    assert [token.text for token in tokenize("\ufeffSELECT \ufeff1")] == ["SELECT", "1"]
    assert only("a\ufeff").text == "a\ufeff"


def test_tokens_know_their_places():
    sql = "SELECT  'a'/**/,b"
    assert [sql[token.start : token.end] for token in tokenize(sql)] == ["SELECT", "'a'", ",", "b"]


def test_scan_gives_the_same_one_at_a_time():
    tokens = scan("SELECT " + "1," * 10_000_000)
    assert next(tokens).text == "SELECT"
    assert next(tokens).text == "1"


@pytest.mark.parametrize(
    "text",
    [
        "'" + "''" * 50_000,
        '"' + 'a""' * 50_000,
        "/*" * 50_000,
        "$a" + "::" * 50_000 + "(",
        "- " * 50_000 + "!",
        "[" * 50_000,
    ],
    ids=lambda text: text[:6],
)
def test_odd_texts_take_no_odd_time(text):
    assert tokenize(text)
