"""Values on their way into encrypted columns: each is wrapped, where it stands in the text, in a call that seals it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.nesting import closing, parts
from heliosdb_sqlite.sql.splice import Edit

from .ciphers import Comparison
from .declared import EncryptedColumn
from .names import DECRYPT, SEAL, SOUGHT

_ENDS_OF_SET = frozenset({"FROM", "WHERE", "RETURNING", "ORDER", "LIMIT"})
_LITERALS = (Kind.PARAMETER, Kind.STRING, Kind.NUMBER, Kind.BLOB)
_ENDS = (")", ",", ";")
_OPERATORS = frozenset({"=", "==", "!=", "<>"})


def wrapped(start: int, end: int, function: str, *arguments: str) -> list[Edit]:
    """Return the edits that put a piece of the text into a call."""
    before = "".join(f"{each}, " for each in arguments)
    return [Edit(start, start, f"{function}({before}"), Edit(end, end, ")")]


def sealing(column: EncryptedColumn, part: Sequence[Token]) -> list[Edit]:
    """Return the edits that seal an expression for a column."""
    return wrapped(part[0].start, part[-1].end, SEAL, f"'{column.id.hex()}'")


def assignment_edits(
    tokens: Sequence[Token], at: int, columns: dict[str, EncryptedColumn | None]
) -> list[Edit]:
    """Return the edits for the assignments that follow SET."""
    edits: list[Edit] = []
    for part in parts(tokens, at, _ENDS_OF_SET):
        equals = next((place for place, token in enumerate(part) if token.text in ("=", "==")), None)
        if equals is None or equals + 1 >= len(part):
            continue
        names = [
            token.name.lower()
            for token in part[:equals]
            if token.kind in (Kind.WORD, Kind.QUOTED, Kind.STRING)
        ]
        value = part[equals + 1 :]
        targets = [columns.get(name) for name in names]
        if len(names) == 1 and targets[0] is not None:
            edits += sealing(targets[0], value)
        elif any(targets):
            if value[1].word in ("SELECT", "WITH", "VALUES"):
                raise sqlite3.NotSupportedError(
                    f"({', '.join(names)}) = (SELECT ...) can't seal a value for an encrypted column: assign each "
                    "column by itself"
                )
            for target, each in zip(targets, parts(value, 1), strict=False):
                if target is not None:
                    edits += sealing(target, each)
    return edits


def comparison_edits(tokens: Sequence[Token], comparisons: Sequence[Comparison]) -> list[Edit]:
    """Return the edits that seal the values which deterministic columns are compared with."""
    edits: list[Edit] = []
    ends = {token.end: place for place, token in enumerate(tokens)}
    for each in comparisons:
        place = ends.get(each.end)
        found = None if place is None else _operands(tokens, place, each.column)
        if not found:
            raise sqlite3.NotSupportedError(
                f"what the encrypted column {each.column} is compared with is too involved to be sealed: compare it "
                "with a parameter or a literal"
            )
        edits += found
    return edits


def _operands(tokens: Sequence[Token], place: int, column: EncryptedColumn) -> list[Edit]:
    argument = f"'{column.id.hex()}'"
    after = place + 1
    # column = value, column IS NOT value
    if after < len(tokens) and (tokens[after].text in _OPERATORS or tokens[after].word == "IS"):
        after += 1
        while after < len(tokens) and tokens[after].word in ("NOT", "DISTINCT", "FROM"):
            after += 1
        span = _primary(tokens, after)
        return wrapped(*span, f" {SOUGHT}", argument) if span else []  # IS'value' has no space of its own
    # column [NOT] IN (values)
    if after < len(tokens) and tokens[after].word == "NOT":
        after += 1
    if after + 1 < len(tokens) and tokens[after].word == "IN" and tokens[after + 1].text == "(":
        if tokens[after + 2].word == "VALUES":
            return []
        return [
            edit
            for part in parts(tokens, after + 2)
            if part
            for edit in wrapped(part[0].start, part[-1].end, SOUGHT, argument)
        ]
    # value = [[schema.]table.]column
    first = place
    while first >= 2 and tokens[first - 1].text == ".":
        first -= 2
    before = first - 1
    if before >= 1 and (tokens[before].text in _OPERATORS or tokens[before].word == "IS"):
        value = tokens[before - 1]
        simple = value.kind in _LITERALS
        signed = before >= 2 and tokens[before - 2].text in ("-", "+", "~", "||", "*", "/", "%", ".")
        return wrapped(value.start, value.end, f" {SOUGHT}", argument) if simple and not signed else []
    return []


def _primary(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Return the span of a parameter, literal, call or parenthesis that nothing is done to; else None."""
    if at >= len(tokens):
        return None
    end = at
    following = tokens[at + 1] if at + 1 < len(tokens) else tokens[at]
    signed = tokens[at].text in ("-", "+") and following.kind is Kind.NUMBER
    called = tokens[at].kind is Kind.WORD and following.text == "("
    if signed or called:
        end = at + 1
    elif tokens[at].kind not in _LITERALS and tokens[at].text != "(":
        return None
    if tokens[end].text == "(":
        end = closing(tokens, end)
    if end >= len(tokens):
        return None
    rest = tokens[end + 1 : end + 2]
    if rest and (rest[0].word == "COLLATE" or (rest[0].kind is Kind.OPERATOR and rest[0].text not in _ENDS)):
        return None
    return tokens[at].start, tokens[end].end


def quoted_edits(places: Sequence[Comparison], tokens: Sequence[Token]) -> list[Edit]:
    """Return the edits that open a column for quote(), as a dump asks for it."""
    ends = {token.end: place for place, token in enumerate(tokens)}
    edits: list[Edit] = []
    for each in places:
        place = ends.get(each.end)
        if place is None:
            continue
        first = place
        while first >= 2 and tokens[first - 1].text == ".":
            first -= 2
        edits += wrapped(tokens[first].start, tokens[place].end, DECRYPT)
    return edits
