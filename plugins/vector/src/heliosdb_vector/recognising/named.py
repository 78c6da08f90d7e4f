"""What the result columns of a SELECT are called: where two have one name, SQLite means the first of them."""

from __future__ import annotations

from collections.abc import Sequence

from heliosdb_sqlite.sql.lexer import Kind, Token

from ..statements.relations import Relations
from ..statements.tokens import expression_end
from .clauses import Core, Span, split
from .terms import name_in

_NAMES = (Kind.WORD, Kind.QUOTED)
_TRANSPARENT = frozenset({"LIKELY", "UNLIKELY", "LIKELIHOOD"})  # a column inside of these keeps its name


def without_alias(tokens: Sequence[Token], column: Span) -> tuple[Span, str]:
    """Return the expression of a result column and the name it is given, in lower case."""
    start, end = column
    behind = expression_end(tokens[start:end]) + start
    return (start, behind), tokens[end - 1].name.lower() if behind < end else ""


def column_called(
    tokens: Sequence[Token], core: Core, name: str, relations: Relations
) -> tuple[Span, bool] | None:
    """Return the first result column of a name, as a subquery's columns are named, and whether it is a ``*``.

    None if there is none, or if it is not clear which it is.
    """
    for span in split(tokens, core.clauses["SELECT"]):
        if tokens[span[1] - 1].text == "*":
            if may_be_shown(tokens, core, name, relations):
                return span, True
            continue
        expression, alias = without_alias(tokens, span)
        if alias == name or (not alias and _column_of(tokens, expression) == name):
            return expression, False
    return None


def may_be_shown(tokens: Sequence[Token], core: Core, name: str, relations: Relations) -> bool:
    """Return whether a ``*`` of a SELECT may show a column of this name: in doubt, it does."""
    start, end = core.clauses["FROM"]
    before = tokens[: core.start] if any(token.word == "WITH" for token in tokens) else ()
    if any(token.name.lower() == name for token in (*before, *tokens[start:end])):
        return True  # a subquery or table expression may call one of its columns so
    for token in tokens:
        relation = relations.relation(token.name, None) if token.kind in _NAMES else None
        if relation is not None and any(column.lower() == name for column, _ in relation.columns):
            return True
    return False


def _column_of(tokens: Sequence[Token], span: Span) -> str:
    """Return the name of the column that an expression without an alias is called after, in lower case."""
    found = []
    for token in tokens[span[0] : span[1]]:
        if token.word == "COLLATE":
            break
        if token.text not in ("(", ")") and token.word not in _TRANSPARENT:
            found.append(token)
    written = name_in(found, (0, len(found)))
    return written.column.lower() if written is not None else ""
