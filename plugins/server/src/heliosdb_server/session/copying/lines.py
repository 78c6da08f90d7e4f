"""Rows as lines of the text format and of CSV, one by one and by columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .options import Options

Texts = Sequence["str | None"]
_SPECIAL = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def text_line(values: Texts, options: Options) -> bytes:
    """Return a row in the text format."""
    table = _table(options.delimiter)
    parts = [options.null if value is None else value.translate(table) for value in values]
    line: str = options.delimiter.join(parts) + "\n"
    return line.encode()


def _table(mark: str) -> dict[int, str]:
    return str.maketrans(_SPECIAL | ({} if mark in _SPECIAL else {mark: "\\" + mark}))


def text_column(options: Options) -> Callable[[Texts], Texts]:
    """Return what makes the values of a column fields of the text format."""
    table, null = _table(options.delimiter), options.null
    special = [chr(code) for code in table]

    def run(column: Texts) -> Texts:
        if type(column) is list:  # none of them is NULL
            text = "\0".join(column)
            if not any(mark in text for mark in special):
                return column
        return [null if value is None else value.translate(table) for value in column]

    return run


def csv_column(options: Options, *, force: bool, alone: bool) -> Callable[[Texts], Texts]:
    """Return what makes the values of a column fields of CSV.

    :param force: quote them all
    :param alone: it is the only column
    """
    line = CsvWriter(options)
    special = (options.delimiter, options.quote, "\n", "\r", "\\.")

    def run(column: Texts) -> Texts:
        if type(column) is list and not force and options.null not in column:
            text = "\0".join(column)
            if not any(mark in text for mark in special):
                return column
        return [line.field(value, force, alone=alone) for value in column]

    return run


class CsvWriter:
    """Rows as CSV."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def line(self, values: Texts, forced: Sequence[bool]) -> bytes:
        """Return a row; a value that would be read as NULL, or as two, is quoted."""
        alone = len(values) == 1
        parts = [self.field(value, force, alone=alone) for value, force in zip(values, forced, strict=True)]
        return (self.options.delimiter.join(parts) + "\n").encode()

    def field(self, value: str | None, force: bool, *, alone: bool) -> str:
        """Return one value."""
        o = self.options
        if value is None:
            return o.null
        special = value == o.null or any(char in value for char in (o.delimiter, o.quote, "\n", "\r"))
        if not (force or special or (alone and value == "\\.")):
            return value
        escaped = value.replace(o.escape, o.escape * 2) if o.escape != o.quote else value
        return o.quote + escaped.replace(o.quote, o.escape + o.quote) + o.quote
