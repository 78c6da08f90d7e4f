"""PostgreSQL's regular expressions, matched by Python's: the longest match where they prefer it, and not the first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ..protocol.errors import PgError

_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "space": r"\s", "upper": "A-Z", "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9a-fA-F", "word": r"\w", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f",
    "graph": "!-~", "print": " -~", "ascii": r"\x00-\x7f",
}  # fmt: skip
_WORD_BEGINS, _WORD_ENDS = r"(?<!\w)(?=\w)", r"(?<=\w)(?!\w)"
_LETTERS = {
    "m": _WORD_BEGINS, "M": _WORD_ENDS, "y": r"\b", "Y": r"\B", "A": r"\A", "Z": r"\Z", "a": r"\x07", "b": r"\x08",
    "B": r"\\", "e": r"\x1b", "f": r"\f", "n": r"\n", "r": r"\r", "t": r"\t", "v": r"\v", "d": r"\d", "D": r"\D",
    "w": r"\w", "W": r"\W", "s": r"\s", "S": r"\S", "0": r"\x00",
}  # fmt: skip
_CODES = {"u": 4, "U": 8}
_OPTIONS = frozenset("bceimnpqstwx")
_MOST = 20_000  # characters within which a longer match is looked for


def _wrong(what: str) -> PgError:
    return PgError("2201B", f"invalid regular expression: {what}")


class Regex:
    """A regular expression as PostgreSQL reads it."""

    def __init__(self, pattern: str, options: str) -> None:
        if pattern.startswith("***="):
            pattern, options = pattern[4:], options + "q"
        pattern = pattern.removeprefix("***:")
        if (found := re.match(r"\(\?([a-z]+)\)", pattern)) is not None and "q" not in options:
            options, pattern = options + found[1], pattern[found.end() :]
        for letter in options:
            if letter not in _OPTIONS:
                raise PgError("22023", f'invalid regular expression option: "{letter}"')
        self._lines = self._stops = False  # do ^ and $ match at lines, do . and [^x] stop at them?
        fold = spaced = literal = False
        for letter in options:
            if letter in "nmpws":
                self._lines, self._stops = letter in "nmw", letter in "nmp"
            fold = letter == "i" if letter in "ic" else fold
            spaced = letter == "x" if letter in "xt" else spaced
            literal = literal or letter == "q"
        self.hungry: bool | None = (
            None  # is the longest match preferred, or the shortest? None: it makes no difference
        )
        self._parts = 0  # alternatives and quantifiers: with more than one, the first match may be another
        self._looks = False  # is there something that sees what stands behind a match?
        self._spaced = spaced
        text = re.escape(pattern) if literal else self._translated(pattern)
        flags = re.ASCII | (re.IGNORECASE if fold else 0) | (0 if self._stops else re.DOTALL)
        try:
            self._compiled = re.compile(text, flags | (re.MULTILINE if self._lines else 0))
        except (re.error, OverflowError, RecursionError) as error:
            raise _wrong(str(error)) from None
        self.groups = self._compiled.groups
        self._text, self._flags = text, self._compiled.flags

    # ---- reading ----

    def _translated(self, pattern: str) -> str:
        made: list[str] = []
        at, depth = 0, 0
        top: list[bool | None] = [None]  # of each open group: which it prefers so far
        either = [False]
        closed: bool | None = None  # what the atom before prefers by itself
        after_quantifier = True
        while at < len(pattern):
            char = pattern[at]
            if self._spaced and (char.isspace() or char == "#"):
                at = at + 1 if char != "#" else (pattern.find("\n", at) + 1 or len(pattern))
                continue
            if char == "\\":
                piece, at = self._escape(pattern, at)
            elif char == "[":
                piece, at = self._bracket(pattern, at)
            elif char == "(":
                piece, at = self._group(pattern, at)
                depth += 1
                top.append(None)
                either.append(False)
                made.append(piece)
                after_quantifier = True
                continue
            elif char == ")":
                if not depth:
                    raise _wrong("parentheses () not balanced")
                closed, inside = top.pop(), either.pop()
                closed = True if inside else closed
                depth -= 1
                piece, at = ")", at + 1
                made.append(piece)
                after_quantifier = False
                if pattern[at : at + 1] not in ("*", "+", "?", "{") and top[-1] is None:
                    top[-1] = closed
                continue
            elif char == "|":
                self._parts += 2
                either[-1] = True
                made.append("|")
                at, after_quantifier = at + 1, True
                continue
            elif char in "*+?" or (char == "{" and pattern[at + 1 : at + 2].isdigit()):
                if after_quantifier:
                    raise _wrong("quantifier operand invalid")
                piece, at, prefers = self._quantifier(pattern, at)
                if top[-1] is None:
                    top[-1] = closed if prefers is None else prefers
                made.append(piece)
                after_quantifier = True
                closed = None
                continue
            elif char == "$":
                piece, at = ("$" if self._lines else r"\Z"), at + 1
                self._looks = True
            elif char == ".":
                piece, at = ("[^\\n]" if self._stops else "."), at + 1
            elif char == "^":
                piece, at = "^", at + 1
                made.append(piece)
                after_quantifier = True
                continue
            else:
                piece, at = re.escape(char), at + 1
            made.append(piece)
            after_quantifier, closed = False, None
        if depth:
            raise _wrong("parentheses () not balanced")
        self.hungry = True if either[0] else top[0]
        return "".join(made)

    def _quantifier(self, pattern: str, at: int) -> tuple[str, int, bool | None]:
        """Return a quantifier, where it ends, and whether it prefers more; None where there is nothing to prefer."""
        if pattern[at] == "{":
            found = re.compile(r"\{(\d+)(?:(,)(\d*))?\}").match(pattern, at)
            if found is None:
                raise _wrong("invalid repetition count(s)")
            least, most = int(found[1]), int(found[3]) if found[3] else None if found[2] else int(found[1])
            if least > 255 or (most is not None and (most > 255 or most < least)):
                raise _wrong("invalid repetition count(s)")
            piece, at, fixed = found[0], found.end(), least == most
        else:
            piece, at, fixed = pattern[at], at + 1, False
        self._parts += not fixed
        lazy = pattern[at : at + 1] == "?"
        return piece + "?" * lazy, at + lazy, None if fixed else not lazy

    def _group(self, pattern: str, at: int) -> tuple[str, int]:
        for start in ("(?:", "(?=", "(?!", "(?<=", "(?<!"):
            if pattern.startswith(start, at):
                self._looks = self._looks or start in ("(?=", "(?!")
                return start, at + len(start)
        if pattern.startswith("(?", at):
            raise _wrong("quantifier operand invalid")
        return "(", at + 1

    def _escape(self, pattern: str, at: int) -> tuple[str, int]:
        if at + 1 >= len(pattern):
            raise _wrong("invalid escape \\ sequence")
        letter = pattern[at + 1]
        if (size := _CODES.get(letter)) is not None or letter == "x":
            digits = re.compile(r"[0-9a-fA-F]+").match(pattern, at + 2)
            if digits is None or (size is not None and len(digits[0]) < size):
                raise _wrong("invalid escape \\ sequence")
            code = digits[0][:size] if size is not None else digits[0]
            if int(code, 16) > 0x10FFFF:
                raise _wrong("invalid escape \\ sequence")
            return re.escape(chr(int(code, 16))), at + 2 + len(code)
        if letter == "c" and at + 2 < len(pattern):
            return f"\\x{ord(pattern[at + 2]) & 31:02x}", at + 3
        if letter in "123456789":
            number = re.compile(r"\d+").match(pattern, at + 1)
            assert number is not None  # noqa: S101 - there is a digit
            self._parts += 2
            return f"(?:\\{number[0]})", number.end()
        if letter in _LETTERS:
            self._looks = self._looks or letter in "mMyYZ"
            return _LETTERS[letter], at + 2
        if letter.isalnum():
            raise _wrong("invalid escape \\ sequence")
        return re.escape(letter), at + 2

    def _bracket(self, pattern: str, at: int) -> tuple[str, int]:
        for word, stands in (("[[:<:]]", _WORD_BEGINS), ("[[:>:]]", _WORD_ENDS)):
            if pattern.startswith(word, at):
                self._looks = True
                return stands, at + len(word)
        negated = pattern[at + 1 : at + 2] == "^"
        made = ["[^" if negated else "["]
        first = at = at + 1 + negated
        while True:
            char = pattern[at : at + 1]
            if not char:
                raise _wrong("brackets [] not balanced")
            if char == "]" and at > first:
                break
            if char == "[" and pattern[at + 1 : at + 2] in (":", ".", "="):
                mark = pattern[at + 1]
                end = pattern.find(mark + "]", at + 2)
                name = pattern[at + 2 : end] if end > 0 else ""
                if mark == ":" and name not in _CLASSES:
                    raise _wrong("invalid character class")
                if mark != ":" and len(name) != 1:
                    raise _wrong("invalid collating element")
                made.append(_CLASSES[name] if mark == ":" else re.escape(name))
                at = end + 2
            elif char == "\\":
                piece, at = self._escape(pattern, at)
                if piece.startswith("(") or piece in (r"\b", r"\B", r"\A", r"\Z"):
                    raise _wrong("invalid escape \\ sequence")
                made.append(piece)
            else:
                made.append(
                    "-" if char == "-" and at > first and pattern[at + 1 : at + 2] != "]" else re.escape(char)
                )
                at += 1
        if negated and self._stops:
            made.append(r"\n")
        return "".join(made) + "]", at + 1

    # ---- matching ----

    def search(self, text: str, at: int = 0) -> re.Match[str] | None:
        """Return the first match that begins here or later: of those that begin there, the one that is preferred."""
        found = self._compiled.search(text, at)
        if found is None or self._parts < 2 or self.hungry is None:
            return found
        start, end = found.span()
        if self.hungry:
            most = min(len(text), start + _MOST, start + self._width())
            return next(filter(None, (self._within(text, start, e) for e in range(most, end, -1))), found)
        return next(filter(None, (self._within(text, start, e) for e in range(start, end))), found)

    def _width(self) -> int:
        """Return how many characters a match can have at most."""
        return _width(self._text, self._flags)

    def _within(self, text: str, start: int, end: int) -> re.Match[str] | None:
        """Return a match from one place to another."""
        if not self._looks or end == len(text):
            return self._compiled.fullmatch(text, start, end)
        return _ending(self._text, self._flags, len(text) - end).match(text, start)

    def each(self, text: str, at: int = 0) -> Iterator[re.Match[str]]:
        """Yield one match behind the other."""
        while at <= len(text) and (found := self.search(text, at)) is not None:
            yield found
            at = found.end() + (found.end() == found.start())

    def is_in(self, text: str) -> bool:
        """Is there a match anywhere?"""
        return self._compiled.search(text) is not None

    def is_all(self, text: str) -> bool:
        """Is the text a match as a whole?"""
        return self._compiled.fullmatch(text) is not None


@lru_cache(maxsize=512)
def _width(text: str, flags: int) -> int:
    """Return a length that no match of an expression exceeds, as far as one is plain."""
    if re.search(r"[*+]|\{\d+,\}|\(\?:\\\d", text):
        return _MOST
    return len(text) * max([1, *(int(most) for most in re.findall(r"(\d+)\}", text))])


@lru_cache(maxsize=2048)
def _ending(text: str, flags: int, rest: int) -> re.Pattern[str]:
    """Return an expression whose match leaves so many characters over."""
    return re.compile(rf"(?:{text})(?=[\s\S]{{{rest}}}\Z)", flags)


@lru_cache(maxsize=512)
def regex(pattern: str, options: str = "") -> Regex:
    """Return the regular expression of this text.

    :raises PgError: it is none, or an option has no meaning
    """
    return Regex(pattern, options)
