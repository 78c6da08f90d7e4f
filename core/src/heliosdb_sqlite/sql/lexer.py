"""SQLite's tokens, with their places in the text, so that clauses can be found and replaced and all else be kept.

The rules are those of SQLite's own tokenizer (tokenize.c), of the version that this Python links: four ways to quote an
identifier, ``--`` and ``/* */`` comments (an unclosed one ends with the text), parameters ``?``, ``?1``, ``:a``, ``@a``
and ``$a::b(c)``, every character beyond ASCII a letter. Any text can be tokenized: what SQLite would stumble over is a
token of kind ``BAD``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple

from .._standard import sqlite3


class Kind(Enum):
    """What sort of token it is."""

    WORD = "word"  # keyword or bare identifier
    QUOTED = "quoted"  # "a", `a` or [a]
    STRING = "string"  # 'a'; where a name is expected, SQLite takes it for one
    BLOB = "blob"
    NUMBER = "number"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    BAD = "bad"  # an unclosed string, a malformed number, a character SQLite has no use for


class Token(NamedTuple):
    """One token: ``sql[start:end] == text``."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The keyword in upper case, or "" when this is no bare word: quoting makes a keyword a name."""
        if self.kind is not Kind.WORD:
            return ""
        return self.text.upper() if self.text.isascii() else self.text  # SQLite folds ASCII alone

    @property
    def name(self) -> str:
        """The identifier it spells, quotes taken off."""
        if self.kind is Kind.QUOTED or self.kind is Kind.STRING:
            close = self.text[-1]
            return self.text[1:-1].replace(close * 2, close) if close != "]" else self.text[1:-1]
        return self.text


# What may stand inside an identifier, and begin one: said by what may not, since re takes long to compile a class of
# all that is beyond ASCII.
_LETTER = r"[^\x00-#%-/:-@\[-\^`{-\x7f]"
_FIRST_LETTER = r"[^\x00-@\[-\^`{-\x7f]"
# From 3.46 on digits may be grouped, 1_000, and a letter may not follow a hexadecimal number.
_GROUPED = sqlite3.sqlite_version_info >= (3, 46)
_DIGITS, _HEX = (
    ("[0-9]+(?:_[0-9]+)*", "[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*") if _GROUPED else ("[0-9]+", "[0-9a-fA-F]+")
)
_RUN = "[0-9_]" if _GROUPED else "[0-9]"  # what a number goes on with, right or wrong
_PATTERN = re.compile(
    rf"""
    (?P<space>     [ \t\n\f\r][ \t-\r]* | \ufeff | --[^\n]* | /\*(?:.*?\*/|.+\Z) )
  | (?P<blob>      [xX]'(?:[0-9a-fA-F]{{2}})*' )
  | (?P<word>      (?![xX]') {_FIRST_LETTER}{_LETTER}* )
  | (?P<string>    '[^']*(?:''[^']*)*'(?!') )
  | (?P<quoted>    "[^"]*(?:""[^"]*)*"(?!") | `[^`]*(?:``[^`]*)*`(?!`) | \[[^\]]*\] )
  | (?P<number>    0[xX]{_HEX}{f"(?!{_LETTER})" if _GROUPED else ""}
                 | (?: {_DIGITS}(?:\.(?:{_DIGITS})?|(?!\.)) | \.{_DIGITS} )
                   (?: [eE][+-]?{_DIGITS} )? (?!{_LETTER}) )
  | (?P<parameter> \?[0-9]*
                 | [:@\#$](?:::)*{_LETTER}(?:{_LETTER}|::)*(?:\([^ \t-\r)]*\)|(?!\(|{_LETTER}|::)) )
  | (?P<operator>  \|\| | ->>? | <[=><]? | >[=>]? | == | != | [-+*/%&|~=(),;] | \.(?![0-9]) )
  | (?P<bad>       [xX]'[^']*'?
                 | ['"`\[].*
                 | (?: 0[xX][0-9a-fA-F]{_RUN}* | [0-9]{_RUN}*(?:\.{_RUN}*)?(?:[eE][+-]?[0-9]{_RUN}*)?
                     | \.[0-9]{_RUN}*(?:[eE][+-]?[0-9]{_RUN}*)? ){_LETTER}*
                 | [:@\#$](?:::)*(?:{_LETTER}(?:{_LETTER}|::)*\([^ \t-\r)]*)?
                 | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = [Kind.BAD, *(Kind.__members__.get(group.upper(), Kind.BAD) for group in _PATTERN.groupindex)]
_SPACE = _PATTERN.groupindex["space"]
_new: Any = tuple.__new__  # what Token(...) comes down to, without the frame in between


def scan(sql: str) -> Iterator[Token]:
    """Yield the tokens of ``sql`` one at a time, for those who only need the first or can't hold them all."""
    kinds, new = _KINDS, _new
    for match in _PATTERN.finditer(sql):
        if (group := match.lastindex or 0) != _SPACE:
            yield new(Token, (kinds[group], match[0], match.start(), match.end()))


def tokenize(sql: str) -> list[Token]:
    """Return the tokens of ``sql``; space and comments are left out.

    >>> [token.text for token in tokenize("SELECT a, 'it''s' -- a string")]
    ['SELECT', 'a', ',', "'it''s'"]
    """
    kinds, new = _KINDS, _new
    return [
        new(Token, (kinds[group], match[0], match.start(), match.end()))
        for match in _PATTERN.finditer(sql)
        if (group := match.lastindex or 0) != _SPACE
    ]


# What nearly every statement begins with: a word of ASCII letters alone. The rest is for the lexer.
_FIRST_WORD = re.compile(rf"[ \t\n\f\r;]*([A-Za-z]+)(?!{_LETTER}|')")
_MAIN_VERBS = frozenset({"SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE"})


def verb(sql: str) -> str:
    """Return the keyword that says what the statement does, in upper case; "" if it has none.

    ``WITH`` clauses are looked through; ``EXPLAIN`` is a verb of its own.

    >>> verb("WITH x AS (SELECT 1) DELETE FROM t")
    'DELETE'
    """
    if (match := _FIRST_WORD.match(sql)) is not None and (word := match[1].upper()) != "WITH":
        return word
    tokens = scan(sql)
    first = next((token.word for token in tokens if token.text != ";"), "")
    if first != "WITH":
        return first
    return main_verb(tokens) or first


def main_verb(tokens: Iterator[Token]) -> str:
    """Take the tokens behind a WITH up to the keyword that says what the statement does, and return that.

    :return: in upper case; "" if there is none
    """
    depth, before = 0, ""
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        # Behind a parenthesis: a table of the clause may be named replace.
        if depth == 0 and before == ")" and token.word in _MAIN_VERBS:
            return token.word
        before = token.text
    return ""
