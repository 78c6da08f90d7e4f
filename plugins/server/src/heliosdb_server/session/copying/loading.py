"""The rows that COPY FROM brings as text or CSV, in batches: by columns where all is as usual, else one by one."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from itertools import chain
from typing import Any

from ...protocol.errors import PgError
from ...translation.scope import Column
from ...types import column_reading, reading
from ...types.column_reading import Unusual
from ...types.registry import BPCHAR, TEXT, VARCHAR, Sized
from .options import Options
from .parsing import CsvReader, TextReader, continues, quotes

_PIECE = 1 << 16  # bytes that are taken together, however much a client sends at a time


def batches(
    pieces: Iterable[bytes], columns: list[Column], options: Options, zone: tzinfo
) -> Iterator[list[Any]]:
    """Yield the values of the rows, one behind the other, many rows at a time.

    :raises PgError: a line is not as it should be; its detail says which
    """
    load = _Loading(columns, options, zone)
    for block in _blocks(_decoded(pieces), options):
        yield load.values(block)
        if load.ended:
            for _ in pieces:  # what comes behind the mark of the end does not matter
                pass
            return


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in pieces:
            for at in range(0, len(piece), _PIECE):
                text = decoder.decode(piece[at : at + _PIECE])
                if "\0" in text:
                    raise PgError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
                yield text
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        bad = error.object[error.start]
        raise PgError("22021", f'invalid byte sequence for encoding "UTF8": 0x{bad:02x}') from None


def _blocks(texts: Iterable[str], options: Options) -> Iterator[str]:
    """Yield pieces of the text behind which a new row begins, without the last line's end."""
    by_quotes = options.format == "csv"
    held: list[str] = []  # lines of a row that has not ended
    rest: list[str] = []  # the begin of a line
    inside = False
    for text in texts:
        at = text.rfind("\n")
        if at < 0:
            rest.append(text)
            continue
        lines = "".join([*rest, text[:at]])
        rest = [text[at + 1 :]]
        held.append(lines)
        if by_quotes:
            inside ^= quotes(lines, options) % 2 == 1
        else:
            inside = continues(lines)
        if not inside:
            yield "\n".join(held)
            held = []
    if last := "".join(rest):
        held.append(last)
    if held:
        yield "\n".join(held)


