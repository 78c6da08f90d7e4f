"""A sequence given for named placeholders: deprecated by CPython 3.12, an error from 3.14 on.

CPython warns from C, at the line of the innermost Python frame, which would be HeliosDB's. So the warning is given
here, at the caller's line, and the values are then bound by name, which needs none.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from .._standard import sqlite3
from ..sql.lexer import Kind, tokenize

if TYPE_CHECKING:
    from .plan import Plan

_DEPRECATED = (3, 12) <= sys.version_info < (3, 14)


def by_name_for(sql: str) -> ByName | None:
    """Return what binds a sequence to this text's named placeholders, or None if it has none."""
    if not _DEPRECATED or not any(mark in sql for mark in ":@$"):
        return None
    names: list[str] = []  # by SQLite's index; "" where it was a plain ?
    pieces: list[str] = []
    end = 0
    for token in tokenize(sql):
        if token.kind is not Kind.PARAMETER:
            continue
        if token.text == "?":
            names.append("")
            pieces += [sql[end : token.start], f":heliosdb_{len(names)}"]
            end = token.end
        elif token.text.startswith("?"):
            return None  # numbered and named ones mixed: left to CPython
        elif token.text not in names:
            names.append(token.text)
    return ByName(names, "".join([*pieces, sql[end:]])) if any(names) else None


class ByName:
    """Binds sequences to named placeholders, with CPython's warning at the caller's line."""

    def __init__(self, names: Sequence[str], text: str) -> None:
        self._names = names
        self._text = text  # in which the plain placeholders have names too
        self._keys = [name[1:] or f"heliosdb_{place}" for place, name in enumerate(names, 1)]

    def __call__(self, plan: Plan, parameters: Any) -> tuple[Plan, Any]:
        """Return the plan and the parameters to run."""
        return (
            (self._with_text(plan), self._bound(parameters, 3))
            if self._fits(parameters)
            else (plan, parameters)
        )

    def many(self, plan: Plan, parameters: Iterable[Any]) -> tuple[Plan, Iterator[Any]]:
        """Return the plan and the parameters of executemany()."""
        return self._with_text(plan), map(self._bound, parameters)

    def _bound(self, parameters: Any, stacklevel: int = 2) -> Any:
        if not self._fits(parameters):
            return parameters
        for place, name in enumerate(self._names, 1):
            if name:
                warnings.warn(
                    _cpythons_words().replace("Binding 1 (':a')", f"Binding {place} ({name!r})"),
                    DeprecationWarning,
                    stacklevel=stacklevel,
                )
        return dict(zip(self._keys, parameters, strict=True))

    def _fits(self, parameters: Any) -> bool:
        is_sequence = isinstance(parameters, Sequence) and not isinstance(parameters, dict)
        return is_sequence and len(parameters) == len(self._names)

    def _with_text(self, plan: Plan) -> Plan:
        return plan._replace(text=self._text)


@cache
def _cpythons_words() -> str:
    """Return how the running Python words the warning; its releases differ."""
    connection = sqlite3.Connection(":memory:")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            connection.execute("SELECT :a", (1,))
        return str(caught[0].message)
    finally:
        connection.close()
