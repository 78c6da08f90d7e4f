"""PostgreSQL's tokens, with their places in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from ..protocol.errors import PgError


class Kind(Enum):
    """What sort of token it is."""

    WORD = "word"  # keyword or bare identifier
    QUOTED = "quoted"  # "a"
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    END = "end"


class Token(NamedTuple):
    """One token. ``value`` is a word in lower case, an identifier or a string without its quotes and escapes."""

    kind: Kind
    value: str
    start: int
    end: int


_PATTERN = re.compile(
    r"""
    (?P<space>\s+|--[^\n\r]*)
  | (?P<comment>/\*)
  | (?P<escaped>[eE]'(?:[^'\\]|''|\\.)*')
  | (?P<bits>[bBxX]'[^']*')
  | (?P<unicode>[uU]&(?:"(?:[^"]|"")*"|'(?:[^']|'')*'))
  | (?P<national>[nN]'(?:[^']|'')*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")+")
  | (?P<dollar>\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][\w]*)?)\$)
  | (?P<parameter>\$\d+)
  | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*(?!\.)|\.\d+|\d+(?=\.\.))(?:[eE][+-]?\d+)?)
  | (?P<word>[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)
  | (?P<cast>::|:=|=>|\.\.)
  | (?P<punctuation>[()\[\],;.:])
  | (?P<operator>[-+*/<>=~!@\#%^&|`?]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|''", re.DOTALL
)


def syntax_error(token: Token, text: str) -> PgError:
    """Return PostgreSQL's error for a token that can't stand where it does."""
    if token.kind is Kind.END:
        return PgError("42601", "syntax error at end of input", position=token.start + 1)
    near = text[token.start : token.end]
    return PgError("42601", f'syntax error at or near "{near}"', position=token.start + 1)


def _unescape(match: re.Match[str]) -> str:
    octal, hexadecimal, four, eight, char = match.groups()
    if octal or hexadecimal:
        return chr(int(octal, 8) & 255 if octal else int(hexadecimal, 16))
    if four or eight:
        return chr(int(four or eight, 16))
    return _ESCAPES.get(char, char) if char else "'"


def scan(text: str) -> Iterator[Token]:
    """Yield the tokens of the text; space and comments are left out, and the last is of kind END.

    :raises PgError: a string, identifier or comment is not closed
    """
    at, size = 0, len(text)
    match_at = _PATTERN.match
    while at < size:
        match = match_at(text, at)
        if match is None:
            raise _stuck(text, at)
        group, start, at = match.lastgroup, at, match.end()
        if group == "space":
            continue
        if group == "word":
            yield Token(Kind.WORD, match[0].lower() if match[0].isascii() else _fold(match[0]), start, at)
        elif group in {"punctuation", "cast"}:
            yield Token(Kind.OPERATOR, match[0], start, at)
        elif group == "operator":
            end = _operator_end(match[0])
            if not end:
                at = _comment_end(text, start) if match[0][:2] == "/*" else _line_end(text, start)
                continue
            at = start + end
            yield Token(Kind.OPERATOR, match[0][:end], start, at)
        elif group == "number":
            if text[at : at + 1].isalpha() or text[at : at + 1] == "_":
                raise PgError(
                    "42601",
                    f'trailing junk after numeric literal at or near "{text[start : at + 1]}"',
                    position=start + 1,
                )
            yield Token(Kind.NUMBER, match[0], start, at)
        elif group in {"string", "national"}:
            value = match[0][match[0].index("'") + 1 : -1].replace("''", "'")
            value, at = _continued(text, at, value)
            yield Token(Kind.STRING, value, start, at)
        elif group == "quoted":
            yield Token(Kind.QUOTED, match[0][1:-1].replace('""', '"'), start, at)
        elif group == "parameter":
            yield Token(Kind.PARAMETER, match[0][1:], start, at)
        elif group == "comment":
            at = _comment_end(text, start)
        elif group == "escaped":
            value, at = _continued(text, at, _ESCAPE.sub(_unescape, match[0][2:-1]))
            yield Token(Kind.STRING, value, start, at)
        elif group in {"tag", "dollar"}:
            mark = match[0]
            close = text.find(mark, at)
            if close < 0:
                raise PgError("42601", "unterminated dollar-quoted string", position=start + 1)
            at = close + len(mark)
            yield Token(Kind.STRING, text[match.end() : close], start, at)
        else:
            yield _special(match[0], start, at)
    yield Token(Kind.END, "", size, size)


def _fold(word: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in word)


def _special(text: str, start: int, end: int) -> Token:
    if text[0] in "uU":
        body = text[3:-1].replace(text[-1] * 2, text[-1])
        value = re.sub(
            r"\\(?:\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4})|(\\))",
            lambda m: chr(int(m[1] or m[2], 16)) if not m[3] else "\\",
            body,
        )
        return Token(Kind.QUOTED if text[-1] == '"' else Kind.STRING, value, start, end)
    raise PgError("0A000", "bit strings are not supported", position=start + 1)


def _stuck(text: str, at: int) -> PgError:
    what = {"'": "quoted string", '"': "quoted identifier"}.get(text[at], "")
    if text[at] in "eEnNbBxX" and text[at + 1 : at + 2] == "'":
        what = "quoted string"
    if what:
        return PgError("42601", f'unterminated {what} at or near "{text[at : at + 40]}"', position=at + 1)
    return PgError("42601", f'syntax error at or near "{text[at]}"', position=at + 1)


def _operator_end(text: str) -> int:
    """Return how much of a run of operator characters is one operator: a comment may begin in it."""
    for mark in ("--", "/*"):
        at = text.find(mark)
        if at == 0:
            return 0
        if at > 0:
            text = text[:at]
    if len(text) > 1 and text[-1] in "+-" and not any(char in "~!@#%^&|`?" for char in text):
        stripped = text.rstrip("+-")
        return len(stripped) or 1
    return len(text)


def _comment_end(text: str, start: int) -> int:
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    raise PgError(
        "42601", f'unterminated /* comment at or near "{text[start : start + 40]}"', position=start + 1
    )


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


_NEXT_PART = re.compile(r"[ \t\f\v]*[\n\r]\s*'((?:[^']|'')*)'")


def _continued(text: str, at: int, value: str) -> tuple[str, int]:
    """Return a string with the parts that follow it on other lines, which SQL takes for one."""
    while match := _NEXT_PART.match(text, at):
        value += match[1].replace("''", "'")
        at = match.end()
    return value, at


def split(text: str) -> list[tuple[str, int]]:
    """Return the statements of a text that have something in them, each with its place.

    >>> split("SELECT 1; ; SELECT ';'")
    [('SELECT 1', 0), ("SELECT ';'", 12)]
    """
    found, begin, depth, last = [], -1, 0, 0
    body = ""  # of CREATE TRIGGER, whose semicolons are its own
    words: list[str] = []
    for token in scan(text):
        if token.kind is Kind.END or (
            token.value == ";" and token.kind is Kind.OPERATOR and not depth and not body
        ):
            if begin >= 0:
                found.append((text[begin:last], begin))
            begin, words = -1, []
            continue
        if begin < 0:
            begin = token.start
        last = token.end
        if token.kind is Kind.OPERATOR:
            depth += (token.value in "([") - (token.value in ")]") if token.value in "()[]" else 0
            depth = max(depth, 0)
        elif token.kind is Kind.WORD:
            if len(words) < 5:
                words.append(token.value)
                if words[0] == "create" and token.value == "trigger":
                    body = "trigger"
            if body == "trigger" and token.value == "execute":
                body = ""  # PostgreSQL's, which has no body
            if body == "trigger" and token.value == "begin":
                body = "begin"
            elif body == "begin" and token.value == "case":
                depth += 1
            elif body == "begin" and token.value == "end":
                if depth:
                    depth -= 1
                else:
                    body = ""
    return found
