"""The columns that a CREATE TABLE or ALTER TABLE statement defines, and where each stands in the text."""

from __future__ import annotations

from typing import NamedTuple

from .lexer import Kind, Token, tokenize, verb

_TABLE_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})
# Keywords that end a declared type. All are reserved; GENERATED, which is not, is looked at by itself.
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
        "AS",
        "DEFERRABLE",
    }
)
_NAMES = frozenset({Kind.WORD, Kind.QUOTED, Kind.STRING})


class Column(NamedTuple):
    """A column as its definition writes it."""

    name: Token
    type_words: tuple[Token, ...]  # the words of the declared type: DOUBLE PRECISION are two
    type_arguments: tuple[Token, ...]  # what stands between the type's parentheses, commas and all
    type_end: int  # where the declared type ends in the text; a column constraint can be put here
    type_text: str  # the declared type as it is written, "" for none
    constraints: tuple[Token, ...]  # what follows the type: NOT NULL, DEFAULT ..., CHECK (...)


class TableDefinition(NamedTuple):
    """What a CREATE TABLE or ALTER TABLE ... ADD COLUMN statement defines."""

    schema: str | None
    table: str
    columns: tuple[Column, ...]
    options: tuple[str, ...]  # words after the closing parenthesis: STRICT, WITHOUT ROWID


def table_definition(sql: str) -> TableDefinition | None:
    """Return what the statement defines, or None when it defines no columns (any other statement, CREATE TABLE AS).

    A statement that SQLite won't take gives None, or as much as could be made out of it.

    >>> [
    ...     (column.name.name, column.type_text)
    ...     for column in table_definition("CREATE TABLE t (a, b TEXT)").columns
    ... ]
    [('a', ''), ('b', 'TEXT')]
    """
    first = verb(sql)
    if first not in ("CREATE", "ALTER"):
        return None
    tokens = tokenize(sql)
    while tokens[0].text == ";":
        del tokens[0]
    words = [token.word for token in tokens[1:3]]
    if words[:1] == ["TABLE"]:
        return _altered(sql, tokens) if first == "ALTER" else _created(sql, tokens, 2)
    if first == "CREATE" and words in (["TEMP", "TABLE"], ["TEMPORARY", "TABLE"]):
        return _created(sql, tokens, 3)
    return None


def _created(sql: str, tokens: list[Token], at: int) -> TableDefinition | None:
    if [token.word for token in tokens[at : at + 3]] == ["IF", "NOT", "EXISTS"]:
        at += 3
    schema, table, at = _qualified_name(tokens, at)
    if table is None or at >= len(tokens) or tokens[at].text != "(":
        return None
    columns: list[Column] = []
    while True:
        at += 1  # past the parenthesis or the comma
        end = _end_of_definition(tokens, at)
        if at >= end or tokens[at].kind not in _NAMES:
            return None
        if tokens[at].word in _TABLE_CONSTRAINTS:
            end = _closing(tokens, end)
            break
        columns.append(_column(sql, tokens[at:end]))
        at = end
        if at >= len(tokens) or tokens[at].text != ",":
            break
    options = tuple(token.word for token in tokens[end + 1 :] if token.word)
    return TableDefinition(schema, table, tuple(columns), options)


def _altered(sql: str, tokens: list[Token]) -> TableDefinition | None:
    schema, table, at = _qualified_name(tokens, 2)
    if table is None or at >= len(tokens) or tokens[at].word != "ADD":
        return None
    at += 1
    if at < len(tokens) and tokens[at].word == "COLUMN":
        at += 1
    end = _end_of_definition(tokens, at)
    if at >= end or tokens[at].kind not in _NAMES or tokens[at].word in _TABLE_CONSTRAINTS:
        return None
    return TableDefinition(schema, table, (_column(sql, tokens[at:end]),), ())


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


def _column(sql: str, tokens: list[Token]) -> Column:
    name, rest = tokens[0], tokens[1:]
    count = 0
    while count < len(rest) and rest[count].kind in _NAMES and rest[count].word not in _COLUMN_CONSTRAINTS:
        count += 1
    if [token.word for token in rest[max(0, count - 2) : count]] == ["GENERATED", "ALWAYS"]:
        count -= 2
    words, rest = rest[:count], rest[count:]
    end = words[-1].end if words else name.end
    arguments: list[Token] = []
    if words and rest and rest[0].text == "(":
        close = next((index for index, token in enumerate(rest) if token.text == ")"), len(rest) - 1)
        arguments = rest[1:close]
        end, rest = rest[close].end, rest[close + 1 :]
    text = sql[words[0].start : end] if words else ""
    return Column(name, tuple(words), tuple(arguments), end, text, tuple(rest))
