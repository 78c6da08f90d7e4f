"""Functions of arrays, and rows made of them."""

from __future__ import annotations

import bisect
import itertools
import math
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


def pg_bytes_of(item: Any) -> bytes:
    r"""Return the bytes that stand in an array as ``\\x`` and hexadecimal digits."""
    return bytes.fromhex(item[2:]) if isinstance(item, str) else writing.data(item)


def pg_array_letters(array: str) -> str:
    """Return an array of booleans as one of their letters."""
    return arrays.dump([None if item is None else "t" if item else "f" for item in arrays.load(array)])


def pg_array_length(array: str, dimension: int = 1) -> int | None:
    if dimension < 1:
        return None
    items: Any = arrays.load(array)
    for _ in range(dimension - 1):
        items = items[0] if items and isinstance(items[0], list) else []
    return len(items) or None


def pg_array_lower(array: str, dimension: int = 1) -> int | None:
    if dimension < 1:
        return None
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
    return arrays.dump([*_of_one_dimension(array), item])


@sees_null
def pg_array_prepend(item: Any, array: str | None) -> str:
    return arrays.dump([item, *_of_one_dimension(array)])


_MOST = 10_000_000  # items that an array may grow to by an assignment


@sees_null
def pg_array_set(array: str | None, value: Any, *places: int | None) -> str:
    """Return the array with one item set anew; behind its end it grows."""
    if None in places:
        raise PgError("22004", "array subscript in assignment must not be null")
    found = [place for place in places if place is not None]
    items = arrays.load(array) if array is not None else []
    if not items:
        if any(place != 1 for place in found):
            raise arrays.not_from_one()
        made: Any = value
        for _ in found:
            made = [made]
        return arrays.dump(made)
    if arrays.depth(items) != len(found):
        raise PgError("2202E", "wrong number of array subscripts")
    *outer, last = found
    inner = items
    for place in outer:
        if not 1 <= place <= len(inner):
            raise PgError("2202E", "array subscript out of range")
        inner = inner[place - 1]
    if last < 1 and not outer:
        raise arrays.not_from_one()
    if last > len(inner) and not outer:
        if last > _MOST:
            raise PgError("54000", f"array size exceeds the maximum allowed ({_MOST})")
        inner.extend([None] * (last - len(inner)))
    if not 1 <= last <= len(inner):
        raise PgError("2202E", "array subscript out of range")
    inner[last - 1] = value
    return arrays.dump(items)


def _of_one_dimension(array: str | None) -> list[Any]:
    items = arrays.load(array) if array is not None else []
    if arrays.depth(items) > 1:
        raise PgError("22000", "argument must be empty or one-dimensional array")
    return items


@sees_null
def pg_array_cat(a: str | None, b: str | None) -> str | None:
    if a is None or b is None:
        return a if b is None else b
    one, two = arrays.load(a), arrays.load(b)
    made = one + two
    if one and two and (more := arrays.depth(one) - arrays.depth(two)):
        made = [*one, two] if more > 0 else [one, *two]
    if not arrays.is_even(made):
        raise PgError("2202E", "cannot concatenate incompatible arrays")
    return arrays.dump(made)


@sees_null
def pg_array_concat(a: Any, b: Any, one: int, two: int) -> str | None:
    if one and two:
        return pg_array_cat(a, b)
    return pg_array_append(a, b) if one else pg_array_prepend(a, b)


@sees_null
def pg_array_remove(array: str | None, item: Any) -> str | None:
    if array is None:
        return None
    items = arrays.load(array)
    if arrays.depth(items) > 1:
        raise PgError("0A000", "removing elements from multidimensional arrays is not supported")
    return arrays.dump([each for each in items if each != item])


@sees_null
def pg_array_replace(array: str | None, old: Any, new: Any) -> str | None:
    def run(items: list[Any]) -> list[Any]:
        return [run(each) if isinstance(each, list) else new if each == old else each for each in items]

    return None if array is None else arrays.dump(run(arrays.load(array)))


