"""CAST(... AS VECTOR) and CAST(... AS HALFVEC), which SQLite would take for casts to numbers."""

from __future__ import annotations

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.splice import Edit, splice

_TYPES = {"VECTOR": "vector", "HALFVEC": "halfvec"}


def with_casts(statement: Statement) -> Statement:
    """Return the statement with functions in place of such casts; any other as it is."""
    folded = statement.text.upper()
    if "CAST" not in folded or not any(name in folded for name in _TYPES):
        return statement
    tokens = tokenize(statement.text)
    edits: list[Edit] = []
    opened: list[int | None] = []  # for each open parenthesis: the place of its CAST
    done: set[int] = set()
    for place, token in enumerate(tokens):
        if token.text == "(":
            opened.append(place - 1 if place and tokens[place - 1].word == "CAST" else None)
        elif token.text == ")" and opened:
            opened.pop()
        elif token.word == "AS" and opened and (cast := opened[-1]) is not None:
            texts = [each.text for each in tokens[place + 1 : place + 6]]
            function = _TYPES.get(texts[0].upper()) if texts else None
            if function is None or cast in done:
                continue
            if texts[1:2] == [")"]:
                edits.append(Edit(token.start, tokens[place + 1].end))
            elif texts[1:2] == ["("] and texts[3:5] == [")", ")"] and texts[2].isdigit():
                edits.append(Edit(token.start, tokens[place + 4].end, f", {texts[2]}"))
                function += "_cast"
            else:
                continue
            done.add(cast)
            edits.append(Edit(tokens[cast].start, tokens[cast].end, function))
    return statement.rewritten(splice(statement.text, edits)) if edits else statement
