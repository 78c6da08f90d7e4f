"""SQLite's tokens, with their places in the text, so that clauses can be found and replaced and all else be kept.

The rules are those of SQLite's own tokenizer (https://www.sqlite.org/lang.html, tokenize.c): four ways to quote an
identifier, ``--`` and ``/* */`` comments (an unclosed one ends with the text), parameters ``?``, ``?1``, ``:a``, ``@a``
and ``$a::b(c)``.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What sort of token it is."""

    WORD = "word"  # keyword or bare identifier
    QUOTED = "quoted"  # "a", `a` or [a]
    STRING = "string"
    BLOB = "blob"
    NUMBER = "number"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    BAD = "bad"  # an unclosed string, or a character SQLite has no use for


class Token(NamedTuple):
    """One token: ``sql[start:end] == text``."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The keyword in upper case, or "" when this is no bare word: quoting makes a keyword a name."""
        return self.text.upper() if self.kind is Kind.WORD else ""

    @property
    def name(self) -> str:
        """The identifier it spells, quotes taken off."""
        if self.kind is Kind.QUOTED or self.kind is Kind.STRING:
            close = self.text[-1]
            return self.text[1:-1].replace(close * 2, close) if close != "]" else self.text[1:-1]
        return self.text


_PATTERN = re.compile(
    r"""
    (?P<space>   [ \t\n\f\r]+ | --[^\n]* | /\*(?:.*?\*/|.*\Z) )
  | (?P<blob>    [xX]'[0-9a-fA-F]*' )
  | (?P<word>    [A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]* )
  | (?P<string>  '(?:[^']|'')*' )
  | (?P<quoted>  "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
  | (?P<number>  0[xX][0-9a-fA-F_]+ | (?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)? )
  | (?P<parameter> \?[0-9]* | [:@\#$](?:[A-Za-z0-9_$\x80-\U0010ffff]|::)+(?:\([^\s)]*\))? )
  | (?P<operator> \|\| | ->>? | <[=>]|<< | >[=>]|>= | [!=]= | [-+*/%&|~<>=().,;] )
  | (?P<bad>     ['"`\[].* | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {kind.value: kind for kind in Kind}


def tokenize(sql: str) -> list[Token]:
    """Return the tokens of ``sql``; space and comments are left out."""
    tokens = []
    for match in _PATTERN.finditer(sql):
        group = match.lastgroup or ""
        if group != "space":
            tokens.append(Token(_KINDS[group], match[0], match.start(), match.end()))
    return tokens


_FIRST_WORD = re.compile(r"(?:[ \t\n\f\r;]+|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))*([A-Za-z]+)", re.DOTALL)
_MAIN_VERBS = frozenset({"SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE"})


def verb(sql: str) -> str:
    """Return the keyword that says what the statement does, in upper case; "" if it has none.

    ``WITH`` clauses are looked through: the verb of ``WITH x AS (SELECT 1) DELETE FROM t`` is DELETE.
    """
    match = _FIRST_WORD.match(sql)
    if match is None:
        return ""
    first = match[1].upper()
    if first != "WITH":
        return first
    depth = 0
    for token in tokenize(sql):
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
        elif depth == 0 and token.word in _MAIN_VERBS:
            return token.word
    return first
