"""What a program can see of one call: its value, its error, its warnings. Equal for sqlite3 and heliosdb_sqlite."""

from __future__ import annotations

import math
import re
import sqlite3
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from types import ModuleType

import heliosdb_sqlite


@dataclass(frozen=True)
class Observation:
    """All that one call shows its caller, in values that compare exactly: ``1``, ``1.0`` and ``True`` differ."""

    value: object = None
    error: object = None
    warnings: tuple[tuple[type[Warning], str, str, int], ...] = ()
    """Category, text, file and line of each."""


def observe(call: Callable[[], object]) -> Observation:
    """Run ``call`` and return what it showed: the value it returned or the error it raised, and each warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value, error = plain(call()), None
        except Exception as raised:  # noqa: BLE001  # an error is a result like another here
            value, error = None, describe_error(raised)
    return Observation(
        value,
        error,
        tuple(
            (warning.category, timeless(str(warning.message)), warning.filename, warning.lineno)
            for warning in caught
        ),
    )


def describe_error(error: BaseException) -> object:
    """Return an error's exact class, text and SQLite code, and the same for what caused it."""
    cause = error.__cause__
    text = timeless(str(error))
    if type(error) is TypeError and _WRONG_CALL.search(text):
        text = "wrong arguments"  # Python counts a function's arguments in other words than C does
    return (
        type(error),
        text,
        getattr(error, "sqlite_errorcode", None),
        getattr(error, "sqlite_errorname", None),
        None if cause is None else describe_error(cause),
    )


_WRONG_CALL = re.compile(
    r"takes (no|exactly|at most|from|\d+)\b.*\bargument"
    r"|expected (at most |at least )?\d+ argument"
    r"|missing \d* ?required|missing required|unexpected keyword"
)


def plain(value: object) -> object:
    """Return ``value`` in a form that equals only the same value of the same exact type.

    Connections and cursors are the exception: theirs are the classes that may differ.
    """
    if isinstance(value, Observation):
        return value
    if isinstance(value, sqlite3.Connection):
        return "a Connection"
    if isinstance(value, sqlite3.Cursor):
        return "a Cursor"
    if isinstance(value, sqlite3.Row):
        return (type(value), tuple(value.keys()), plain(tuple(value)))
    if isinstance(value, dict):
        return (type(value), tuple((plain(key), plain(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return (type(value), tuple(plain(item) for item in value))
    if isinstance(value, float) and math.isnan(value):
        return (type(value), "nan")
    if isinstance(value, memoryview):
        return (type(value), bytes(value))
    if isinstance(value, (int, float, str, bytes, type)) or value is None:
        return (type(value), value)
    return (type(value), timeless(repr(value)))


def timeless(text: str) -> str:
    """Return ``text`` without addresses, and with one name for the classes that may differ."""
    text = re.sub(r"\b0x[0-9a-fA-F]+", "0x", text)
    return re.sub(r"\b(?:heliosdb_sqlite[\w.]*|sqlite3)\.(?=(?:Connection|Cursor)\b)", "", text)


def assert_same(call: Callable[[ModuleType], object]) -> Observation:
    """Call ``call(sqlite3)`` and ``call(heliosdb_sqlite)``: both must show the same. Returns what they showed."""
    modules = (sqlite3, heliosdb_sqlite)
    # One line makes both calls, so that warnings at their caller's line have the same line to name.
    expected, actual = [observe(lambda module=module: call(module)) for module in modules]  # type: ignore[misc]
    if actual != expected:
        raise AssertionError("\n".join(difference(expected, actual)[:12]))
    return actual


def difference(expected: object, actual: object, path: str = "") -> list[str]:
    """Return a line for each place in which two observations differ, the innermost that can be named."""
    pairs: list[tuple[str, object, object]]
    if is_dataclass(expected) and type(expected) is type(actual):
        names = [field.name for field in fields(expected)]
        pairs = [(f".{name}", getattr(expected, name), getattr(actual, name)) for name in names]
    elif isinstance(expected, tuple) and isinstance(actual, tuple) and len(expected) == len(actual):
        pairs = [(f"[{index}]", *pair) for index, pair in enumerate(zip(expected, actual, strict=True))]
    elif expected == actual:
        return []
    else:
        return [f"{path}: sqlite3 shows {expected!r}", f"{' ' * len(path)}  heliosdb shows {actual!r}"]
    return [line for step, before, after in pairs for line in difference(before, after, path + step)]
