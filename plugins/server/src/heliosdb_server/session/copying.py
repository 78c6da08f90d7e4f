"""COPY FROM STDIN and TO STDOUT: text, CSV and binary."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..protocol import messages, replies
from ..protocol.errors import PgError, protocol_violation
from ..translation import tree
from ..translation.scope import Column, TableInfo
from ..types import columns as by_column
from ..types import reading, writing
from ..types.registry import TEXT, Sized
from .copy_formats import CsvWriter, csv_column, text_column, text_line
from .loading import Rows, batches
from .portals import Portal, Statement

if TYPE_CHECKING:
    from .session import Session

_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_NO_DELIMITERS = frozenset("\\.abcdefghijklmnopqrstuvwxyz0123456789")  # what numbers and escapes are made of
_ROWS = 500  # rows that go to SQLite at a time


@dataclass
class Options:
    """How the data looks."""

    format: str = "text"
    delimiter: str = "\t"
    null: str = "\\N"
    header: bool = False
    match: bool = False
    quote: str = '"'
    escape: str = '"'
    force_quote: tuple[str, ...] | str = ()
    force_null: tuple[str, ...] | str = ()
    force_not_null: tuple[str, ...] | str = ()


def options_of(given: dict[str, Any]) -> Options:
    """Return the options of a COPY statement.

    :raises PgError: one that is not known, or that does not go with the format
    """
    made = Options()
    made.format = str(given.get("format", "text")).lower()
    if made.format not in ("text", "csv", "binary"):
        raise PgError("22023", f'COPY format "{made.format}" not recognized')
    if made.format == "csv":
        made.delimiter, made.null = ",", ""
    for name, value in given.items():
        if name == "format":
            continue
        if name in ("delimiter", "null", "quote", "escape"):
            setattr(made, name, str(value))
            if name == "quote" and "escape" not in given:
                made.escape = str(value)
        elif name == "header":
            made.match = str(value).lower() == "match"
            made.header = made.match or str(value).lower() in ("true", "on", "1")
        elif name in ("force_quote", "force_null", "force_not_null"):
            setattr(made, name, value)
        elif name == "encoding":
            if str(value).lower().replace("-", "").replace("_", "") not in ("utf8", "unicode"):
                raise PgError("0A000", f'the encoding "{value}" is not supported', hint="Use UTF8.")
        elif name == "freeze":
            pass
        else:
            raise PgError("42601", f'option "{name}" not recognized')
    if len(made.delimiter) != 1:
        raise PgError("0A000", "COPY delimiter must be a single one-byte character")
    if made.format != "csv" and made.delimiter in _NO_DELIMITERS:
        raise PgError("22023", f'COPY delimiter cannot be "{made.delimiter}"')
    for what, text in (("delimiter", made.delimiter), ("null", made.null)):
        if "\n" in text or "\r" in text:
            raise PgError("22023", f"COPY {what} cannot use newline or carriage return")
    if made.format == "csv" and made.delimiter == made.quote:
        raise PgError("22023", "COPY delimiter and quote must be different")
    if made.format == "csv" and (len(made.quote) != 1 or len(made.escape) != 1):
        raise PgError("0A000", "COPY quote and escape must be a single one-byte character")
    return made


# ---- COPY TO ----


def copy_out(session: Session, args: dict[str, Any]) -> str:
    """Send the rows of a table or query."""
    options = options_of(args["options"])
    text = args["query"]
    if not text:
        names = ", ".join(quote_identifier(name) for name in args["columns"]) or "*"
        table = ".".join(quote_identifier(part) for part in args["table"])
        text = f"SELECT {names} FROM {table}"
    made = session.translate(text, ())
    if made.kind == "command" or (made.columns is None and not made.guess):
        raise PgError("0A000", "COPY query must have a RETURNING clause")
    session.no_parameters(made)
    portal = Portal(Statement(text, (), made), ())
    try:
        session.start(portal)
        columns = portal.columns or ()
        code = int(options.format == "binary")
        session.emit(replies.copy_response(b"H", len(columns), code))
        count = 0
        write = _binary_writer(columns) if code else _text_writer(columns, options, session)
        head = _SIGNATURE + bytes(8) if code else b""  # goes with the first row, as clients expect
        if options.header and not code:
            session.emit(replies.message(b"d", _header(columns, options)))
        many = None if code else _chunk_writer(columns, options, session)
        for rows in _row_chunks(session, portal):
            if many is not None and not isinstance(rows[0], _Encoded):
                data = many(rows)
                portal.made(len(rows), len(data))
                session.out += data
            else:
                parts = [write(row) for row in rows]
                parts[0], head = head + parts[0], b""
                portal.made(len(rows), sum(map(len, parts)))
                session.out += b"".join([replies.message(b"d", part) for part in parts])
            count += len(rows)
            if len(session.out) > 1 << 16:
                session.flush()
            if session.cancelled is not None:
                raise session.cancelled
        if code:
            session.emit(replies.message(b"d", head + b"\xff\xff"))
        session.emit(replies.COPY_DONE)
    finally:
        portal.close()
    return f"COPY {count}"


def _row_chunks(session: Session, portal: Portal) -> Iterator[list[tuple[Any, ...]]]:
    if (
        portal.spool is not None
    ):  # RETURNING, or a file without a write-ahead log: the rows are encoded already
        place = 0
        while place < len(portal.spool):
            data, place = portal.spool.some(place, len(portal.spool))
            yield _encoded(data)
        return
    while rows := session.next_rows(portal, portal.step):
        yield rows


def _encoded(data: bytes) -> list[tuple[Any, ...]]:
    """Return the rows of DataRow messages."""
    rows: list[tuple[Any, ...]] = []
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from("!I", data, at + 1)
        rows.append(_Encoded(data[at : at + 1 + size]))
        at += 1 + size
    return rows


class _Encoded(tuple):  # type: ignore[type-arg]  # noqa: SLOT001
    """A row that stands in a spool as DataRow: its values as text."""

    def __new__(cls, message: bytes) -> _Encoded:  # noqa: PYI034
        (count,) = struct.unpack_from("!H", message, 5)
        at, values = 7, []
        for _ in range(count):
            (size,) = struct.unpack_from("!i", message, at)
            at += 4
            values.append(None if size < 0 else message[at : at + size].decode())
            at += max(size, 0)
        return super().__new__(cls, values)


def _header(columns: tuple[Column, ...], options: Options) -> bytes:
    names = [column.name for column in columns]
    if options.format == "csv":
        return CsvWriter(options).line(names, [False] * len(names))
    return text_line(names, options)


def _text_writer(columns: tuple[Column, ...], options: Options, session: Session) -> Any:
    writers = [writing.text_out(*(c.sized or Sized(TEXT)), session.settings.zone) for c in columns]
    csv = CsvWriter(options) if options.format == "csv" else None
    forced = [options.force_quote == "*" or c.name in options.force_quote for c in columns]

    def write(row: tuple[Any, ...]) -> bytes:
        if isinstance(row, _Encoded):
            values: list[str | None] = list(row)
        else:
            values = [None if v is None else w(v) for v, w in zip(row, writers, strict=True)]
        return csv.line(values, forced) if csv is not None else text_line(values, options)

    return write


def _chunk_writer(columns: tuple[Column, ...], options: Options, session: Session) -> Any:
    """Return what makes many rows messages at once; None where the options take each character for itself."""
    marks = options.delimiter + options.null + options.quote + options.escape
    if not columns or not marks.isascii():
        return None
    writers = [by_column.writer(c.sized or Sized(TEXT), session.settings.zone) for c in columns]
    if options.format == "csv":
        forced = [options.force_quote == "*" or c.name in options.force_quote for c in columns]
        fields = [csv_column(options, force=force, alone=len(columns) == 1) for force in forced]
    else:
        fields = [text_column(options)] * len(columns)
    join, length = options.delimiter.join, by_column.ANY_LENGTH

    def write(rows: list[tuple[Any, ...]]) -> bytes:
        made = [
            field(text(column))
            for field, text, column in zip(fields, writers, zip(*rows, strict=True), strict=True)
        ]
        return "".join(
            [f"d{length[len(line) + 5]}{line}\n" for line in map(join, zip(*made, strict=True))]
        ).encode("latin-1")

    return write


def _binary_writer(columns: tuple[Column, ...]) -> Any:
    writers = [writing.binary_out(*(c.sized or Sized(TEXT))) for c in columns]
    reads = [reading.text_in(*(c.sized or Sized(TEXT))) for c in columns]

    def write(row: tuple[Any, ...]) -> bytes:
        parts = [struct.pack("!h", len(row))]
        if isinstance(row, _Encoded):
            row = tuple(None if v is None else r(v) for v, r in zip(row, reads, strict=True))
        for value, one in zip(row, writers, strict=True):
            data = None if value is None else one(value)
            parts.append(b"\xff\xff\xff\xff" if data is None else struct.pack("!i", len(data)) + data)
        return b"".join(parts)

    return write


# ---- COPY FROM ----


def copy_in(session: Session, args: dict[str, Any]) -> str:
    """Take rows from the client. All of them are stored, or none."""
    options = options_of(args["options"])
    info = _target(session, args["table"])
    columns = _columns(info, args["columns"])
    code = int(options.format == "binary")
    session.settle_portals()
    session.transaction.before_write(
        alone=False, timeout=session.lock_timeout(), cancelled=session.check_cancelled
    )
    mark = "heliosdb_copy"
    session.engine.run(f"SAVEPOINT {mark}")
    session.emit(replies.copy_response(b"G", len(columns), code))
    session.flush()
    feed = Feed(session)
    try:
        rows = _binary_batches(feed, columns) if code else batches(feed, columns, options, session)
        count = _store(session, info, columns, rows)
        feed.drain()
        session.engine.run(f"RELEASE {mark}")
    except BaseException:
        session.engine.connection.execute(
            f"ROLLBACK TO {mark}"
        ) if session.engine.connection.in_transaction else None
        if session.engine.connection.in_transaction:
            session.engine.connection.execute(f"RELEASE {mark}")
        raise
    return f"COPY {count}"


def _target(session: Session, parts: tuple[str, ...]) -> TableInfo:
    info = session.engine.schema.table(parts[-2] if len(parts) > 1 else None, parts[-1])
    if info is None:
        raise PgError("42P01", f'relation "{".".join(parts)}" does not exist')
    if info.kind != "table":
        raise PgError("42809", f'cannot copy to "{info.name}": it is no table')
    return info


def _columns(info: TableInfo, names: tuple[str, ...]) -> list[Column]:
    if not names:
        return [c for c in info.columns if c.name not in info.computed or c.name == info.rowid]
    found = []
    for name in names:
        column = next((c for c in info.columns if c.name.lower() == name.lower()), None)
        if column is None:
            raise PgError("42703", f'column "{name}" of relation "{info.name}" does not exist')
        found.append(column)
    return found


def _store(session: Session, info: TableInfo, columns: list[Column], batches: Iterator[Rows]) -> int:
    given = {column.name for column in columns}
    counting = {name: sequence for name, sequence in info.sequences.items() if name not in given}
    names = ", ".join(quote_identifier(name) for name in (*(column.name for column in columns), *counting))
    if info.given_key and info.given_key not in given:
        text = (
            f'null value in column "{info.given_key}" of relation "{info.name}" violates not-null constraint'
        )
        raise PgError("23502", text, table=info.name, column=info.given_key)
    key = f"coalesce(?, pg_missing_key({quote_text(info.name)}, {quote_text(info.given_key)}))"
    marks = [key if column.name == info.given_key else "?" for column in columns]
    places = ", ".join(marks + [f"pg_nextval({quote_text(each)})" for each in counting.values()])
    prefix = "temp." if info.schema == "temp" else ""
    sql = f"INSERT INTO {prefix}{quote_identifier(info.name)} ({names}) VALUES ({places})"
    count = 0
    for batch in batches:
        cursor = session.engine.many(sql, batch)
        count += max(cursor.rowcount, 0)
        if session.cancelled is not None:
            raise session.cancelled
    return count


class Feed:
    """The data that a client sends, piece by piece, until it says that this was all."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.done = False

    def __iter__(self) -> Iterator[bytes]:
        while (data := self.next()) is not None:
            yield data

    def next(self) -> bytes | None:
        """Return the next piece; None at the end.

        :raises PgError: the client gives up, or is gone
        """
        while not self.done:
            self.session.running = False  # waiting for the client is nothing to interrupt in SQLite
            frame = self.session.wire.receive()
            self.session.running = True
            if self.session.cancelled is not None:
                raise self.session.cancelled
            if frame is None:
                raise PgError(
                    "08006", "unexpected EOF on client connection with an open transaction", fatal=True
                )
            if frame.kind == 0x64:  # d: and all the others that are here
                return b"".join([frame.body, *self.session.wire.run(0x64)])
            if frame.kind == 0x63:  # c
                self.done = True
            elif frame.kind == 0x66:  # f
                raise PgError("57014", f"COPY from stdin failed: {messages.query(frame.body)}")
            elif frame.kind not in (0x48, 0x53):  # Flush and Sync are ignored here
                raise protocol_violation(f"unexpected message type 0x{frame.kind:02X} during COPY from stdin")
        return None

    def drain(self) -> None:
        """Read to the end what comes behind the data."""
        while self.next() is not None:
            pass


