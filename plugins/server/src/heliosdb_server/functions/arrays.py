"""Functions of arrays, and rows made of them."""

from __future__ import annotations

import itertools
import struct
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, writing
from .marks import collected, sees_null


def pg_array_order(array: str) -> bytes:
    """Return bytes that sort as PostgreSQL sorts arrays: item by item, NULL behind every other, the shorter first."""
    made = bytearray()

    def add(items: list[Any]) -> None:
        for item in items:
            if isinstance(item, list):
                add(item)
            elif item is None:
                made.extend(b"\x03")
            elif isinstance(item, str):
                made.extend(b"\x02" + item.encode().replace(b"\0", b"\0\xff") + b"\0\0")
            else:
                made.extend(b"\x01" + _number_order(item))

    add(arrays.load(array))
    return bytes(made)


def _number_order(value: Any) -> bytes:
    """Return bytes that sort as numbers do."""
    (bits,) = struct.unpack("!Q", struct.pack("!d", float(value) + 0.0))
    bits = bits ^ 0xFFFFFFFFFFFFFFFF if bits >> 63 else bits | 1 << 63
    rest = value - int(float(value)) if isinstance(value, int) else 0  # what a double leaves of 64 bits
    return struct.pack("!QH", bits, rest + 0x8000)


def pg_array_letters(array: str) -> str:
    """Return an array of booleans as one of their letters."""
    return arrays.dump([None if item is None else "t" if item else "f" for item in arrays.load(array)])


def pg_array_length(array: str, dimension: int = 1) -> int | None:
    items: Any = arrays.load(array)
    for _ in range(dimension - 1):
        items = items[0] if items and isinstance(items[0], list) else []
    return len(items) or None


def pg_array_lower(array: str, dimension: int = 1) -> int | None:
    return None if pg_array_length(array, dimension) is None else 1


def pg_array_ndims(array: str) -> int | None:
    items: Any = arrays.load(array)
    count = 0
    while isinstance(items, list) and items:
        items, count = items[0], count + 1
    return count or None


def pg_array_dims(array: str) -> str | None:
    count = pg_array_ndims(array)
    return "".join(f"[1:{pg_array_length(array, d)}]" for d in range(1, count + 1)) if count else None


def pg_cardinality(array: str) -> int:
    def count(items: list[Any]) -> int:
        return sum(count(item) if isinstance(item, list) else 1 for item in items)

    return count(arrays.load(array))


@sees_null
def pg_array_append(array: str | None, item: Any) -> str:
    return arrays.dump([*(arrays.load(array) if array is not None else []), item])


@sees_null
def pg_array_prepend(item: Any, array: str | None) -> str:
    return arrays.dump([item, *(arrays.load(array) if array is not None else [])])


@sees_null
def pg_array_cat(a: str | None, b: str | None) -> str | None:
    if a is None or b is None:
        return a if b is None else b
    return arrays.dump(arrays.load(a) + arrays.load(b))


@sees_null
def pg_array_concat(a: Any, b: Any, one: int, two: int) -> str | None:
    if one and two:
        return pg_array_cat(a, b)
    return pg_array_append(a, b) if one else pg_array_prepend(a, b)


@sees_null
def pg_array_remove(array: str | None, item: Any) -> str | None:
    return None if array is None else arrays.dump([each for each in arrays.load(array) if each != item])


@sees_null
def pg_array_replace(array: str | None, old: Any, new: Any) -> str | None:
    return (
        None if array is None else arrays.dump([new if each == old else each for each in arrays.load(array)])
    )


def pg_array_position(array: str, item: Any, start: int = 1) -> int | None:
    items = arrays.load(array)[max(start, 1) - 1 :]
    return items.index(item) + max(start, 1) if item in items else None


def pg_array_positions(array: str, item: Any) -> str:
    return arrays.dump([at for at, each in enumerate(arrays.load(array), 1) if each == item])


@sees_null
def pg_array_to_string(array: Any, mark: str | None, null: str | None = None) -> str | None:
    if array is None or mark is None:
        return None
    items = arrays.load(array)
    return mark.join(
        pg_array_to_string(arrays.dump(item), mark, null) or ""
        if isinstance(item, list)
        else ("t" if item else "f")
        if isinstance(item, bool)
        else writing.text(item)
        if item is not None
        else str(null)
        for item in items
        if item is not None or null is not None
    )


@sees_null
def pg_string_to_array(text: str | None, mark: str | None, null: str | None = None) -> str | None:
    if text is None:
        return None
    parts: list[str] = (
        list(text) if mark is None else text.split(mark) if mark and text else [text] if text else []
    )
    return arrays.dump([None if null is not None and part == null else part for part in parts])


def pg_array_contains(a: str, b: str) -> int:
    there = arrays.load(a)
    return int(all(item is not None and item in there for item in arrays.load(b)))


def pg_array_overlaps(a: str, b: str) -> int:
    there = arrays.load(a)
    return int(any(item is not None and item in there for item in arrays.load(b)))


@sees_null
def pg_array_slice(array: str | None, low: int | None, high: int | None) -> str | None:
    if array is None:
        return None
    items = arrays.load(array)
    return arrays.dump(items[max((low or 1) - 1, 0) : max(high, 0) if high is not None else None])


def pg_trim_array(array: str, count: int) -> str:
    items = arrays.load(array)
    if not 0 <= count <= len(items):
        raise PgError("2202E", f"number of elements to trim must be between 0 and {len(items)}")
    return arrays.dump(items[: len(items) - count])


def pg_array_fill(item: Any, sizes: str) -> str:
    (size,) = arrays.load(sizes)
    return arrays.dump([item] * int(size))


def pg_subscripts(array: str, dimension: int = 1) -> str:
    return arrays.dump(list(range(1, (pg_array_length(array, dimension) or 0) + 1)))


def pg_expand(array: str) -> str:
    return arrays.dump([[item, at] for at, item in enumerate(arrays.load(array), 1)])


@sees_null
def pg_zip(*items: Any) -> str:
    lists = [arrays.load(each) if each is not None else [] for each in items]
    return arrays.dump([list(row) for row in itertools.zip_longest(*lists)])


@sees_null
def pg_no_rows(*_: Any) -> str:
    return "[]"


def pg_series(start: Any, stop: Any, step: Any) -> str:
    if step == 0:
        raise PgError("22023", "step size cannot equal zero")
    count = int((stop - start) / step) + 1
    if count > 10_000_000:
        raise PgError("54000", f"generate_series() would return {count} rows: give it constants")
    return arrays.dump([start + at * step for at in range(max(count, 0))])


FUNCTIONS = collected(globals())
