"""Lists in SQL, found among its tokens."""

from __future__ import annotations

from heliosdb_sqlite.sql.lexer import Token


def split(tokens: list[Token], at: int, ends: frozenset[str] = frozenset()) -> list[list[Token]]:
    """Return the parts between commas from ``at`` up to one of the words ``ends``, or the end of what it stands in."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for index in range(at, len(tokens)):
        token = tokens[index]
        if depth == 0:
            if token.text in (")", ";") or token.word in ends:
                break
            if token.text == ",":
                parts.append([])
                continue
        depth += (token.text == "(") - (token.text == ")")
        parts[-1].append(token)
    return parts
