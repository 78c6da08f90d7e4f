"""LIKE, SIMILAR TO and regular expressions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, writing
from .marks import collected
from .regexes import Regex, regex


@lru_cache(maxsize=512)
def _like(pattern: str, escape: str, fold: int) -> re.Pattern[str]:
    made, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if escape and char == escape:
            at += 1
            if at >= len(pattern):
                raise PgError("22025", "LIKE pattern must not end with escape character")
            made.append(re.escape(pattern[at]))
        else:
            made.append(".*" if char == "%" else "." if char == "_" else re.escape(char))
        at += 1
    return re.compile("".join(made), re.DOTALL | (re.IGNORECASE if fold else 0))


def pg_like(text: Any, pattern: Any, escape: str, fold: int) -> int:
    if isinstance(pattern, bytes):
        text, pattern = writing.data(text).decode("latin-1"), pattern.decode("latin-1")
    if len(escape) > 1:
        raise PgError("22025", "invalid escape string", hint="Escape string must be empty or one character.")
    return int(_like(pattern, escape, fold).fullmatch(writing.text(text)) is not None)


@lru_cache(maxsize=512)
def _similar(pattern: str, escape: str) -> Regex:
    """Return the regular expression that a pattern of SIMILAR TO is."""
    made, at, bracket = [], 0, False
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if escape and char == escape:
            if at >= len(pattern):
                raise PgError("22025", "invalid escape sequence", detail="Escape character is at the end.")
            made.append(f"\\{pattern[at]}" if not pattern[at].isalnum() else pattern[at])
            at += 1
        elif bracket:
            bracket = char != "]"
            made.append("\\\\" if char == "\\" else char)
        elif char == "[":
            bracket = True
            made.append(char)
            for more in ("^", "]"):
                if pattern[at : at + 1] == more:
                    made.append(more)
                    at += 1
        elif char in "%_(":
            made.append({"%": ".*", "_": ".", "(": "(?:"}[char])
        else:
            made.append(f"\\{char}" if char in ".^$\\" else char)
    return regex("".join(made), "s")


def pg_similar(text: Any, pattern: str, escape: str = "\\") -> int:
    if len(escape) > 1:
        raise PgError("22025", "invalid escape string", hint="Escape string must be empty or one character.")
    return int(_similar(pattern, escape).is_all(writing.text(text)))


def pg_regex(text: Any, pattern: str, fold: int) -> int:
    return int(regex(pattern, "i" if fold else "").is_in(writing.text(text)))


def _single(name: str, pattern: str, options: str) -> Regex:
    """Return an expression that is not to be matched everywhere."""
    if "g" in options:
        raise PgError(
            "22023",
            f'{name}() does not support the "global" option',
            hint="Use the regexp_matches function instead.",
        )
    return regex(pattern, options)


def _checked(what: str, value: int, least: int = 1) -> int:
    if value < least:
        raise PgError("22023", f'invalid value for parameter "{what}": {value}')
    return value


def _replaced(pattern: Regex, text: str, new: str, at: int, which: int) -> str:
    """Return a text with one match replaced, or all where ``which`` is 0."""

    def one(match: re.Match[str]) -> str:
        return re.sub(r"\\([0-9&\\])", lambda m: _named(match, m[1]), new)

    made, done = [text[:at]], at
    for number, match in enumerate(pattern.each(text, at), 1):
        if which and number < which:
            continue
        made += (text[done : match.start()], one(match))
        done = match.end()
        if which:
            break
    return "".join([*made, text[done:]])


def _named(match: re.Match[str], name: str) -> str:
    if name == "\\":
        return "\\"
    if name in "&0":
        return match[0] if name == "&" else "\\0"
    return (match[int(name)] or "") if int(name) <= match.re.groups else ""


def pg_regexp_replace(text: str, pattern: str, new: str, *more: Any) -> str:
    start, which, options = 1, None, ""
    for each in more:
        if isinstance(each, str):
            options = each
        elif which is None and start == 1 and each is more[0]:
            start = _checked("start", each)
        else:
            which = _checked("n", each, 0)
    if options[:1].isdigit():
        raise PgError(
            "22023",
            f'invalid regular expression option: "{options[0]}"',
            hint="If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer.",
        )
    if which is None:
        which = 0 if "g" in options else 1
    return _replaced(regex(pattern, options.replace("g", "")), text, new, min(start - 1, len(text)), which)


def pg_regexp_match(text: str, pattern: str, options: str = "") -> str | None:
    found = _single("regexp_match", pattern, options).search(text)
    return None if found is None else arrays.dump(list(found.groups()) or [found[0]])


def pg_regexp_matches(text: str, pattern: str, options: str = "") -> str:
    found = regex(pattern, options.replace("g", "")).each(text)
    rows = [arrays.dump(list(match.groups()) or [match[0]]) for match in found]
    return arrays.dump(rows if "g" in options else rows[:1])


def pg_regexp_count(text: str, pattern: str, start: int = 1, options: str = "") -> int:
    _checked("start", start)
    return sum(1 for _ in _single("regexp_count", pattern, options).each(text, start - 1))


def pg_regexp_like(text: str, pattern: str, options: str = "") -> int:
    return int(_single("regexp_like", pattern, options).is_in(text))


def _numbered(pattern: Regex, text: str, start: int, which: int) -> re.Match[str] | None:
    """Return a match by its number."""
    _checked("start", start)
    _checked("n", which)
    found = (match for number, match in enumerate(pattern.each(text, start - 1), 1) if number == which)
    return next(found, None)


def pg_regexp_substr(
    text: str, pattern: str, start: int = 1, which: int = 1, options: str = "", part: int = 0
) -> str | None:
    compiled = _single("regexp_substr", pattern, options)
    found = _numbered(compiled, text, start, which)
    _checked("subexpr", part, 0)
    return None if found is None or part > compiled.groups else found[part]


def pg_regexp_instr(
    text: str, pattern: str, start: int = 1, which: int = 1, end: int = 0, options: str = "", part: int = 0
) -> int:
    if end not in (0, 1):
        raise PgError("22023", f'invalid value for parameter "endoption": {end}')
    compiled = _single("regexp_instr", pattern, options)
    found = _numbered(compiled, text, start, which)
    _checked("subexpr", part, 0)
    if found is None or part > compiled.groups or found.start(part) < 0:
        return 0
    return (found.end(part) if end else found.start(part)) + 1


def pg_regexp_split(text: str, pattern: str, options: str = "") -> str:
    parts, at = [], 0
    for match in _single("regexp_split_to_array", pattern, options).each(text):
        if match.end() == match.start() and (match.start() in (at, len(text))):
            continue
        parts.append(text[at : match.start()])
        at = match.end()
    return arrays.dump([*parts, text[at:]])


FUNCTIONS = collected(globals())
