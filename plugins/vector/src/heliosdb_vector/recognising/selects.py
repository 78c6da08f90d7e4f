"""The part of a statement that reads: a SELECT, or that from which an INSERT or CREATE TABLE takes its rows."""

from __future__ import annotations

from collections.abc import Sequence

from heliosdb_sqlite.sql.lexer import Token

_LATE = frozenset({"WHERE", "ORDER", "LIMIT", "GROUP", "HAVING", "WINDOW"})


def reading_part(verb: str, tokens: Sequence[Token]) -> Sequence[Token] | None:
    """Return the tokens of a statement up to where its SELECT ends; None if it has none that stands for itself.

    What an INSERT reads, it reads before it writes; an UPDATE or DELETE may do both by turns.
    """
    if verb == "SELECT":
        return tokens
    words = [token.word for token in tokens]
    if verb in ("INSERT", "REPLACE"):
        return _before_upsert(tokens, words)
    if verb == "CREATE" and "TABLE" in words[1:3] and "SELECT" in words:
        at = words.index("TABLE") + 1
        at += 3 if words[at : at + 3] == ["IF", "NOT", "EXISTS"] else 0
        at += 3 if at + 1 < len(tokens) and tokens[at + 1].text == "." else 1
        return tokens if words[at : at + 1] == ["AS"] else None
    return None


def _before_upsert(tokens: Sequence[Token], words: Sequence[str]) -> Sequence[Token] | None:
    depth, late = 0, False
    for at, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if depth:
            continue
        late |= words[at] in _LATE
        if words[at] == "RETURNING":
            return tokens[:at]
        if words[at : at + 2] == ["ON", "CONFLICT"]:
            return tokens[:at] if late or "SELECT" not in words[:at] else None  # it may be a join's ON
    return tokens
