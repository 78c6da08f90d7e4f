"""What a server answered, without what two servers have to say differently."""

from __future__ import annotations

import json
import re
import struct
from typing import Any

from .proxy import Exchange, Message

_CATALOG = re.compile(r"\bpg_|information_schema|current_schema|reg(class|type|proc)\b", re.IGNORECASE)
_OWN = 10000  # what a cluster and a database make themselves has OIDs from here on, another each time
_OIDS = frozenset((24, 26, 30, 1028, 2202, 2203, 2204, 2205, 2206, 4089, 4096))
_VECTORS = frozenset((30, 1028))
_MASKED = frozenset(  # places and sizes in PostgreSQL's own files
    ("relfilenode", "relpages", "reltuples", "relallvisible", "relfrozenxid", "relminmxid", "reltoastrelid",
     "datfrozenxid", "datminmxid", "xmin", "version", "pg_backend_pid", "Size", "Access Method", "ctid")
)  # fmt: skip
_NUMBER = re.compile(r"\b\d{5,}\b")


def asks(exchange: Exchange) -> bool:
    """Is it a question about the schema?"""
    return any(_CATALOG.search(text) for text in exchange.texts)


def question(exchange: Exchange) -> str:
    """Return what was asked, without the numbers of a database's own things."""
    return _NUMBER.sub("own", "; ".join(exchange.texts))


def answer(exchange: Exchange) -> Any:
    """Return what was answered, so that equal answers are equal."""
    told: list[Any] = []
    rows: list[Any] = []
    columns = _columns(exchange.described, exchange.formats) if exchange.described is not None else []
    for message in exchange.answer:
        if message.kind == "T":
            columns = _columns(message, exchange.formats)
            told.append([(name, oid if oid < _OWN else "own", size) for name, oid, size, _ in columns])
        elif message.kind == "D":
            rows.append(_row(message, columns))
        elif message.kind == "E":
            told.append(["error", _code(message)])
        elif message.kind == "C":
            told.append(message.body.rstrip(b"\0").decode())
        elif message.kind == "t":
            told.append(["parameters", [oid if oid < _OWN else "own" for oid in _parameters(message)]])
    rows.sort(key=json.dumps)  # most questions leave the order open, at least among equals
    return json.loads(json.dumps([told, rows]))


def _parameters(message: Message) -> tuple[int, ...]:
    (count,) = struct.unpack_from("!H", message.body)
    return struct.unpack_from(f"!{count}I", message.body, 2)


def _columns(message: Message, formats: tuple[int, ...]) -> list[tuple[str, int, int, int]]:
    """Return name, type, modifier and format of each column."""
    found: list[tuple[str, int, int, int]] = []
    at, body = 2, message.body
    while at < len(body):
        end = body.index(0, at)
        _, _, oid, _, modifier, code = struct.unpack_from("!IhIhih", body, end + 1)
        if formats:
            code = formats[len(found)] if len(formats) > 1 else formats[0]
        found.append((body[at:end].decode(), oid, modifier, code))
        at = end + 19
    return found


def _row(message: Message, columns: list[tuple[str, int, int, int]]) -> list[Any]:
    values, at, body = [], 2, message.body
    for name, oid, _, code in columns or [("", 25, -1, 0)] * 100:
        if at >= len(body):
            break
        (size,) = struct.unpack_from("!i", body, at)
        data, at = body[at + 4 : at + 4 + max(size, 0)], at + 4 + max(size, 0)
        values.append(None if size < 0 else "..." if name in _MASKED else _value(data, oid, code))
    return values


def _value(data: bytes, oid: int, code: int) -> str:
    if code:
        if oid in _OIDS and len(data) == 4:
            (number,) = struct.unpack("!I", data)
            return str(number) if number < _OWN else "own"
        return data.hex()
    text = data.decode()
    if oid in _VECTORS:
        return _NUMBER.sub("own", text)
    if oid in _OIDS and text.isdigit() and int(text) >= _OWN:
        return "own"
    return text


def _code(message: Message) -> str:
    return next((part[1:].decode() for part in message.body.split(b"\0") if part[:1] == b"C"), "")
