"""Whether a statement may return a vector at all, told from its tokens: most of them name one only to compare it.

Reading a statement's tree takes ten times as long as its tokens, and the first one in a process loads the parser. A yes
is a reason to do so; a no is certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from heliosdb_sqlite.sql.lexer import Kind, Token

from ..functions.defining import NAMES, VECTORS
from ..statements.relations import Relations

_NOT_VECTORS = frozenset(NAMES) - VECTORS | {"count", "length", "octet_length", "typeof", "hex", "quote"}
_NAME_KINDS = (Kind.WORD, Kind.QUOTED, Kind.STRING)
_BEFORE_STAR = frozenset({"SELECT", "DISTINCT", "ALL", "RETURNING"})


def may_return_vector(tokens: Sequence[Token], relations: Relations) -> bool:
    """Return whether a result column may be a vector.

    Vectors come from ``*``, views, functions that make them and the names of VECTOR columns. These don't count where a
    function takes them for something else, ``vector_distance(embedding, ?)``, and before ``IS NULL``.
    """
    consumed = [False]  # for each open parenthesis: does something in it stay in it?
    before: Token | None = None
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.text == "(":
            of_function = before is not None and before.name.lower() in _NOT_VECTORS
            consumed.append(consumed[-1] or of_function)
        elif token.text == ")" and len(consumed) > 1:
            consumed.pop()
        elif not consumed[-1]:
            if token.text == "*":
                if before is not None and (before.word in _BEFORE_STAR or before.text in (",", ".")):
                    return True
            elif token.kind in _NAME_KINDS and _counts(token, following, tokens, relations):
                return True
        before = token
    return False


def _counts(token: Token, following: Token | None, tokens: Sequence[Token], relations: Relations) -> bool:
    name = token.name.lower()
    if following is not None and following.text == "(":
        return name in VECTORS
    if name in relations.views:
        return True
    if name not in relations.vector_names:
        return False
    if following is None:
        return True
    if following.word == "IS":
        after = [each.word for each in tokens[tokens.index(following) + 1 :][:2]]
        return after[:1] != ["NULL"] and after != ["NOT", "NULL"]
    return following.word not in ("ISNULL", "NOTNULL") and following.text != "."
