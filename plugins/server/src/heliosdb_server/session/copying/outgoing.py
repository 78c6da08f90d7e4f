"""COPY TO STDOUT: the rows of a table or query, each a message of its own."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ...protocol import replies
from ...protocol.errors import PgError
from ...translation.scope import Column
from ...types import columns as by_column
from ...types import reading, writing
from ...types.registry import TEXT, Sized
from ..portals import Portal, Statement
from . import binary
from .lines import CsvWriter, csv_column, text_column, text_line
from .options import Options, options_of

if TYPE_CHECKING:
    from ..session import Session

Row = Sequence[Any]


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
        count = (
            _send_binary(session, portal, columns) if code else _send_lines(session, portal, columns, options)
        )
        session.emit(replies.COPY_DONE)
    finally:
        portal.close()
    return f"COPY {count}"


def _send_lines(session: Session, portal: Portal, columns: tuple[Column, ...], options: Options) -> int:
    """Send the rows as text or CSV; return how many there were."""
    zone = session.settings.zone
    csv = CsvWriter(options) if options.format == "csv" else None
    forced = [options.force_quote == "*" or c.name in options.force_quote for c in columns]
    writers = [writing.text_out(*c.written, zone) for c in columns]

    def line(values: Sequence[str | None]) -> bytes:
        return csv.line(values, forced) if csv is not None else text_line(values, options)

    def one(row: Row) -> bytes:
        return line([None if v is None else w(v) for v, w in zip(row, writers, strict=True)])

    if options.header:
        names = [column.name for column in columns]
        head = csv.line(names, [False] * len(names)) if csv is not None else text_line(names, options)
        session.emit(replies.message(b"d", head))
    count = 0
    many = _by_columns(columns, options, session)
    for spooled, rows in _chunks(session, portal):
        if many is not None and not spooled:
            data = many(rows)
        else:
            data = b"".join([replies.message(b"d", line(row) if spooled else one(row)) for row in rows])
        _send(session, portal, len(rows), data)
        count += len(rows)
    return count


def _send_binary(session: Session, portal: Portal, columns: tuple[Column, ...]) -> int:
    """Send the rows in the binary format; return how many there were."""
    write = binary.writer(columns)
    reads = [reading.text_in(*(c.sized or Sized(TEXT))) for c in columns]
    head = binary.head()  # goes with the first row, as clients expect
    count = 0
    for spooled, rows in _chunks(session, portal):
        if spooled:
            rows = [  # noqa: PLW2901
                tuple(None if v is None else r(v) for v, r in zip(row, reads, strict=True)) for row in rows
            ]
        parts = [write(row) for row in rows]
        parts[0], head = head + parts[0], b""
        _send(session, portal, len(rows), b"".join([replies.message(b"d", part) for part in parts]))
        count += len(rows)
    session.emit(replies.message(b"d", head + binary.END))
    return count


def _send(session: Session, portal: Portal, rows: int, data: bytes) -> None:
    portal.made(rows, len(data))
    session.emit(data)
    if session.cancelled is not None:
        raise session.cancelled


def _by_columns(
    columns: tuple[Column, ...], options: Options, session: Session
) -> Callable[[Sequence[Row]], bytes] | None:
    """Return what makes many rows messages at once; None where the options take each character for itself."""
    marks = options.delimiter + options.null + options.quote + options.escape
    if not columns or not marks.isascii():
        return None
    writers = [by_column.writer(c.written, session.settings.zone) for c in columns]
    if options.format == "csv":
        forced = [options.force_quote == "*" or c.name in options.force_quote for c in columns]
        fields = [csv_column(options, force=force, alone=len(columns) == 1) for force in forced]
    else:
        fields = [text_column(options)] * len(columns)
    join, length = options.delimiter.join, by_column.ANY_LENGTH

    def write(rows: Sequence[Row]) -> bytes:
        made = [
            field(text(column))
            for field, text, column in zip(fields, writers, zip(*rows, strict=True), strict=True)
        ]
        return "".join(
            [f"d{length[len(line) + 5]}{line}\n" for line in map(join, zip(*made, strict=True))]
        ).encode("latin-1")

    return write


def _chunks(session: Session, portal: Portal) -> Iterator[tuple[bool, Sequence[Row]]]:
    """Yield some rows at a time, and whether they come from a spool: then their values are text already.

    They do for RETURNING, and for a file without a write-ahead log.
    """
    if portal.spool is None:
        while rows := session.next_rows(portal, portal.step):
            yield False, rows
        return
    place = 0
    while place < len(portal.spool):
        data, place = portal.spool.some(place, len(portal.spool))
        yield True, _decoded(data)


def _decoded(data: bytes) -> list[Row]:
    """Return the values of DataRow messages."""
    rows: list[Row] = []
    at = 0
    while at < len(data):
        (count,) = struct.unpack_from("!H", data, at + 5)
        at += 7
        values: list[str | None] = []
        for _ in range(count):
            (size,) = struct.unpack_from("!i", data, at)
            at += 4
            values.append(None if size < 0 else data[at : at + size].decode())
            at += max(size, 0)
        rows.append(values)
    return rows
