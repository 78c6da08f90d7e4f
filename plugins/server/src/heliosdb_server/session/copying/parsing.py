"""Rows of the text format and of CSV, one by one: whatever PostgreSQL reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ...protocol.errors import PgError
from .options import Options

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.)|\Z)", re.DOTALL)


def _unescaped(match: re.Match[str]) -> str:
    octal, hexadecimal, char = match.groups()
    if octal:
        return chr(int(octal, 8) & 255)
    if hexadecimal:
        return chr(int(hexadecimal, 16))
    return _ESCAPES.get(char, char) if char else "\\"


def continues(line: str) -> bool:
    """Does a line's end belong to its last field? It does behind an odd number of backslashes."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def quotes(text: str, options: Options) -> int:
    """Return how many quotes there are that begin or end what they quote."""
    quote, escape = options.quote, options.escape
    if escape != quote and escape in text:
        text = text.replace(escape + escape, "").replace(escape + quote, "")
    return text.count(quote)


class TextReader:
    """Rows of the text format, out of lines."""

    def __init__(self, lines: Iterable[str], options: Options) -> None:
        self.lines = lines
        self.options = options
        self.ended = False  # by the mark for it

    def __iter__(self) -> Iterator[list[str | None]]:
        null, mark = self.options.null, self.options.delimiter
        for line in _joined(self.lines):
            text = line.removesuffix("\r")
            if text == "\\.":
                self.ended = True
                return
            if "\\" not in text:
                yield [None if field == null else field for field in text.split(mark)]
                continue
            fields = _split(text, mark)
            yield [None if f == null else _ESCAPED.sub(_unescaped, f) if "\\" in f else f for f in fields]


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines; one that ends with an odd number of backslashes goes on with the next."""
    held = ""
    for line in lines:
        whole = held + line
        if continues(whole):
            held = whole + "\n"
        else:
            held = ""
            yield whole
    if held:
        yield held[:-1]


def _split(text: str, mark: str) -> list[str]:
    fields, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == mark:
            fields.append(text[start:at])
            at += 1
            start = at
        else:
            at += 1
    return [*fields, text[start:]]


class CsvReader:
    """Rows of CSV. NULL is what stands unquoted where a quoted one is text, which Python's reader does not tell."""

    def __init__(self, lines: Iterable[str], options: Options, names: Sequence[str]) -> None:
        self.lines = lines
        self.options = options
        self.ended = False  # by the mark for it
        every = range(len(names))
        self.never_null = {
            i for i in every if options.force_not_null == "*" or names[i] in options.force_not_null
        }
        self.quoted_null = {i for i in every if options.force_null == "*" or names[i] in options.force_null}

    def __iter__(self) -> Iterator[list[str | None]]:
        for record in self._records():
            if record == "\\.":
                self.ended = True
                return
            yield self._fields(record)

    def _records(self) -> Iterator[str]:
        """Yield records: lines, but for line ends between quotes."""
        held: list[str] = []
        inside = False
        for line in self.lines:
            inside ^= quotes(line, self.options) % 2 == 1
            held.append(line)
            if not inside:
                whole = "\n".join(held)
                held = []
                yield whole.removesuffix("\r")
        if held:
            if inside:
                raise PgError("22P04", "unterminated CSV quoted field")
            yield "\n".join(held)

    def _fields(self, record: str) -> list[str | None]:
        mark, quote, escape, null = (
            self.options.delimiter,
            self.options.quote,
            self.options.escape,
            self.options.null,
        )
        if quote not in record:
            return [
                None if f == null and i not in self.never_null else f
                for i, f in enumerate(record.split(mark))
            ]
        fields: list[str | None] = []
        at, size = 0, len(record)
        while True:
            chars: list[str] = []
            was_quoted = False
            while at < size and record[at] != mark:
                if record[at] != quote:
                    chars.append(record[at])
                    at += 1
                    continue
                was_quoted = True
                at += 1
                while at < size:
                    if record[at] == escape and at + 1 < size and record[at + 1] in (quote, escape):
                        chars.append(record[at + 1])
                        at += 2
                    elif record[at] == quote:
                        break
                    else:
                        chars.append(record[at])
                        at += 1
                at += 1
            text = "".join(chars)
            place = len(fields)
            is_null = (
                text == null
                and (not was_quoted or place in self.quoted_null)
                and place not in self.never_null
            )
            fields.append(None if is_null else text)
            if at >= size:
                return fields
            at += 1
            if at == size:
                fields.append(None if null == "" and len(fields) not in self.never_null else "")
                return fields
