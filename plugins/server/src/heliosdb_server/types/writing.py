"""From SQLite to the wire: a value of any of SQLite's classes as the type that the client was told, or an error."""

from __future__ import annotations

import json
import struct
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any

from . import arrays, intervals, moments, network, numbers
from .reading import EPOCH, boolean_in, bytes_in, json_in, jsonb_in
from .registry import (
    BOOL,
    BPCHAR,
    BY_OID,
    BYTEA,
    CHAR,
    CIDR,
    DATE,
    FIRST_ENUMERATION,
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
    RECORD,
    REG,
    REG_MARK,
    STRINGS,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    UUID,
    VECTOR,
    VOID,
    PgType,
    array_of_labels,
    enumeration,
    item_of,
)  # fmt: skip

_MICRO = timedelta(microseconds=1)


def boolean(value: Any) -> bool:
    """Return a value of the file as true or false."""
    if isinstance(value, (int, float)):
        return bool(value)
    if isinstance(value, str):
        return bool(boolean_in(value))
    raise numbers.wrong("boolean", value)


def text(value: Any) -> str:
    """Return any value of the file as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return numbers.float_out(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return "\\x" + value.hex()
    if isinstance(value, int):
        return str(value)
    return vector_out(value)


def data(value: Any) -> bytes:
    """Return any value of the file as bytes."""
    if isinstance(value, bytes):
        return value
    return text(value).encode()


def floats(value: Any) -> list[float]:
    """Return a vector's numbers: the vector plugin's own class, its bytes, or a JSON array."""
    if isinstance(value, bytes):
        if len(value) % 4:
            raise numbers.wrong("vector", value)
        return list(struct.unpack(f"<{len(value) // 4}f", value))
    if isinstance(value, str):
        return [float(each) for each in arrays.load(value)]
    try:
        return [float(each) for each in value]
    except TypeError:
        raise numbers.wrong("vector", value) from None


def vector_out(value: Any) -> str:
    """Return a vector as pgvector writes it."""
    return "[" + ",".join(numbers.single_out(each) for each in floats(value)) + "]"


def vector_binary(value: Any) -> bytes:
    """Return a vector as pgvector sends it."""
    items = floats(value)
    return struct.pack(f"!HH{len(items)}f", len(items), 0, *items)


def _json(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else text(value)
        if not isinstance(value, bytes)
        else json_in(text(value))
    )


def text_out(kind: PgType, modifier: int = -1, here: tzinfo = timezone.utc) -> Callable[[Any], str]:
    """Return what writes a value of this type as text."""
    if kind in INTEGERS or kind in REG:
        return lambda value: (
            str(numbers.integer(value, kind)) if not isinstance(value, str) else _reg(value, kind)
        )
    if kind is NUMERIC:
        return lambda value: numbers.decimal_out(numbers.decimal(value, modifier))
    if kind is TIMESTAMPTZ:
        return lambda value: moments.timestamptz_out(value, here)
    if kind.name in ("int2vector", "oidvector"):
        return lambda value: " ".join(str(each) for each in arrays.load(value))
    if kind.element:
        inner = item_of(kind) or TEXT
        item = text_out(inner, modifier, here)
        if inner is NUMERIC:
            return lambda value: arrays.to_text(arrays.load_numbers(value), item)
        if inner is BYTEA:
            item = str  # in JSON they are what clients read already
        return lambda value: arrays.to_text(arrays.load(value), item)
    if kind is RECORD:
        return lambda value: record_out(value, here)
    if kind is BPCHAR and modifier > 4:
        return lambda value: text(value).ljust(modifier - 4)
    simple: dict[PgType, Callable[[Any], str]] = {
        BOOL: lambda value: "t" if boolean(value) else "f",
        BYTEA: lambda value: "\\x" + data(value).hex(),
        FLOAT8: lambda value: numbers.float_out(numbers.floating(value, FLOAT8)),
        FLOAT4: lambda value: numbers.single_out(numbers.floating(value, FLOAT4)),
        DATE: moments.date_out,
        TIME: moments.time_out,
        TIMETZ: text,
        TIMESTAMP: moments.timestamp_out,
        INTERVAL: lambda value: str(intervals.parse(text(value))),
        UUID: lambda value: str(_uuid(value)),
        INET: lambda value: network.inet_in(text(value)),
        CIDR: lambda value: network.cidr_in(text(value)),
        MACADDR: lambda value: network.macaddr_in(text(value)),
        JSON: _json,
        JSONB: lambda value: jsonb_in(_json(value)),
        VECTOR: vector_out,
        VOID: lambda value: "",
    }
    return simple.get(kind, text)


def _fields(value: Any) -> Iterator[tuple[PgType, int, Any]]:
    """Yield type, modifier and value of each field of a record, which travels as one array of them all."""
    items = arrays.load(value)
    for at in range(0, len(items), 3):
        kind = _field_type(items[at])
        field = items[at + 2]
        if kind is BYTEA and field is not None:
            field = bytes.fromhex(field)
        elif isinstance(field, (list, dict)):  # which SQLite knew to be JSON
            field = arrays.dump(field) if isinstance(field, list) else json.dumps(field, ensure_ascii=False)
        yield kind, items[at + 1], field


def _field_type(oid: int | None) -> PgType:
    """Return the type of a field: one that is not PostgreSQL's is an enumeration, or an array of one."""
    if oid is None or oid in BY_OID or oid < FIRST_ENUMERATION:
        return BY_OID.get(oid or 0, TEXT)
    if oid % 2:
        return array_of_labels(enumeration(oid - 1, "", "", ()))
    return enumeration(oid, "", "", ())


