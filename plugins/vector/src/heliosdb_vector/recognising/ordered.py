"""What a SELECT orders its rows by: a result column by its name or number, or an expression."""

from __future__ import annotations

from collections.abc import Sequence

from heliosdb_sqlite.sql.lexer import Kind, Token

from ..statements.relations import Relations
from .clauses import Core, Span, split
from .named import may_be_shown, without_alias


def direction(tokens: Sequence[Token], term: Span) -> tuple[Span, bool, bool]:
    """Return an ORDER BY term without its direction, and what that was: descending, NULLS FIRST."""
    start, end = term
    descending = nulls_first = nulls_last = False
    if end - start > 2 and tokens[end - 2].word == "NULLS":
        nulls_first, nulls_last = tokens[end - 1].word == "FIRST", tokens[end - 1].word == "LAST"
        end -= 2
    if end - start > 1 and tokens[end - 1].word in ("ASC", "DESC"):
        descending = tokens[end - 1].word == "DESC"
        end -= 1
    return (start, end), descending, nulls_first or not (nulls_last or descending)


def meaning(tokens: Sequence[Token], core: Core, term: Span) -> Span:
    """Return the expression that an ORDER BY term stands for: a result column by its name or number, or itself."""
    if term[1] - term[0] != 1:
        return term
    token = tokens[term[0]]
    columns = split(tokens, core.clauses["SELECT"])
    if token.kind is Kind.NUMBER:
        place = int(token.text) if token.text.isdecimal() else 0
        before = columns[:place]
        if not 1 <= place <= len(columns) or any(tokens[end - 1].text == "*" for _, end in before if end):
            return term
        return without_alias(tokens, before[-1])[0]
    if token.kind not in (Kind.WORD, Kind.QUOTED):
        return term
    name = token.name.lower()
    named = [span for span, alias in (without_alias(tokens, each) for each in columns) if alias == name]
    return named[0] if named else term


def is_hidden(tokens: Sequence[Token], core: Core, term: Span, relations: Relations) -> bool:
    """Return whether an ORDER BY term may name a column that a ``*`` shows before the result column of that name."""
    name = tokens[term[0]].name.lower()
    for span in split(tokens, core.clauses["SELECT"]):
        if tokens[span[1] - 1].text == "*":
            if may_be_shown(tokens, core, name, relations):
                return True
        elif without_alias(tokens, span)[1] == name:
            return False
    return False
