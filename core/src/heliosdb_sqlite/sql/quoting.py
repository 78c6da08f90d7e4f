"""The one place where names and texts are quoted into SQL."""

from __future__ import annotations


def quote_identifier(name: str) -> str:
    """Return ``name`` as an SQL identifier, safe whatever characters it has.

    >>> quote_identifier('my "odd" table')
    '"my ""odd"" table"'

    :raises ValueError: the name has a NUL character, which SQL text can't hold
    """
    if "\0" in name:
        raise ValueError(f"an SQL identifier can't hold a NUL character: {name!r}")
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Return ``text`` as an SQL string literal; for DDL, where parameters are not allowed.

    >>> quote_text("it's")
    "'it''s'"

    :raises ValueError: the text has a NUL character, which SQL text can't hold
    """
    if "\0" in text:
        raise ValueError(f"an SQL string literal can't hold a NUL character: {text!r}")
    return "'" + text.replace("'", "''") + "'"
