"""Vectors among a statement's parameters, on connections with vector search."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from heliosdb_sqlite.plugins import Parameters
from heliosdb_sqlite.sql.lexer import Kind, tokenize

from ..values.packing import is_vector, pack, pack_list
from ..values.vector import Vector

_AS_IT_IS = {Vector} if sys.byteorder == "little" else set()  # its memory is then what is stored
_PLAIN = frozenset({int, float, str, bytes, type(None), bool, bytearray, memoryview, *_AS_IT_IS})
_all_plain = _PLAIN.issuperset
_adapters = sqlite3.adapters
_LIST = (list, sqlite3.PrepareProtocol)


def binder_for(sql: str) -> Callable[[Parameters], Parameters] | None:
    """Return what the parameters of this text must go through, or None if it has none."""
    if not any(mark in sql for mark in "?:@$"):
        return None
    names: tuple[str, ...] | None = None

    def bind(parameters: Any) -> Any:
        """Return the parameters with every vector packed; as they are, when there is none."""
        nonlocal names
        kind = type(parameters)
        if kind is tuple or kind is list:
            if _all_plain(map(type, parameters)):
                return parameters
            return [
                value if type(value) in _PLAIN else _of_list(value) or _bound(value, f"parameter {place}")
                for place, value in enumerate(parameters, 1)
            ]
        if isinstance(parameters, (dict, MappingProxyType)):
            if kind is dict and _all_plain(map(type, parameters.values())):
                return parameters
            if names is None:
                names = _names(sql)
            return _by_name(parameters, names)
        return _other_sequence(parameters)

    return bind


def _of_list(value: Any) -> bytes | None:
    """Return a list of numbers packed, which is what most vectors are; None for anything else."""
    return pack_list(value) if type(value) is list and _LIST not in _adapters else None


def _bound(value: Any, place: str) -> Any:
    if is_vector(value) and not _conforms(value):
        return pack(value, place)
    return value


def _conforms(value: Any) -> bool:
    """Return whether sqlite3 has been told how to bind this, by an adapter or by the value's own method."""
    return (type(value), sqlite3.PrepareProtocol) in sqlite3.adapters or hasattr(value, "__conform__")


def _names(sql: str) -> tuple[str, ...]:
    """Return the names of the parameters ``:a``, ``@a``, ``$a``, without the mark."""
    tokens = (token.text for token in tokenize(sql) if token.kind is Kind.PARAMETER)
    return tuple(dict.fromkeys(text[1:] for text in tokens if not text.startswith("?")))


def _by_name(parameters: Any, names: tuple[str, ...]) -> Any:
    """Return what the statement uses of a mapping; what it does not use may be anything."""
    found = {}
    for name in names:
        try:
            found[name] = _bound(parameters[name], f"parameter :{name}")
        except LookupError:  # missing, which the standard library says itself
            continue
    return found


def _other_sequence(parameters: Any) -> Any:
    """Return the vectors of a sequence that is neither list nor tuple packed; whatever is no sequence, as it is."""
    try:
        values = [parameters[index] for index in range(len(parameters))]
    except Exception:  # noqa: BLE001 - the standard library meets it again, and says so
        return parameters
    return [_bound(value, f"parameter {place}") for place, value in enumerate(values, 1)]
