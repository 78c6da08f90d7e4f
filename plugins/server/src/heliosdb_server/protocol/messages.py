"""What a client says, taken apart: a frame's body in, a named tuple out."""

from __future__ import annotations

import struct
from typing import NamedTuple

from .errors import protocol_violation

SSL_REQUEST = 80877103
GSSENC_REQUEST = 80877104
CANCEL_REQUEST = 80877102


class Startup(NamedTuple):
    """The first packet: which protocol, and the parameters that name user, database and settings."""

    version: int
    parameters: dict[str, str]


class Cancel(NamedTuple):
    """A request, on a connection of its own, to interrupt what another one runs."""

    process: int
    secret: bytes


class Request(NamedTuple):
    """A request for TLS or GSS encryption, before the startup packet."""

    code: int


class Parse(NamedTuple):
    name: str
    query: str
    types: tuple[int, ...]


class Bind(NamedTuple):
    portal: str
    statement: str
    formats: tuple[int, ...]
    values: tuple[bytes | None, ...]
    results: tuple[int, ...]


class Describe(NamedTuple):
    kind: str  # S, a statement, or P, a portal
    name: str


class Execute(NamedTuple):
    portal: str
    limit: int


class Close(NamedTuple):
    kind: str
    name: str


_short = struct.Struct("!h")
_ushort = struct.Struct("!H")
_int = struct.Struct("!i")
_uint = struct.Struct("!I")
_count, _size = _ushort.unpack_from, _int.unpack_from
_made = tuple.__new__


class Body:
    """Reads a body piece by piece; whatever does not fit is a protocol violation."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    def text(self) -> str:
        """Return a string up to its NUL."""
        end = self.body.find(b"\0", self.at)
        if end < 0:
            raise protocol_violation("invalid string in message")
        raw = self.body[self.at : end]
        self.at = end + 1
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            bad = raw[error.start : error.start + 1].hex()
            raise _bad_text(bad) from None

    def _number(self, shape: struct.Struct) -> int:
        try:
            (value,) = shape.unpack_from(self.body, self.at)
        except struct.error:
            raise protocol_violation("insufficient data left in message") from None
        self.at += shape.size
        return int(value)

    def count(self) -> int:
        """Return a number of things that follow."""
        return self._number(_ushort)

    def integer(self) -> int:
        """Return a signed number of four bytes."""
        return self._number(_int)

    def oid(self) -> int:
        """Return an unsigned number of four bytes."""
        return self._number(_uint)

    def formats(self) -> tuple[int, ...]:
        """Return a list of format codes."""
        return tuple(self._number(_short) for _ in range(self.count()))

    def take(self, size: int) -> bytes:
        """Return so many bytes."""
        if size < 0 or self.at + size > len(self.body):
            raise protocol_violation("insufficient data left in message")
        self.at += size
        return self.body[self.at - size : self.at]

    def value(self) -> bytes | None:
        """Return a value with its length before it; -1 is NULL."""
        size = self.integer()
        if size == -1:
            return None
        return self.take(size)

    def rest(self) -> bytes:
        """Return what is left."""
        return self.body[self.at :]

    def end(self) -> None:
        """Fail unless everything has been read."""
        if self.at != len(self.body):
            raise protocol_violation("invalid message format")


def _bad_text(byte: str) -> Exception:
    from .errors import PgError

    return PgError("22021", f'invalid byte sequence for encoding "UTF8": 0x{byte}')


def startup(body: bytes) -> Startup | Cancel | Request:
    """Read the packet that begins a connection."""
    reader = Body(body)
    version = reader.integer()
    if version in (SSL_REQUEST, GSSENC_REQUEST):
        reader.end()
        return Request(version)
    if version == CANCEL_REQUEST:
        return Cancel(reader.oid(), reader.rest())
    parameters: dict[str, str] = {}
    if version >> 16 == 3:
        while True:
            name = reader.text()
            if not name:
                break
            parameters[name] = reader.text()
        reader.end()
    return Startup(version, parameters)


def parse(body: bytes) -> Parse:
    """Read Parse (``P``)."""
    reader = Body(body)
    name, query = reader.text(), reader.text()
    types = tuple(reader.oid() for _ in range(reader.count()))
    reader.end()
    return Parse(name, query, types)


def bind(body: bytes) -> Bind:
    """Read Bind (``B``)."""
    try:
        end = body.index(0)
        portal = body[:end].decode()
        at = body.index(0, end + 1) + 1
        statement = body[end + 1 : at - 1].decode()
        formats, at = _formats(body, at)
        (count,) = _count(body, at)
        at += 2
        values: list[bytes | None] = []
        for _ in range(count):
            (size,) = _size(body, at)
            at += 4
            if size < 0:
                if size != -1:
                    return _bind(body)
                values.append(None)
            else:
                values.append(body[at : at + size])
                at += size
        results, at = _formats(body, at)
    except (ValueError, struct.error):
        return _bind(body)
    if at != len(body):
        return _bind(body)
    return _made(Bind, (portal, statement, formats, tuple(values), results))


def _formats(body: bytes, at: int) -> tuple[tuple[int, ...], int]:
    (count,) = _count(body, at)
    if not count:
        return (), at + 2
    return struct.unpack_from(f"!{count}h", body, at + 2), at + 2 + 2 * count


def _bind(body: bytes) -> Bind:
    """Read one that is not as it should be, so far that it can be said what is wrong."""
    reader = Body(body)
    portal, statement = reader.text(), reader.text()
    formats = reader.formats()
    values = tuple([reader.value() for _ in range(reader.count())])
    results = reader.formats()
    reader.end()
    return Bind(portal, statement, formats, values, results)


def describe(body: bytes) -> Describe:
    """Read Describe (``D``)."""
    return Describe(*_kind_and_name(body))


def close(body: bytes) -> Close:
    """Read Close (``C``)."""
    return Close(*_kind_and_name(body))


_UNNAMED = {b"S\0": ("S", ""), b"P\0": ("P", "")}


def _kind_and_name(body: bytes) -> tuple[str, str]:
    if body in _UNNAMED:
        return _UNNAMED[body]
    reader = Body(body)
    kind = reader.take(1)
    if kind not in (b"S", b"P"):
        raise protocol_violation(f"invalid kind of object: {kind!r}")
    name = reader.text()
    reader.end()
    return kind.decode(), name


_ALL = Execute("", 0)  # what nearly everyone says


def execute(body: bytes) -> Execute:
    """Read Execute (``E``)."""
    if body == b"\0\0\0\0\0":
        return _ALL
    reader = Body(body)
    name, limit = reader.text(), reader.integer()
    reader.end()
    return Execute(name, limit)


def query(body: bytes) -> str:
    """Read Query (``Q``), and any other message that is one string."""
    if body and body.find(0) == len(body) - 1:
        try:
            return body[:-1].decode()
        except UnicodeDecodeError:
            pass  # said below
    reader = Body(body)
    text = reader.text()
    reader.end()
    return text
