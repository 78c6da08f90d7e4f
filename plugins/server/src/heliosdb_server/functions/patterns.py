"""LIKE, SIMILAR TO and regular expressions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, writing
from .marks import collected


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


def pg_similar(text: Any, pattern: str) -> int:
    made = re.sub(
        r"\\.|[%_.^$]",
        lambda m: {"%": ".*", "_": "."}.get(m[0], m[0] if m[0][0] == "\\" else "\\" + m[0]),
        pattern,
    )
    return int(regex(f"(?:{made})", "s").fullmatch(writing.text(text)) is not None)


_CLASSES = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "space": r"\s", "upper": "A-Z", "lower": "a-z",
            "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9a-fA-F", "word": r"\w"}  # fmt: skip


@lru_cache(maxsize=512)
def regex(pattern: str, flags: str) -> re.Pattern[str]:
    text = re.sub(r"\[:(\w+):\]", lambda m: _CLASSES.get(m[1], m[0]), pattern)
    text = text.replace(r"\m", r"\b").replace(r"\M", r"\b").replace(r"\y", r"\b").replace(r"\Y", r"\B")
    if text.startswith("***="):
        text = re.escape(text[4:])
    number = re.IGNORECASE if "i" in flags else 0
    number |= re.MULTILINE if "n" in flags or "m" in flags else 0
    number |= re.VERBOSE if "x" in flags else 0
    number |= 0 if "n" in flags or "p" in flags else re.DOTALL
    try:
        return re.compile(text, number)
    except re.error as error:
        raise PgError("2201B", f"invalid regular expression: {error}") from None


def pg_regex(text: Any, pattern: str, fold: int) -> int:
    return int(regex(pattern, "i" if fold else "").search(writing.text(text)) is not None)


def pg_regexp_replace(text: str, pattern: str, new: str, flags: str = "") -> str:
    count = 0 if "g" in flags else 1

    def one(match: re.Match[str]) -> str:
        return re.sub(
            r"\\(\d|&|\\)",
            lambda m: match[0] if m[1] == "&" else "\\" if m[1] == "\\" else (match[int(m[1])] or ""),
            new,
        )

    return regex(pattern, flags.replace("g", "")).sub(one, text, count=count)


def pg_regexp_match(text: str, pattern: str, flags: str = "") -> str | None:
    found = regex(pattern, flags).search(text)
    return None if found is None else arrays.dump(list(found.groups()) or [found[0]])


def pg_regexp_matches(text: str, pattern: str, flags: str = "") -> str:
    found = [list(m.groups()) or [m[0]] for m in regex(pattern, flags.replace("g", "")).finditer(text)]
    return arrays.dump([arrays.dump(each) for each in (found if "g" in flags else found[:1])])


def pg_regexp_count(text: str, pattern: str, start: int = 1, flags: str = "") -> int:
    return sum(1 for _ in regex(pattern, flags).finditer(text, start - 1))


def pg_regexp_like(text: str, pattern: str, flags: str = "") -> int:
    return int(regex(pattern, flags).search(text) is not None)


def pg_regexp_substr(text: str, pattern: str) -> str | None:
    found = regex(pattern, "").search(text)
    return None if found is None else found[0]


def pg_regexp_instr(text: str, pattern: str) -> int:
    found = regex(pattern, "").search(text)
    return 0 if found is None else found.start() + 1


def pg_regexp_split(text: str, pattern: str, flags: str = "") -> str:
    parts, at = [], 0
    for match in regex(pattern, flags).finditer(text):
        if match.end() == match.start() and (match.start() in (at, len(text))):
            continue
        parts.append(text[at : match.start()])
        at = match.end()
    return arrays.dump([*parts, text[at:]])


FUNCTIONS = collected(globals())
