"""The rows that COPY FROM brings as text or CSV, in batches: by columns where all is as usual, else one by one."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any

from ..protocol.errors import PgError
from ..translation.scope import Column
from ..types import column_reading, reading
from ..types.column_reading import Unusual
from ..types.registry import BPCHAR, TEXT, VARCHAR, Sized
from .copy_formats import CsvReader, TextReader

if TYPE_CHECKING:
    from .copying import Options
    from .session import Session

Rows = Iterable["tuple[Any, ...] | list[Any]"]


def batches(
    pieces: Iterable[bytes], columns: list[Column], options: Options, session: Session
) -> Iterator[Rows]:
    """Yield the rows, some hundreds at a time.

    :raises PgError: a line is not as it should be; its detail says which
    """
    load = _Loading(columns, options, session)
    for block in _blocks(_decoded(pieces), options):
        yield load.rows(block)
        if load.ended:
            for _ in pieces:  # what comes behind the mark of the end does not matter
                pass
            return


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in pieces:
            text = decoder.decode(piece)
            if "\0" in text:
                raise PgError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
            yield text
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        bad = error.object[error.start]
        raise PgError("22021", f'invalid byte sequence for encoding "UTF8": 0x{bad:02x}') from None


def _blocks(texts: Iterable[str], options: Options) -> Iterator[str]:
    """Yield pieces of the text behind which a new row begins, without the last line's end."""
    csv = options.format == "csv"
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
        if csv:
            inside ^= _quotes(lines, options) % 2 == 1
        else:
            inside = _continues(lines)
        if not inside:
            yield "\n".join(held)
            held = []
    if last := "".join(rest):
        held.append(last)
    if held:
        yield "\n".join(held)


def _quotes(text: str, options: Options) -> int:
    quote, escape = options.quote, options.escape
    if escape != quote and escape in text:
        text = text.replace(escape + escape, "").replace(escape + quote, "")
    return text.count(quote)


def _continues(line: str) -> bool:
    """Does a line's end belong to its last field?"""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


class _Loading:
    """Makes rows of lines."""

    def __init__(self, columns: list[Column], options: Options, session: Session) -> None:
        zone = session.settings.zone
        sized = [column.sized or Sized(TEXT) for column in columns]
        self.options = options
        self.names = [column.name for column in columns]
        self.readers = [_one(each, zone) for each in sized]
        self.by_column = [column_reading.reader(each, zone) for each in sized]
        self.number = 0  # of lines that are done
        self.ended = False
        marks = (options.delimiter, options.null, options.quote)
        self.usual = bool(columns) and not any(
            (options.force_null, options.force_not_null, "\n" in "".join(marks))
        )

    def rows(self, text: str) -> Rows:
        """Return the rows of these lines."""
        lines = text.split("\n")
        if self.usual and not (self.options.header and not self.number):
            try:
                found = self._together(text, lines)
            except (Unusual, PgError):
                pass  # which line it is, they say one by one
            else:
                self.number += len(lines)
                return found
        return self._one_by_one(lines)

    def _together(self, text: str, lines: list[str]) -> Rows:
        """Read column by column.

        :raises Unusual: there is something in it that has to be looked at
        """
        options = self.options
        if "\r" in text:
            if not all(line.endswith("\r") for line in lines):
                raise Unusual
            lines = [line[:-1] for line in lines]
            text = "\n".join(lines)
        backslashes = text.count("\\")
        if "\r" in text or (options.format == "csv" and (backslashes or options.quote in text)):
            raise Unusual
        mark, null, width = options.delimiter, options.null, len(self.names)
        if set(map(str.count, lines, repeat(mark))) != {width - 1}:
            raise Unusual
        fields = text.replace("\n", mark).split(mark)
        has_null = backslashes > 0 or "\\" not in null
        made: list[Any] = []
        for at, read in enumerate(self.by_column):
            column = fields[at::width]
            holes = column.count(null) if has_null else 0
            if not holes:
                made.append(read(column))
                continue
            backslashes -= holes * null.count("\\")
            there = [value for value in column if value != null]
            values = iter(read(there) if there else ())
            made.append([None if value == null else next(values) for value in column])
        if backslashes:
            raise Unusual  # one that escapes something
        return zip(*made, strict=True)

    def _one_by_one(self, lines: list[str]) -> Rows:
        source: CsvReader | TextReader
        if self.options.format == "csv":
            source = CsvReader(lines, self.options, self.names)
        else:
            source = TextReader(lines, self.options)
        made: list[list[Any]] = []
        for values in source:
            self.number += 1
            if self.number == 1 and self.options.header:
                if self.options.match and values != self.names:
                    raise PgError("22P04", "column names of the header line don't match the table's")
                continue
            made.append(self._row(values))
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


def _one(sized: Sized, zone: Any) -> Any:
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
