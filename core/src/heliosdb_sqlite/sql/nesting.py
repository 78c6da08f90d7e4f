"""Parentheses: where one closes, what stands outside of all others, and the parts between commas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .lexer import Token


def closing(tokens: Sequence[Token], opening: int, end: int | None = None) -> int:
    """Return the place of the parenthesis that closes the one at ``opening``; ``end`` if none before it does.

    :param end: how many of the tokens are looked at; all of them unless given

    >>> from heliosdb_sqlite.sql.lexer import tokenize
    >>> closing(tokenize("max(abs(a), b) + c"), 1)
    8
    """
    end = len(tokens) if end is None else end
    depth = 0
    for place in range(opening, end):
        depth += (tokens[place].text == "(") - (tokens[place].text == ")")
        if not depth:
            return place
    return end


def outside(tokens: Sequence[Token], begin: int = 0, end: int | None = None) -> Iterator[int]:
    """Yield the places of the tokens that stand in no parentheses but those that ``begin`` stands in too.

    >>> from heliosdb_sqlite.sql.lexer import tokenize
    >>> tokens = tokenize("SELECT a FROM (SELECT b FROM t) ORDER BY c")
    >>> [tokens[place].text for place in outside(tokens)]
    ['SELECT', 'a', 'FROM', 'ORDER', 'BY', 'c']
    """
    depth = 0
    for place in range(begin, len(tokens) if end is None else end):
        text = tokens[place].text
        if text == "(":
            depth += 1
        elif text == ")":
            depth -= 1
            if depth < 0:
                return
        elif not depth:
            yield place


def word_at(tokens: Sequence[Token], words: frozenset[str], begin: int = 0) -> int:
    """Return where the first of these words stands outside of parentheses; how many tokens there are if none does.

    :param words: in upper case
    """
    return next((place for place in outside(tokens, begin) if tokens[place].word in words), len(tokens))


def parts(tokens: Sequence[Token], begin: int = 0, ends: frozenset[str] = frozenset()) -> list[list[Token]]:
    """Return the parts between commas, from ``begin`` up to one of the words ``ends``, or the end of what it stands in.

    >>> from heliosdb_sqlite.sql.lexer import tokenize
    >>> [len(part) for part in parts(tokenize("SELECT a, f(b, c) FROM t"), 1, frozenset({"FROM"}))]
    [1, 6]
    """
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens[begin:]:
        if not depth and (token.text in (")", ";") or token.word in ends):
            break
        if not depth and token.text == ",":
            found.append([])
        else:
            depth += (token.text == "(") - (token.text == ")")
            found[-1].append(token)
    return found
