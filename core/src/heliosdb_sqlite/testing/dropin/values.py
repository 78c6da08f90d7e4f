"""Parameters that a program may pass: right, wrong and odd."""

from __future__ import annotations

import array
import datetime
import enum
import re
import sqlite3
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st


class Adapted:
    """Has an adapter."""


class Conforming:
    """Adapts itself."""

    def __conform__(self, protocol: object) -> object:
        return "conformed" if protocol is sqlite3.PrepareProtocol else None


class Failing:
    """Raises when it is adapted."""

    def __conform__(self, protocol: object) -> object:
        raise ZeroDivisionError


class Number(int):
    """A subclass of a supported type."""


class Colour(str, enum.Enum):
    """A str and an enum."""

    RED = "red"


class Lookup(dict[str, Any]):
    """A mapping that has every key."""

    def __missing__(self, key: str) -> str:
        return f"missing {key}"


class Pair(Sequence[Any]):
    """A sequence that is neither list nor tuple."""

    def __getitem__(self, index: Any) -> Any:
        return ("first", "second")[index]

    def __len__(self) -> int:
        return 2


class Lying(Pair):
    """A sequence that fails to give an item it said it has."""

    def __getitem__(self, index: Any) -> Any:
        raise KeyError(index)


def register() -> None:
    """Register the adapter and the converter that the values above and the schemas' type ``shout`` rely on."""
    sqlite3.register_adapter(Adapted, lambda _: "adapted")
    sqlite3.register_converter("shout", lambda raw: raw.decode(errors="replace").upper() + "!")


DAY = datetime.date(2024, 2, 29)
INSTANT = datetime.datetime(2024, 2, 29, 12, 30, 0, 5)  # noqa: DTZ001  # the default adapters are for naive ones
# Without 2**63 - 1: after that rowid SQLite chooses at random.
CONSTANTS: tuple[Any, ...] = (
    None, 0, 1, 3, -1, 2**62, 2**63, -(2**63), True, 0.0, -0.0, 1.5, float("inf"), float("nan"),
    "", "a", "A", "é\u2028", "a\0b", "\ud800", b"", b"\x00\xff", bytearray(b"ba"), memoryview(b"mv"),
    array.array("b", [1, 2]), DAY, INSTANT, DAY.isoformat(), INSTANT.isoformat(" "), "not a date", Adapted(),
    Conforming(), Failing(), Number(5), Colour.RED, Decimal("1.5"), object(), (1, 2), [1], {}, "rollback",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(CONSTANTS), st.integers(-5, 5), st.text(max_size=3), st.floats(allow_nan=True)
)
ODD = st.sampled_from((
    Lookup(p1=1), Pair(), Lying(), "ab", b"ab", 1, None, {1, 2}, {1: 2}, range(2), object(), {"p1": 1, "p9": 2},
    frozenset(), array.array("i", [7]),
))  # fmt: skip


@st.composite
def parameters(draw: st.DrawFn, text: str) -> Any:
    """What stands where the parameters of ``text`` go: mostly what it asks for, now and then anything."""
    kind = draw(st.sampled_from(("asked", "asked", "asked", "asked", "asked", "asked", "list", "any", "odd")))
    if kind == "odd":
        return draw(ODD)
    placeholders = _PLACEHOLDER.findall(text)
    if kind == "any":
        placeholders = ["?"] * draw(st.integers(0, 4))
    values = [draw(VALUES) for _ in placeholders]
    if kind == "list":
        return values
    if any(placeholder[0] != "?" for placeholder in placeholders):
        return {placeholder[1:]: value for placeholder, value in zip(placeholders, values, strict=True)}
    return tuple(values)


_PLACEHOLDER = re.compile(r"\?\d*|[:@$]p\d")


@st.composite
def parameter_lists(draw: st.DrawFn, text: str) -> Any:
    """What executemany takes for ``text``: a list or iterator of parameters, or what it refuses."""
    kind = draw(st.sampled_from(("list", "list", "list", "list", "iterator", "iterator", "odd")))
    if kind == "odd":
        return draw(st.sampled_from(("ab", 5, None, {"p1": 1}, [1], [None])))
    rows = draw(st.lists(parameters(text), max_size=4))
    return rows if kind == "list" else Rows(rows)


class Rows:
    """Stands for an iterator over ``rows``: each side of a comparison makes its own."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def __repr__(self) -> str:
        return f"Rows({self.rows!r})"

    def fresh(self) -> Iterator[Any]:
        """Return a new iterator."""
        return iter(tuple(self.rows))
