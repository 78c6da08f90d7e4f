"""What tells the parameters of one execution from those of another."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from ..._standard import sqlite3

_PLAIN = {int, float, str, bytes, type(None), bool}
_adapters: Any = getattr(sqlite3, "adapters", None)
_without_adapter = (-1, False)  # how many adapters there were, and whether plain values were free of them


def key_of(parameters: Any, names: bool) -> tuple[Hashable, ...] | None:
    """Return a key for the parameters, or None for such as can't be told apart by their values alone.

    1, 1.0 and True are equal, and different to SQLite; so are 0.0 and -0.0. A value that an adapter turns into another
    one, and one that can change, is none to go by.

    :param names: the statement's parameters have names
    """
    kind = type(parameters)
    if names:
        if kind is not dict:
            return None
        try:
            ordered = sorted(parameters.items())
        except TypeError:  # two names that can't be compared: no names
            return None
        values = tuple([value for _, value in ordered])
        head: tuple[Hashable, ...] = tuple([name for name, _ in ordered])
    elif kind is tuple or kind is list:
        values, head = tuple(parameters), ()
    else:
        return None
    if not values:
        return head
    kinds = tuple(map(type, values))
    if not _PLAIN.issuperset(kinds) or not _are_bound_as_they_are():
        return None
    if float in kinds:
        values = tuple([value.hex() if type(value) is float else value for value in values])
    return (*head, kinds, values)


def _are_bound_as_they_are() -> bool:
    """Return whether the program has registered no adapter for a plain type; such a one can do anything."""
    global _without_adapter
    if _adapters is None:
        return False
    known, free = _without_adapter
    if known != len(_adapters):
        free = not any(kind in _PLAIN or kind is bytearray for kind, _ in list(_adapters))
        _without_adapter = (len(_adapters), free)
    return free
