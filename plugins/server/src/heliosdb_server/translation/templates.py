"""Statements that differ in their values alone, told apart from their shape: what is translated once serves them all.

Clients without parameters write values into each text. Only those are taken out whose place says what they are: beside
a comparison, in VALUES, in IN, behind SET. All others may matter to the translation (LIMIT, patterns, types, names).
"""

from __future__ import annotations

from typing import NamedTuple

from ..types.registry import INT4, INT8
from .lexer import Kind, scan

_COMPARE = frozenset(("=", "<", ">", "<=", ">=", "<>", "!="))
_MOST = 64  # values; a statement with more is rather a load of data
_LONGEST = 4000


class Template(NamedTuple):
    """A text with ``$1`` for each value, and the values."""

    text: str
    types: tuple[int, ...]
    values: tuple[str, ...]


def template(text: str) -> Template | None:
    """Return the statement's shape and values; None where it has none to take out.

    >>> template("SELECT v FROM t WHERE id = 5 AND name = 'x' LIMIT 3")
    Template(text='SELECT v FROM t WHERE id = $1 AND name = $2 LIMIT 3', types=(23, 0), values=('5', 'x'))
    """
    if len(text) > _LONGEST:
        return None
    pieces: list[str] = []
    types: list[int] = []
    values: list[str] = []
    at, depth, listed = 0, 0, -1  # listed: how deep the parentheses are whose items are values
    rows = 0  # how deep the parentheses of VALUES are, whose rows may go on
    before = ""
    for token in scan(text):
        kind, value = token.kind, token.value
        if kind is Kind.PARAMETER:
            return None
        if kind is Kind.OPERATOR:
            if value == "(":
                depth += 1
                if listed < 0 and (before in ("values", "in") or (before == "," and rows == depth)):
                    listed = depth
                    rows = depth if before != "in" else 0
            elif value == ")":
                listed = -1 if listed == depth else listed
                depth -= 1
            elif value == "::" and values and text[at : token.start].strip() == "":
                return None  # the value just taken is cast: what it is, the cast says
            before = value
            continue
        inside = listed == depth and before in ("(", ",")
        if (kind is Kind.NUMBER or kind is Kind.STRING) and (before in _COMPARE or inside):
            if kind is Kind.STRING:
                types.append(0)
            elif value.isdigit() and int(value) < 2**63:
                types.append(INT4.oid if int(value) < 2**31 else INT8.oid)
            else:
                before = value
                continue
            values.append(value)
            if len(values) > _MOST:
                return None
            pieces += (text[at : token.start], f"${len(values)}")
            at = token.end
            before = ""
            continue
        before = value if kind is Kind.WORD else ""
    if not values:
        return None
    return Template("".join([*pieces, text[at:]]), tuple(types), tuple(values))