@sees_null
def pg_array_position(array: str | None, item: Any, start: int | None = 1) -> int | None:
    if array is None:
        return None
    if start is None:
        raise PgError("22004", "initial position must not be null")
    items = _searched(array)[max(start, 1) - 1 :]
    return items.index(item) + max(start, 1) if item in items else None


def _searched(array: str) -> list[Any]:
    items = arrays.load(array)
    if arrays.depth(items) > 1:
        raise PgError("0A000", "searching for elements in multidimensional arrays is not supported")
    return items


@sees_null
def pg_array_positions(array: str | None, item: Any) -> str | None:
    if array is None:
        return None
    return arrays.dump([at for at, each in enumerate(_searched(array), 1) if each == item])


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
    there = arrays.flat(arrays.load(a))
    return int(all(item is not None and item in there for item in arrays.flat(arrays.load(b))))


def pg_array_overlaps(a: str, b: str) -> int:
    there = arrays.flat(arrays.load(a))
    return int(any(item is not None and item in there for item in arrays.flat(arrays.load(b))))


def pg_array_slice(array: str, *bounds: int) -> str:
    """Return a part of an array: the first and last place in each dimension."""

    def cut(items: list[Any], bounds: tuple[int, ...]) -> list[Any]:
        if bounds and any(not isinstance(item, list) for item in items) and len(bounds) > 2:
            return []
        part = items[max(bounds[0], 1) - 1 : max(bounds[1], 0)]
        if len(bounds) > 2:
            part = [cut(item, bounds[2:]) for item in part]
            return [] if not all(part) else part
        return part

    return arrays.dump(cut(arrays.load(array), bounds))


def pg_array_item(array: str, *places: int) -> Any:
    """Return the item at these places; NULL where there are more dimensions, or fewer."""
    item: Any = arrays.load(array)
    for place in places:
        if not isinstance(item, list) or not 1 <= place <= len(item):
            return None
        item = item[place - 1]
    return None if isinstance(item, list) else item


def pg_array_flat(array: str) -> str:
    """Return an array of arrays as one of their items."""
    return arrays.dump(arrays.flat(arrays.load(array)))


def pg_trim_array(array: str, count: int) -> str:
    items = arrays.load(array)
    if not 0 <= count <= len(items):
        raise PgError("2202E", f"number of elements to trim must be between 0 and {len(items)}")
    return arrays.dump(items[: len(items) - count])


@sees_null
def pg_array_fill(item: Any, sizes: str | None, bounds: str | None = "[]") -> str:
    if sizes is None or bounds is None:
        raise PgError("22004", "dimension array or low bound array cannot be null")
    if any(bound != 1 for bound in arrays.load(bounds)):
        raise arrays.not_from_one()
    shape = arrays.load(sizes)
    if any(size is None for size in shape):
        raise PgError("22004", "dimension values cannot be null")
    if math.prod(shape) > 10_000_000:
        raise PgError("54000", "array size exceeds the maximum allowed")
    made: Any = item
    for size in reversed(shape):
        made = [made] * int(size)
    return arrays.dump(made if shape and math.prod(shape) else [])


def pg_width_bucket_of(value: Any, bounds: str) -> int:
    """Return the number of the last bound that is not above the value, 0 for none."""
    items = arrays.load(bounds)
    if arrays.depth(items) > 1:
        raise PgError("2202E", "thresholds must be one-dimensional array")
    if None in items:
        raise PgError("22004", "thresholds array must not contain NULLs")
    return bisect.bisect_right(items, value)


def pg_subscripts(array: str, dimension: int = 1, first: int = 1) -> str:
    return arrays.dump(list(range(first, (pg_array_length(array, dimension) or 0) + first)))


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
    count = math.floor((stop - start) / step + 1e-9) + 1
    if count > 10_000_000:
        raise PgError("54000", f"generate_series() would return {count} rows: give it constants")
    return arrays.dump([start + at * step for at in range(max(count, 0))])


FUNCTIONS = collected(globals())
