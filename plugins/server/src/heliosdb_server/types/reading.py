"""From the wire to SQLite: a parameter's bytes become what SQLite stores."""
# ruff: noqa: DTZ001 - a timestamp without time zone has none

from __future__ import annotations

import json
import re
import struct
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

from ..protocol.errors import PgError
from . import arrays, intervals, moments, network, numbers
from .registry import (
    BOOL,
    BPCHAR,
    BYTEA,
    CIDR,
    DATE,
    FLOAT4,
    FLOAT8,
    INET,
    INT2,
    INT4,
    INT8,
    INTEGERS,
    INTERVAL,
    JSON,
    JSONB,
    MACADDR,
    NUMERIC,
    OID,
    REG,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    UUID,
    VARCHAR,
    VECTOR,
    PgType,
    item_of,
)  # fmt: skip

EPOCH = datetime(2000, 1, 1)
_WORDS = dict.fromkeys(("t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"), 1)
_WORDS |= dict.fromkeys(("f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"), 0)
_UUID = re.compile(r"\{?[0-9a-fA-F]{4}(?:-?[0-9a-fA-F]{4}){7}\}?")


def boolean_in(text: str) -> int:
    """Return 1 or 0 for any of PostgreSQL's words for true and false."""
    try:
        return _WORDS[text.strip().lower()]
    except KeyError:
        raise numbers.wrong("boolean", text) from None


def bytes_in(text: str) -> bytes:
    r"""Return the bytes that ``\\x00ff``, or the older form with octal escapes, stands for."""
    if text.startswith("\\x"):
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            raise PgError("22023", "invalid hexadecimal data") from None
    try:
        return re.sub(
            rb"\\(\\|[0-3][0-7]{2}|)",
            lambda m: b"\\" if m[1] == b"\\" else bytes([int(m[1], 8)]),
            text.encode(),
        )
    except ValueError:
        raise PgError("22P02", "invalid input syntax for type bytea") from None


def uuid_in(text: str) -> str:
    """Return a UUID in its usual form."""
    if not _UUID.fullmatch(text):
        raise numbers.wrong("uuid", text)
    return str(uuid.UUID(text.strip("{}")))


def json_in(text: str) -> str:
    """Return the text, if it is JSON."""
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise PgError(
            "22P02", "invalid input syntax for type json", detail=f"The text is {text[:80]!r}."
        ) from None
    return text


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_ZERO = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def jsonb_in(text: str) -> str:
    """Return JSON as jsonb keeps it: keys by length and then letters, the last of equal ones, no spare space."""
    try:
        made = jsonb_dump(json.loads(text, parse_constant=_no_constant, parse_float=Literal))
        made.encode()  # half of a pair of surrogates is no character
    except (ValueError, RecursionError):
        raise PgError(
            "22P02", "invalid input syntax for type json", detail=f"The text is {text[:80]!r}."
        ) from None
    if "u0000" in made and _ZERO.search(made):
        raise PgError(
            "22P05", "unsupported Unicode escape sequence", detail="\\u0000 cannot be converted to text."
        )
    return made


class Literal(float):
    """A number that is written as it was read."""

    def __new__(cls, text: str) -> Literal:  # noqa: PYI034
        self = super().__new__(cls, text)
        self.text = text
        return self

    text: str

    def __repr__(self) -> str:
        from decimal import Decimal

        return f"{Decimal(self.text):f}"


class Raw(str):
    """A piece of JSON that stays as it is written, within another."""

    __slots__ = ()


def jsonb_dump(value: Any) -> str:
    """Return a value as jsonb writes it."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key))
        return (
            "{"
            + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {jsonb_dump(value[k])}" for k in keys)
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(jsonb_dump, value)) + "]"
    if isinstance(value, Literal):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def json_dump(value: Any) -> str:
    """Return a value as row_to_json() writes it: no spaces, keys in their order."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_dump(k)}:{json_dump(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_dump, value)) + "]"
    return jsonb_dump(value)


