"""Names and texts become SQL that means exactly them."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(texts, texts)
def test_sqlite_and_the_lexer_read_back_what_was_quoted(name, text):
    connection = sqlite3.connect(":memory:")
    cursor = connection.execute(f"SELECT {quote_text(text)} AS {quote_identifier(name)}")

    assert cursor.fetchone() == (text,)
    assert cursor.description[0][0] == name
    assert [token.name for token in tokenize(quote_identifier(name) + quote_text(text))] == [name, text]
    connection.close()


@pytest.mark.parametrize("quote", [quote_identifier, quote_text])
def test_what_sql_text_can_not_hold_is_refused(quote):
    with pytest.raises(ValueError, match=r"can't hold a NUL character: 'a\\x00b'"):
        quote("a\0b")
