"""A sequence given for named placeholders: deprecated by CPython 3.12, an error from 3.14 on.

CPython warns from C, at the line of the innermost Python frame, which would be HeliosDB's. So the warning is given
here, at the caller's line, and the values are then bound by name, which needs none.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from ._standard import sqlite3
from .sql.parameters import parameters
from .sql.splice import Edit, splice

if TYPE_CHECKING:
    from ._active.plan import Plan

_DEPRECATED = (3, 12) <= sys.version_info < (3, 14)
_LONG = 100_000  # characters


def by_name_for(sql: str) -> ByName | None:
    """Return what binds a sequence to this text's named placeholders, or None if none of them is one."""
    if not _DEPRECATED or not any(mark in sql for mark in (":", "@", "$", "?1")):
        return None
    found = parameters(sql)
    names = {each.number: each.token.text for each in found}
    if not any(_is_name(name) for name in names.values()) or len(names) < max(names):
        return None  # nothing to warn of, or a gap, ?1 and ?3, which can't be bound by name
    edits = [
        Edit(each.token.start, each.token.end, (f":heliosdb_{each.number}",))
        for each in found
        if each.token.text == "?"
    ]
    return ByName([names[number] for number in sorted(names)], splice(sql, edits))


def named(call: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments of ``execute`` or ``executemany`` to run, from within HeliosDB, where a user's are given."""
    if not _DEPRECATED or len(arguments) != 2:
        return arguments
    sql, parameters = arguments
    if not isinstance(sql, str) or len(sql) > _LONG:
        return arguments
    bind = _known(sql)
    if bind is None:
        return arguments
    return (
        bind.arguments_of_many(sql, parameters) if call == "executemany" else bind.arguments(sql, parameters)
    )


@lru_cache(512)
def _known(sql: str) -> ByName | None:
    return by_name_for(sql)


def _is_name(placeholder: str) -> bool:
    """Return whether CPython takes it for a named one: some releases do so with ``?1``."""
    return placeholder[0] != "?" or (placeholder != "?" and _numbered_is_named())


class ByName:
    """Binds sequences to named placeholders, with CPython's warning at the caller's line."""

    def __init__(self, names: Sequence[str], text: str) -> None:
        self._names = names
        self.text = text  # in which the plain placeholders have names too
        self._keys = [name[1:] or f"heliosdb_{place}" for place, name in enumerate(names, 1)]

    def __call__(self, plan: Plan, parameters: Any) -> tuple[Plan, Any]:
        """Return the plan and the parameters to run."""
        text, parameters = self.arguments(plan.text, parameters)
        return plan._replace(text=text), parameters

    def many(self, plan: Plan, parameters: Iterable[Any]) -> tuple[Plan, Any]:
        """Return the plan and the parameters of executemany()."""
        text, parameters = self.arguments_of_many(plan.text, parameters)
        return plan._replace(text=text), parameters

    def arguments(self, sql: str, parameters: Any) -> tuple[str, Any]:
        """Return the text and the parameters to run."""
        return (self.text, self._bound(parameters)) if self._fits(parameters) else (sql, parameters)

    def arguments_of_many(self, sql: str, parameters: Any) -> tuple[str, Any]:
        """Return the text and the parameters of executemany()."""
        if not isinstance(parameters, Iterable):
            return sql, parameters  # CPython's own TypeError
        return self.text, map(self._bound, parameters)

    def _bound(self, parameters: Any) -> Any:
        return _Named(self._names, self._keys, parameters) if self._fits(parameters) else parameters

    def _fits(self, parameters: Any) -> bool:
        is_sequence = isinstance(parameters, Sequence) and not isinstance(parameters, dict)
        return is_sequence and len(parameters) == len(self._names)


class _Named(dict[str, Any]):
    """A sequence's values by name. Each is taken, and warned of, when CPython binds it: none after an error is."""

    def __init__(self, names: Sequence[str], keys: Sequence[str], values: Sequence[Any]) -> None:
        super().__init__()
        self._places = {
            key: (place, name) for place, (key, name) in enumerate(zip(keys, names, strict=True), 1)
        }
        self._values = values

    def __getitem__(self, key: str) -> Any:
        place, name = self._places[key]
        if _is_name(name):
            message = _cpythons_words().replace("Binding 1 (':a')", f"Binding {place} ({name!r})")
            warnings.warn(message, DeprecationWarning, stacklevel=2)
        try:
            return self._values[place - 1]
        except LookupError as error:  # which CPython would take for a name that was not given
            return _Missing(error)


class _Missing:
    """In the place of a value that its sequence does not give: its error comes when CPython binds it."""

    def __init__(self, error: LookupError) -> None:
        self._error = error

    def __conform__(self, _: object) -> Any:
        raise self._error


@cache
def _cpythons_words() -> str:
    """Return how the running Python words the warning; its releases differ."""
    return _warnings_of("SELECT :a")[0]


@cache
def _numbered_is_named() -> bool:
    return bool(_warnings_of("SELECT ?1"))


def _warnings_of(sql: str) -> list[str]:
    connection = sqlite3.Connection(":memory:")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            connection.execute(sql, (1,))
        return [str(each.message) for each in caught]
    finally:
        connection.close()
