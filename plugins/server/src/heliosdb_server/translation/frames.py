"""The frames of windows: which rows around the row at hand an aggregate takes."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ..protocol.errors import PgError
from ..types import intervals
from ..types.registry import (
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    INTERVAL,
    NUMERIC,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    PgType,
    Sized,
)  # fmt: skip
from . import tree
from .literals import S_INT8
from .scope import Scope

_DIGITS = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_LITERAL = re.compile(r"'([^']*)'")
_NUMBERS = (INT2, INT4, INT8, NUMERIC, FLOAT4, FLOAT8)
_MOMENTS = (DATE, TIME, TIMESTAMP, TIMESTAMPTZ)


def is_measured(frame: tree.Frame | None) -> bool:
    """Does a frame reach so far as the values by which rows are sorted say?"""
    return (
        frame is not None
        and frame.mode == "range"
        and any(each.offset is not None for each in _bounds(frame))
    )


def moves(frame: tree.Frame | None) -> bool:
    """Does a frame leave rows behind?"""
    return frame is not None and frame.start.kind != "unbounded preceding"


def _bounds(frame: tree.Frame) -> list[tree.Bound]:
    return [frame.start] if frame.end is None else [frame.start, frame.end]


def measured(window: tree.Window, frame: tree.Frame, scope: Scope, writer: Any) -> tuple[str, str]:
    """Return the key by which the rows of a measured frame are sorted, a number, and the frame.

    :raises PgError: there are several keys, or distances of their type are unknown
    """
    if len(window.order) != 1:
        text = "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column"
        raise PgError("42P20", text, position=window.at + 1)
    order = window.order[0]
    made = writer.ex(order.expr, scope)
    if made.type in _MOMENTS:
        key = writer.own(f"pg_moment_order({made.text})", S_INT8).text
        return _sorted(key, order), _text(frame, lambda each: str(_microseconds(each, writer)))
    if made.type not in _NUMBERS:
        kind = made.type.title if made.type is not None else "text"
        raise PgError(
            "0A000",
            f"RANGE with offset PRECEDING/FOLLOWING is not supported for column type {kind}",
            position=frame.at + 1,
        )
    offsets = {
        id(each): _number(each, made.type, writer) for each in _bounds(frame) if each.offset is not None
    }
    if made.type is NUMERIC and made.decimals is not None and all(map(_DIGITS.fullmatch, offsets.values())):
        # Binary fractions are near what they stand for: the frame is measured in whole numbers of the last decimal.
        places = max(made.decimals, *(len(text.partition(".")[2]) for text in offsets.values()))
        key = f"CAST(round({made.text} * 1e{places}) AS INTEGER)"
        return _sorted(key, order), _text(
            frame, lambda each: str(int(Decimal(offsets[id(each)]).scaleb(places)))
        )
    return str(writer.key(order, scope)), _text(frame, lambda each: offsets[id(each)])


def counted(frame: tree.Frame, writer: Any) -> str:
    """Return a frame that counts rows, or groups of them, as SQLite has it."""
    return _text(frame, lambda each: _number(each, INT8, writer))


def _sorted(key: str, order: tree.Order) -> str:
    nulls = order.nulls or ("first" if order.descending else "last")
    return f"{key}{' DESC' if order.descending else ''} NULLS {nulls.upper()}"


def _text(frame: tree.Frame, offset: Callable[[tree.Bound], str]) -> str:
    parts = [
        each.kind.upper() if each.offset is None else f"{offset(each)} {each.kind.upper()}"
        for each in _bounds(frame)
    ]
    extent = f"BETWEEN {parts[0]} AND {parts[1]}" if len(parts) == 2 else parts[0]
    return f"{frame.mode.upper()} {extent}" + (f" EXCLUDE {frame.exclude.upper()}" if frame.exclude else "")


def _number(bound: tree.Bound, kind: PgType, writer: Any) -> str:
    assert bound.offset is not None
    made = writer.ex(bound.offset, Scope(), Sized(kind))
    return str(made.text if made.type in _NUMBERS else writer.cast(made, Sized(kind), bound.at).text)


def _microseconds(bound: tree.Bound, writer: Any) -> int:
    """Return how far a frame reaches: SQLite takes a number that stands in the statement."""
    assert bound.offset is not None
    place = bound.at + 1
    made = writer.cast(writer.ex(bound.offset, Scope(), Sized(INTERVAL)), Sized(INTERVAL), bound.at)
    literal = _LITERAL.fullmatch(made.text)
    if literal is None:
        raise PgError(
            "0A000", "how far a window reaches has to be written as an interval here", position=place
        )
    span = intervals.parse(literal[1])
    if span.months:
        raise PgError(
            "0A000", "a window can't reach as far as months, which are not as long each time", position=place
        )
    if span.order < 0:
        raise PgError("22013", "invalid preceding or following size in window function", position=place)
    return span.order
