"""Property tests: any text can be tokenized, and the tokens are those that SQLite sees."""

from __future__ import annotations

import re
import sqlite3
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliosdb_sqlite.sql.lexer import Kind, tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

GAP = re.compile(r"(?:[ \t-\r]|\ufeff|--[^\n]*(?:\n|\Z)|/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z))*", re.DOTALL)
PIECES = (
    *(
        "SELECT",
        "x",
        "_a$",
        "größe",
        "e5",
        "X",
        "0x1F",
        "1e5",
        ".5",
        "1_000",
        "12",
        "1.",
        "x'ab'",
        "x'a'",
        "x'",
    ),
    *(
        "'it''s'",
        "'",
        "''",
        '"a""b"',
        '"',
        "`a`",
        "`",
        "[a]",
        "[",
        "]",
        "/*",
        "*/",
        "--",
        "\n",
        " ",
        "\t",
        "\x0b",
    ),
    *(
        "?",
        "?1",
        ":a",
        "@b",
        "$c",
        "$c::d",
        "(e)",
        "(",
        ")",
        "::",
        ":",
        "#",
        "$",
        "->>",
        "->",
        "||",
        "|",
        "<>",
        "!=",
    ),
    *("!", "==", "=", "<", ">", ".", ",", ";", "\\", "{", "\ufeff", "\u00a0", "\x7f", "😀"),
)
pieces = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(pieces | st.text(max_size=40))
def test_tokens_cover_the_text_but_for_space_and_comments(sql):
    at = 0
    for token in tokenize(sql):
        assert token.start >= at and token.end > token.start
        assert sql[token.start : token.end] == token.text
        assert GAP.fullmatch(sql, at, token.start)
        at = token.end
    assert GAP.fullmatch(sql, at, len(sql))


@given(pieces)
def test_tokens_with_space_between_them_are_the_same_tokens(sql):
    tokens = tokenize(sql)
    spaced = " \n".join(token.text for token in tokens if token.kind is not Kind.BAD)

    assert [token[:2] for token in tokenize(spaced)] == [
        token[:2] for token in tokens if token.kind is not Kind.BAD
    ]


@given(pieces)
def test_sqlite_takes_each_token_for_one_and_objects_to_the_bad_ones(sql):
    connection = sqlite3.connect(":memory:")
    for token in tokenize(sql):
        if token.text == ";":
            continue
        with pytest.raises(sqlite3.OperationalError) as caught:  # no token is a statement
            connection.execute(f";{token.text}")
        message = str(caught.value)
        if token.kind is Kind.BAD:  # in numbers like 1_0_ SQLite has taken an underscore out by then
            assert message.replace("_", "") == f'unrecognized token: "{token.text}"'.replace("_", "")
        else:
            assert message in (f'near "{token.text}": syntax error', "incomplete input")
    connection.close()


@given(st.lists(names, min_size=1, max_size=5), st.data())
def test_names_and_strings_are_read_as_sqlite_reads_them(texts, data):
    columns = []
    for text in texts:
        quoted = data.draw(st.sampled_from(['"', "`", "[", "'"]))
        alias = {
            '"': quote_identifier(text),
            "'": quote_text(text),
            "`": "`" + text.replace("`", "``") + "`",
            "[": "[" + text.replace("]", "") + "]",
        }[quoted]
        columns.append(f"{quote_text(text)} AS {alias}")
    sql = "SELECT " + data.draw(st.sampled_from([", ", ",--\n", ",/* ' */"])).join(columns)

    connection = sqlite3.connect(":memory:")
    cursor = connection.execute(sql)
    tokens = tokenize(sql)
    values = [value for value, word in pairwise(tokens) if word.word == "AS"]
    aliases = [alias for word, alias in pairwise(tokens) if word.word == "AS"]
    assert [value.name for value in values] == list(cursor.fetchone())
    assert [alias.name for alias in aliases] == [column[0] for column in cursor.description]
    connection.close()


@given(st.from_regex(r"[0-9.][0-9a-fA-FxX_.eE+-]{0,10}", fullmatch=True))
def test_numbers_are_read_as_sqlite_reads_them(text):
    connection = sqlite3.connect(":memory:")
    first = tokenize(text)[0]
    try:
        connection.execute(f"SELECT {first.text}")
        expected = Kind.NUMBER
    except sqlite3.OperationalError as error:
        expected = Kind.BAD if "unrecognized token" in str(error) else Kind.OPERATOR
    connection.close()

    assert first.kind is expected