def vector_in(text: str) -> bytes:
    """Return a vector as a VECTOR column holds it: float32 numbers, the least byte first."""
    try:
        items = json.loads(text)
        if not isinstance(items, list) or not items:
            raise ValueError
        return struct.pack(f"<{len(items)}f", *items)
    except (ValueError, TypeError, OverflowError, struct.error):
        raise numbers.wrong("vector", text) from None


def label_in(kind: PgType, text: str) -> str:
    """Return a label of an enumeration.

    :raises PgError: it has no such label
    """
    if text not in kind.labels:
        raise PgError("22P02", f'invalid input value for enum {kind.title}: "{text}"')
    return text


def _short(kind: PgType, modifier: int, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what reads an array's item, and refuses a text that is too long for it."""
    limit = modifier - 4
    if limit <= 0 or kind not in (VARCHAR, BPCHAR):
        return read

    def run(item: Any) -> Any:
        made = read(item)
        if len(made) > limit and made[limit:].strip(" "):
            raise PgError("22001", f"value too long for type {kind.title}({limit})")
        return made[:limit]

    return run


def _digits(given: str | Decimal, modifier: int) -> Decimal:
    """Return a decimal number on its way into an array: with all its digits, if a column could keep them."""
    if isinstance(given, str):
        numbers.numeric_in(given, modifier)
    else:
        numbers.numeric(given, modifier)
    return numbers.decimal(f"{Decimal(given):f}", modifier)


def text_in(kind: PgType, modifier: int = -1, here: tzinfo = timezone.utc) -> Callable[[str], Any]:
    """Return what turns a text of this type into what SQLite stores."""
    if kind in REG:  # a name is looked up where the database is at hand
        return lambda text: numbers.integer_in(text, OID) if text.strip().isdigit() else text
    if kind in INTEGERS:
        return lambda text: numbers.integer_in(text, kind)
    if kind is FLOAT4 or kind is FLOAT8:
        return lambda text: numbers.float_in(text, kind)
    if kind is NUMERIC:
        return lambda text: numbers.numeric_in(text, modifier)
    if kind is DATE:
        return lambda text: moments.date_in(text, here)
    if modifier != -1 and kind in (TIMESTAMP, TIMESTAMPTZ, TIME, TIMETZ):
        whole = text_in(kind, -1, here)
        return lambda text: moments.rounded(whole(text), modifier)
    if kind is TIMESTAMPTZ:
        return lambda text: moments.timestamptz_in(text, here)
    if kind is INTERVAL:
        unit = intervals.unit_of(modifier)
        return lambda text: str(intervals.fitted(intervals.parse(text, unit), modifier))
    if kind.element:
        inner = item_of(kind) or TEXT
        if inner is NUMERIC:
            return lambda text: arrays.dump_numbers(
                arrays.from_text(text, lambda each: _digits(each, modifier))
            )
        item = _short(inner, modifier, text_in(inner, modifier, here))
        delimiter = " " if kind.name in ("int2vector", "oidvector") else ","
        if delimiter == " ":
            return lambda text: arrays.dump([item(each) for each in text.split()])
        return lambda text: arrays.dump(arrays.from_text(text, item))
    if kind.category == "E":
        return lambda text: label_in(kind, text)
    simple: dict[PgType, Callable[[str], Any]] = {
        BOOL: boolean_in, BYTEA: bytes_in, UUID: uuid_in, INET: network.inet_in, CIDR: network.cidr_in,
        MACADDR: network.macaddr_in, JSON: json_in, JSONB: jsonb_in, TIME: moments.time_in,
        TIMETZ: moments.timetz_in, TIMESTAMP: moments.timestamp_in, VECTOR: vector_in, BPCHAR: lambda t: t.rstrip(" "),
    }  # fmt: skip
    return simple.get(kind, str)


_FIXED = {
    INT2: "!h",
    INT4: "!i",
    INT8: "!q",
    OID: "!I",
    FLOAT4: "!f",
    FLOAT8: "!d",
    **dict.fromkeys(REG, "!I"),
}
_INT64_MAX, _INT64_MIN = 2**63 - 1, -(2**63)


def _moment(micros: int) -> str:
    if micros == _INT64_MAX:
        return "infinity"
    if micros == _INT64_MIN:
        return "-infinity"
    try:
        return (EPOCH + timedelta(microseconds=micros)).isoformat(" ")
    except OverflowError:
        raise PgError("22008", "timestamp out of range") from None


def binary_in(kind: PgType, modifier: int = -1) -> Callable[[bytes], Any]:
    """Return what turns the binary form of this type into what SQLite stores."""
    read = _binary_in(kind, modifier)

    def guarded(data: bytes) -> Any:
        try:
            return read(data)
        except (struct.error, UnicodeDecodeError):
            raise PgError("22P03", f"incorrect binary data format for type {kind.title}") from None

    return guarded


def _binary_in(kind: PgType, modifier: int) -> Callable[[bytes], Any]:
    if (shape := _FIXED.get(kind)) is not None:
        unpack = struct.Struct(shape).unpack
        return lambda data: unpack(data)[0]
    if modifier != -1 and kind in (TIMESTAMP, TIMESTAMPTZ, TIME, TIMETZ):
        whole = _binary_in(kind, -1)
        return lambda data: moments.rounded(whole(data), modifier)
    if kind.element:
        inner = item_of(kind) or TEXT
        if inner is NUMERIC:
            return lambda data: arrays.dump_numbers(
                arrays.from_binary(data, lambda each: _digits(numbers.numeric_from_binary(each), modifier))
            )
        item = _short(inner, modifier, binary_in(inner, modifier))
        first = 0 if kind.name in ("int2vector", "oidvector") else 1
        return lambda data: arrays.dump(arrays.from_binary(data, item, first))
    if kind.category == "E":
        return lambda data: label_in(kind, _text(data))
    return _BINARY.get(kind) or (
        (lambda data: numbers.numeric(numbers.numeric_from_binary(data), modifier))
        if kind is NUMERIC
        else _text
    )


def _text(data: bytes) -> str:
    text = data.decode()
    if "\0" in text:
        raise PgError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    return text


def _date(data: bytes) -> str:
    (days,) = struct.unpack("!i", data)
    if days in (2**31 - 1, -(2**31)):
        return "infinity" if days > 0 else "-infinity"
    try:
        return (date(2000, 1, 1) + timedelta(days=days)).isoformat()
    except OverflowError:
        raise PgError("22008", "date out of range") from None


def _timestamptz(data: bytes) -> str:
    made = _moment(struct.unpack("!q", data)[0])
    return made if made.endswith("y") else made + "+00:00"


def _interval(data: bytes) -> str:
    micros, days, months = struct.unpack("!qii", data)
    return str(intervals.Interval(months, days, micros))


def _timetz(data: bytes) -> str:
    micros, west = struct.unpack("!qi", data)
    clock = (EPOCH + timedelta(microseconds=micros)).replace(tzinfo=timezone(timedelta(seconds=-west)))
    return clock.timetz().isoformat()


def _jsonb(data: bytes) -> str:
    if data[:1] != b"\1":
        raise PgError("22P03", f"unsupported jsonb version number {data[0] if data else 0}")
    return jsonb_in(data[1:].decode())


def _vector(data: bytes) -> bytes:
    count, _ = struct.unpack_from("!HH", data)
    return struct.pack(f"<{count}f", *struct.unpack(f"!{count}f", data[4:]))


def _uuid(data: bytes) -> str:
    if len(data) != 16:
        raise struct.error
    return str(uuid.UUID(bytes=data))


_BINARY: dict[PgType, Callable[[bytes], Any]] = {
    BOOL: lambda data: int(struct.unpack("!?", data)[0]),
    BYTEA: bytes,
    UUID: _uuid,
    INET: network.inet_read,
    CIDR: network.cidr_read,
    MACADDR: network.macaddr_read,
    DATE: _date,
    TIME: lambda data: (EPOCH + timedelta(microseconds=struct.unpack("!q", data)[0])).time().isoformat(),
    TIMETZ: _timetz,
    TIMESTAMP: lambda data: _moment(struct.unpack("!q", data)[0]),
    TIMESTAMPTZ: _timestamptz,
    INTERVAL: _interval,
    JSON: lambda data: json_in(data.decode()),
    JSONB: _jsonb,
    VECTOR: _vector,
}
