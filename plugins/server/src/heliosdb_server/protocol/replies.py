"""What the server says, as bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .errors import PgError

_head = struct.Struct("!cI").pack
_short = struct.Struct("!h").pack
_int = struct.Struct("!i").pack
_field = struct.Struct("!IhIhih").pack

PARSE_COMPLETE = b"1\0\0\0\4"
BIND_COMPLETE = b"2\0\0\0\4"
CLOSE_COMPLETE = b"3\0\0\0\4"
NO_DATA = b"n\0\0\0\4"
PORTAL_SUSPENDED = b"s\0\0\0\4"
EMPTY_QUERY = b"I\0\0\0\4"
COPY_DONE = b"c\0\0\0\4"
READY = {state: b"Z\0\0\0\5" + state.encode() for state in "ITE"}


class Field(NamedTuple):
    """A column of a result as RowDescription tells it."""

    name: str
    oid: int
    size: int = -1
    modifier: int = -1
    table: int = 0
    column: int = 0


def message(kind: bytes, body: bytes = b"") -> bytes:
    r"""Return a message of this type.

    >>> message(b"Z", b"I")
    b'Z\\x00\\x00\\x00\\x05I'
    """
    return _head(kind, len(body) + 4) + body


def _text(value: str) -> bytes:
    return value.encode("utf-8", "replace").replace(b"\0", b"") + b"\0"


def authentication(code: int, data: bytes = b"") -> bytes:
    """Return an authentication message: 0 ok, 10 SASL, 11 continue, 12 final."""
    return message(b"R", _int(code) + data)


def parameter_status(name: str, value: str) -> bytes:
    """Return the value of a setting that clients watch."""
    return message(b"S", _text(name) + _text(value))


def key_data(process: int, secret: bytes) -> bytes:
    """Return what the client needs to cancel its queries."""
    return message(b"K", _int(process) + secret)


_TAGS = {f"{tag} {rows}": b"C\0\0\0%c%b %d\0" % (len(tag) + 7, tag.encode(), rows)
         for tag in ("SELECT", "INSERT 0", "UPDATE", "DELETE") for rows in range(10)}  # fmt: skip


def complete(tag: str) -> bytes:
    """Return the end of a statement: ``SELECT 1``."""
    if tag in _TAGS:
        return _TAGS[tag]
    return message(b"C", _text(tag))


def error(problem: PgError) -> bytes:
    """Return ErrorResponse."""
    return message(b"E", _fields(problem.fields()))


def notice(text: str, code: str = "00000", severity: str = "NOTICE") -> bytes:
    """Return NoticeResponse."""
    return message(b"N", _fields([("S", severity), ("V", severity), ("C", code), ("M", text)]))


def _fields(fields: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(code.encode() + _text(value) for code, value in fields) + b"\0"


def row_description(fields: Sequence[Field], formats: Sequence[int]) -> bytes:
    """Return the names and types of a result's columns.

    :param formats: none: all text; one: for all columns; else one for each
    """
    body = [_short(len(fields))]
    for field, code in zip(fields, spread(formats, len(fields)), strict=True):
        body.append(_text(field.name))
        body.append(_field(field.table, field.column, field.oid, field.size, field.modifier, code))
    return message(b"T", b"".join(body))


def spread(formats: Sequence[int], count: int) -> Sequence[int]:
    """Return one format code for each of ``count`` values."""
    if not formats:
        return (0,) * count
    if len(formats) == 1:
        return (formats[0],) * count
    if len(formats) != count:
        raise PgError("08P01", f"bind message has {len(formats)} formats but there are {count} values")
    return formats


def parameter_description(oids: Sequence[int]) -> bytes:
    """Return the types of a statement's parameters."""
    return message(b"t", struct.pack(f"!H{len(oids)}I", len(oids), *oids))


def copy_response(kind: bytes, columns: int, code: int) -> bytes:
    """Return the start of COPY: ``G`` the client sends, ``H`` the server does."""
    return message(kind, struct.pack(f"!bH{columns}h", code, columns, *[code] * columns))


def negotiate(unknown: Sequence[str]) -> bytes:
    """Return which options of the protocol the server has never heard of; it speaks 3.0."""
    return message(b"v", _int(0) + _int(len(unknown)) + b"".join(map(_text, unknown)))