def record_out(value: Any, here: tzinfo) -> str:
    """Return a record as ``(1,"a b",)``."""
    if isinstance(value, str) and value[:1] == "{":
        return value
    parts = []
    for kind, modifier, field in _fields(value):
        text = "" if field is None else text_out(kind, modifier, here)(field)
        if (field is not None and not text) or any(char in '(),"\\' or char.isspace() for char in text):
            text = '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'
        parts.append(text)
    return f"({','.join(parts)})"


def record_binary(value: Any) -> bytes:
    """Return a record's binary form."""
    made, count = b"", 0
    for kind, modifier, field in _fields(value):
        count += 1
        made += struct.pack("!I", kind.oid)
        if field is None:
            made += b"\xff\xff\xff\xff"
        else:
            data = binary_out(kind, modifier)(field)
            made += struct.pack("!i", len(data)) + data
    return struct.pack("!i", count) + made


def _reg(value: str, kind: PgType) -> str:
    return value.rpartition(REG_MARK)[2] if kind in REG else str(numbers.integer_in(value, kind))


def _uuid(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(bytes=value) if isinstance(value, bytes) else uuid.UUID(str(value))
    except ValueError:
        raise numbers.wrong("uuid", value) from None


_FIXED = {INT2: "!h", INT4: "!i", INT8: "!q", OID: "!I", **dict.fromkeys(REG, "!I")}


def binary_out(kind: PgType, modifier: int = -1) -> Callable[[Any], bytes]:
    """Return what writes a value of this type in binary."""
    if (shape := _FIXED.get(kind)) is not None:
        pack = struct.Struct(shape).pack
        checked = OID if kind in REG else kind
        if kind in REG:
            return lambda value: pack(
                numbers.integer(value.partition(REG_MARK)[0] if isinstance(value, str) else value, checked)
            )
        return lambda value: pack(numbers.integer(value, checked))
    if kind is NUMERIC:
        return lambda value: numbers.numeric_to_binary(numbers.decimal(value, modifier))
    if kind.element:
        item, oid = binary_out(item_of(kind) or TEXT, modifier), kind.element
        if oid == BYTEA.oid:
            item = bytes_in
        first = 0 if kind.name in ("int2vector", "oidvector") else 1
        read = arrays.load_numbers if oid == NUMERIC.oid else arrays.load
        return lambda value: arrays.to_binary(read(value), oid, item, first)
    if kind in STRINGS and kind is not CHAR:
        if kind is BPCHAR and modifier > 4:
            return lambda value: text(value).ljust(modifier - 4).encode()
        return lambda value: text(value).encode()
    return _BINARY.get(kind) or (lambda value: text(value).encode())


def _date(value: Any) -> bytes:
    if value in ("infinity", "-infinity"):
        return struct.pack("!i", 2**31 - 1 if value == "infinity" else -(2**31))
    day = moments.date_out(value)
    return struct.pack("!i", (date.fromisoformat(day) - date(2000, 1, 1)).days)


def _micros(value: Any, *, utc: bool) -> bytes:
    if value in ("infinity", "-infinity"):
        return struct.pack("!q", 2**63 - 1 if value == "infinity" else -(2**63))
    found = moments.moment(value, utc=utc).replace(tzinfo=None)
    return struct.pack("!q", (found - EPOCH) // _MICRO)


def _time(value: Any) -> bytes:
    found = moments.clock(value)
    return struct.pack("!q", (datetime.combine(EPOCH.date(), found) - EPOCH) // _MICRO)


def _timetz(value: Any) -> bytes:
    said = str(value)
    zone = said if said[-3:-2] not in ("+", "-") else f"{said}:00"  # Python 3.10 wants the minutes
    found = datetime.fromisoformat(f"2000-01-01 {zone}")
    west = -int((found.utcoffset() or timedelta()).total_seconds())
    return struct.pack("!qi", (found.replace(tzinfo=None) - EPOCH) // _MICRO, west)


def _interval(value: Any) -> bytes:
    months, days, micros = intervals.parse(text(value))
    return struct.pack("!qii", micros, days, months)


_BINARY: dict[PgType, Callable[[Any], bytes]] = {
    BOOL: lambda value: b"\1" if boolean(value) else b"\0",
    BYTEA: data,
    CHAR: lambda value: text(value).encode()[:1] or b"\0",
    FLOAT8: lambda value: struct.pack("!d", numbers.floating(value, FLOAT8)),
    FLOAT4: lambda value: struct.pack("!f", numbers.single(numbers.floating(value, FLOAT4))),
    DATE: _date,
    TIME: _time,
    TIMETZ: _timetz,
    TIMESTAMP: lambda value: _micros(value, utc=False),
    TIMESTAMPTZ: lambda value: _micros(value, utc=True),
    INTERVAL: _interval,
    UUID: lambda value: _uuid(value).bytes,
    INET: network.inet_binary,
    CIDR: network.cidr_binary,
    MACADDR: network.macaddr_binary,
    JSON: lambda value: _json(value).encode(),
    JSONB: lambda value: b"\1" + jsonb_in(_json(value)).encode(),
    VECTOR: vector_binary,
    RECORD: record_binary,
    VOID: lambda value: b"",
}