class _Loading:
    """Makes values of lines."""

    def __init__(self, columns: list[Column], options: Options, zone: tzinfo) -> None:
        sized = [column.sized or Sized(TEXT) for column in columns]
        self.options = options
        self.names = [column.name for column in columns]
        self.readers = [_one(each, zone) for each in sized]
        self.by_column = [column_reading.reader(each, zone) for each in sized]
        self.number = 0  # of rows that are done
        self.ended = False
        marks = options.delimiter + options.null + options.quote
        self.usual = bool(columns) and not (options.force_null or options.force_not_null or "\n" in marks)

    def values(self, text: str) -> list[Any]:
        """Return the values of these lines."""
        found: list[Any] = []
        if self.options.header and not self.number:
            line, more, rest = text.partition("\n")
            if not more or quotes(line, self.options) % 2 or continues(line):
                return self._one_by_one(text)
            found, text = self._one_by_one(line), rest
            if self.ended:
                return found
        if self.usual:
            try:
                fields, count = self._fields(text)
                self._read(fields, text.count("\\") if self.options.format == "text" else 0)
            except (Unusual, PgError):
                pass  # which line it is, they say one by one
            else:
                self.number += count
                return fields
        return found + self._one_by_one(text)

    # ---- many rows at once ----

    def _fields(self, text: str) -> tuple[list[Any], int]:
        """Return the fields of all rows, one behind the other, and how many rows there are.

        :raises Unusual: there is something in it that has to be looked at
        """
        o = self.options
        if o.format == "csv" and o.quote in text:
            return self._quoted(text)
        if "\r" in text:
            count = text.count("\n")
            if not (text.endswith("\r") and text.count("\r") == count + 1 and text.count("\r\n") == count):
                raise Unusual
            text = text.replace("\r", "")
        if o.format == "csv" and "\\." in text:
            raise Unusual  # it may be the mark of the end
        width, mark = len(self.names), o.delimiter
        # Each line's end becomes a field of its own: they have to stand behind as many fields as there are columns.
        count = text.count("\n") + 1
        fields = text.replace("\n", f"{mark}\n{mark}").split(mark)
        if len(fields) != count * (width + 1) - 1 or fields[width :: width + 1].count("\n") != count - 1:
            raise Unusual
        del fields[width :: width + 1]
        return fields, count

    def _quoted(self, text: str) -> tuple[list[Any], int]:
        """Return the fields of CSV with quotes in it, where Python's reader takes it as PostgreSQL does."""
        o = self.options
        quote = o.quote
        if o.escape != quote or quote + o.null + quote in text or "\r" in text or "\\." in text:
            raise Unusual  # a quoted null is text: that is what Python's reader does not tell
        try:
            lines = io.StringIO(text, newline="\n")
            rows = list(csv.reader(lines, delimiter=o.delimiter, quotechar=quote, strict=True))
        except csv.Error:
            raise Unusual from None
        if set(map(len, rows)) != {len(self.names)}:
            raise Unusual
        fields = list(chain.from_iterable(rows))
        if quote in "".join(fields):
            raise Unusual  # one in the middle of a field
        return fields, len(rows)

    def _read(self, fields: list[Any], backslashes: int) -> None:
        """Put values in the place of fields.

        :param backslashes: how many there are: where NULL is written with them, they must be for nothing else
        :raises Unusual: there is something in it that has to be looked at
        """
        null, width = self.options.null, len(self.names)
        whole = self.options.format == "text" and "\\" in null and not backslashes  # there can't be a NULL
        for at, read in enumerate(self.by_column):
            column = fields[at::width]
            holes = 0 if whole else column.count(null)
            if holes:
                backslashes -= holes * null.count("\\")
                there = [value for value in column if value != null]
                values = iter(read(there) if there else ())
                fields[at::width] = [None if value == null else next(values) for value in column]
            elif (made := read(column)) is not column:
                fields[at::width] = made
        if backslashes:
            raise Unusual  # one that escapes something

    # ---- one row after the other ----

    def _one_by_one(self, text: str) -> list[Any]:
        lines = text.split("\n")
        source: CsvReader | TextReader
        if self.options.format == "csv":
            source = CsvReader(lines, self.options, self.names)
        else:
            source = TextReader(lines, self.options)
        made: list[Any] = []
        for values in source:
            self.number += 1
            if self.number == 1 and self.options.header:
                if self.options.match and values != self.names:
                    raise PgError("22P04", "column names of the header line don't match the table's")
                continue
            made += self._row(values)
        self.ended = source.ended
        return made

    def _row(self, values: list[str | None]) -> list[Any]:
        if len(values) < len(self.readers):
            raise self._wrong("22P04", f'missing data for column "{self.names[len(values)]}"')
        if len(values) > len(self.readers):
            raise self._wrong("22P04", "extra data after last expected column")
        try:
            return [
                None if value is None else read(value)
                for value, read in zip(values, self.readers, strict=True)
            ]
        except PgError as error:
            error.detail = error.detail or self._place()
            raise

    def _place(self) -> str:
        return f"line {self.number} of the data"

    def _wrong(self, code: str, text: str) -> PgError:
        return PgError(code, text, detail=self._place())


def _one(sized: Sized, zone: tzinfo) -> Any:
    read = reading.text_in(*sized, zone)
    if sized.type not in (VARCHAR, BPCHAR) or sized.modifier <= 4:
        return read
    limit = sized.modifier - 4

    def run(text: str) -> str:
        value: str = read(text)
        if len(value) > limit and value[limit:].strip(" "):
            raise PgError("22001", f"value too long for type {sized.type.title}({limit})")
        return value[:limit]

    return run
