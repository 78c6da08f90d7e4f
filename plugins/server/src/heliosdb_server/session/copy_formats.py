"""The text and CSV formats of COPY, read from pieces that end anywhere and written line by line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..protocol.errors import PgError

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.)|\Z)", re.DOTALL)
_SPECIAL = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def _unescaped(match: re.Match[str]) -> str:
    octal, hexadecimal, char = match.groups()
    if octal:
        return chr(int(octal, 8) & 255)
    if hexadecimal:
        return chr(int(hexadecimal, 16))
    return _ESCAPES.get(char, char) if char else "\\"


class TextReader:
    """Rows of the text format, out of lines."""

    def __init__(self, lines: Iterable[str], options: Any) -> None:
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
        count = len(whole) - len(whole.rstrip("\\"))
        if count % 2 and whole != "\\.":
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

    def __init__(self, lines: Iterable[str], options: Any, names: Sequence[str]) -> None:
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
        quote, escape = self.options.quote, self.options.escape
        held: list[str] = []
        inside = False
        for line in self.lines:
            text = line
            if escape != quote and escape in text:
                text = text.replace(escape + escape, "").replace(escape + quote, "")
            inside ^= text.count(quote) % 2 == 1
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


def text_line(values: Sequence[str | None], options: Any) -> bytes:
    """Return a row in the text format."""
    table = _table(options.delimiter)
    parts = [options.null if value is None else value.translate(table) for value in values]
    line: str = options.delimiter.join(parts) + "\n"
    return line.encode()


def _table(mark: str) -> dict[int, str]:
    return str.maketrans(_SPECIAL | ({} if mark in _SPECIAL else {mark: "\\" + mark}))


def text_column(options: Any) -> Callable[[Sequence[str | None]], Sequence[str]]:
    """Return what makes the values of a column fields of the text format."""
    table, null = _table(options.delimiter), options.null
    special = [chr(code) for code in table]

    def run(column: Sequence[str | None]) -> Sequence[str]:
        if type(column) is list:  # none of them is NULL
            text = "\0".join(column)
            if not any(mark in text for mark in special):
                return column
        return [null if value is None else value.translate(table) for value in column]

    return run


def csv_column(options: Any, *, force: bool, alone: bool) -> Callable[[Sequence[str | None]], Sequence[str]]:
    """Return what makes the values of a column fields of CSV.

    :param force: quote them all
    :param alone: it is the only column
    """
    line = CsvWriter(options)
    special = (options.delimiter, options.quote, "\n", "\r", "\\.")

    def run(column: Sequence[str | None]) -> Sequence[str]:
        if type(column) is list and not force and options.null not in column:
            text = "\0".join(column)
            if not any(mark in text for mark in special):
                return column
        return [line.field(value, force, alone=alone) for value in column]

    return run


class CsvWriter:
    """Rows as CSV."""

    def __init__(self, options: Any) -> None:
        self.options = options

    def line(self, values: Sequence[str | None], forced: Sequence[bool]) -> bytes:
        """Return a row; a value that would be read as NULL, or as two, is quoted."""
        alone = len(values) == 1
        parts = [self.field(value, force, alone=alone) for value, force in zip(values, forced, strict=True)]
        line: str = self.options.delimiter.join(parts) + "\n"
        return line.encode()

    def field(self, value: str | None, force: bool, *, alone: bool) -> str:
        """Return one value."""
        o = self.options
        if value is None:
            return str(o.null)
        special = value == o.null or any(char in value for char in (o.delimiter, o.quote, "\n", "\r"))
        if not (force or special or (alone and value == "\\.")):
            return value
        escaped = value.replace(o.escape, o.escape * 2) if o.escape != o.quote else value
        return str(o.quote + escaped.replace(o.quote, o.escape + o.quote) + o.quote)


__all__ = ["CsvReader", "CsvWriter", "TextReader", "csv", "csv_column", "io", "text_column", "text_line"]
