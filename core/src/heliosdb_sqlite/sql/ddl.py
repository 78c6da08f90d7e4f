"""The columns that a CREATE TABLE or ALTER TABLE statement defines, and where each stands in the text."""

from __future__ import annotations

from typing import NamedTuple

from .lexer import Kind, Token, tokenize

_TABLE_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})
_COLUMN_CONSTRAINTS = frozenset(
    {
        "CONSTRAINT",
        "PRIMARY",
        "NOT",
        "NULL",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "COLLATE",
        "REFERENCES",
        "GENERATED",
        "AS",
        "ON",
    }
)


class Column(NamedTuple):
    """A column as its definition writes it."""

    name: Token
    type_words: tuple[Token, ...]  # the words of the declared type: DOUBLE PRECISION are two
    type_arguments: tuple[Token, ...]  # what stands between the type's parentheses, commas and all
    type_end: int  # where the declared type ends in the text; a column constraint can be put here


class TableDefinition(NamedTuple):
    """What a CREATE TABLE or ALTER TABLE ... ADD COLUMN statement defines."""

    schema: str | None
    table: str
    columns: tuple[Column, ...]
    options: tuple[str, ...]  # words after the closing parenthesis: STRICT, WITHOUT ROWID


def table_definition(sql: str) -> TableDefinition | None:
    """Return what the statement defines, or None when it defines no columns (any other statement, CREATE TABLE AS)."""
    tokens = tokenize(sql)
    words = [token.word for token in tokens[:4]]
    if words[:2] == ["ALTER", "TABLE"]:
        return _altered(tokens)
    if words[:1] == ["CREATE"] and "TABLE" in words[1:3] and "VIRTUAL" not in words[1:2]:
        return _created(tokens, words.index("TABLE") + 1)
    return None


def _created(tokens: list[Token], at: int) -> TableDefinition | None:
    if [token.word for token in tokens[at : at + 3]] == ["IF", "NOT", "EXISTS"]:
        at += 3
    schema, table, at = _qualified_name(tokens, at)
    if table is None or at >= len(tokens) or tokens[at].text != "(":
        return None
    columns = []
    at += 1
    while at < len(tokens):
        end = _end_of_definition(tokens, at)
        if tokens[at].word in _TABLE_CONSTRAINTS:
            at = _closing(tokens, end)
            break
        columns.append(_column(tokens[at:end]))
        at = end + 1
        if end >= len(tokens) or tokens[end].text == ")":
            at = end
            break
    options = tuple(token.word for token in tokens[at + 1 :] if token.word)
    return TableDefinition(schema, table, tuple(columns), options)


def _altered(tokens: list[Token]) -> TableDefinition | None:
    schema, table, at = _qualified_name(tokens, 2)
    if table is None or at >= len(tokens) or tokens[at].word != "ADD":
        return None
    at += 1
    if at < len(tokens) and tokens[at].word == "COLUMN":
        at += 1
    end = _end_of_definition(tokens, at)
    if at >= end or tokens[at].word in _TABLE_CONSTRAINTS:
        return None
    return TableDefinition(schema, table, (_column(tokens[at:end]),), ())


def _qualified_name(tokens: list[Token], at: int) -> tuple[str | None, str | None, int]:
    if at >= len(tokens):
        return None, None, at
    if at + 2 < len(tokens) and tokens[at + 1].text == ".":
        return tokens[at].name, tokens[at + 2].name, at + 3
    return None, tokens[at].name, at + 1


def _end_of_definition(tokens: list[Token], at: int) -> int:
    """Return the index of the comma, parenthesis or semicolon that ends the definition which starts at ``at``."""
    depth = 0
    for index in range(at, len(tokens)):
        text = tokens[index].text
        if depth == 0 and text in (",", ")", ";"):
            return index
        depth += (text == "(") - (text == ")")
    return len(tokens)


def _closing(tokens: list[Token], at: int) -> int:
    """Return the index of the parenthesis that closes the column list."""
    while at < len(tokens) and tokens[at].text == ",":
        at = _end_of_definition(tokens, at + 1)
    return at


def _column(tokens: list[Token]) -> Column:
    name, rest = tokens[0], tokens[1:]
    words: list[Token] = []
    for token in rest:
        is_name = token.kind in (Kind.WORD, Kind.QUOTED, Kind.STRING)
        if not is_name or token.word in _COLUMN_CONSTRAINTS:
            break
        words.append(token)
    end = words[-1].end if words else name.end
    arguments: list[Token] = []
    following = rest[len(words) :]
    if words and following and following[0].text == "(":
        close = next((i for i, token in enumerate(following) if token.text == ")"), len(following) - 1)
        arguments = following[1:close]
        end = following[close].end
    return Column(name, tuple(words), tuple(arguments), end)