def _binary_batches(feed: Feed, columns: list[Column]) -> Iterator[Rows]:
    rows = _binary_rows(feed, columns)
    while batch := list(islice(rows, _ROWS)):
        yield batch


def _binary_rows(feed: Feed, columns: list[Column]) -> Iterator[list[Any]]:
    readers = [reading.binary_in(*(c.sized or Sized(TEXT))) for c in columns]
    data = bytearray()

    def need(count: int) -> None:
        while len(data) < count:
            piece = feed.next()
            if piece is None:
                raise PgError("22P04", "unexpected EOF in COPY data")
            data.extend(piece)

    def take(count: int) -> bytes:
        need(count)
        made = bytes(data[:count])
        del data[:count]
        return made

    if take(11) != _SIGNATURE:
        raise PgError("22P04", "COPY file signature not recognized")
    _, size = struct.unpack("!II", take(8))
    take(size)
    while True:
        (count,) = struct.unpack("!h", take(2))
        if count == -1:
            return
        if count != len(readers):
            raise PgError("22P04", f"row field count is {count}, expected {len(readers)}")
        row = []
        for read in readers:
            (length,) = struct.unpack("!i", take(4))
            row.append(None if length < 0 else read(take(length)))
        yield row


__all__ = ["copy_in", "copy_out", "tree"]
