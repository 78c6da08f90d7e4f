"""A sequence given for named placeholders: deprecated by CPython 3.12, an error from 3.14 on.

CPython warns from C, at the line of the innermost Python frame, which would be HeliosDB's. So the warning is given
here, at the caller's line, and the values are then bound by name, which needs none.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ..sql.lexer import Kind, tokenize

_DEPRECATED = (3, 12) <= sys.version_info < (3, 14)


def warner_for(sql: str) -> Callable[[Any], Any] | None:
    """Return what parameters of this text must go through first, or None if its placeholders are no names.

    A text that mixes ``?`` with names can't be bound by name and is left to CPython.
    """
    if not _DEPRECATED or not any(mark in sql for mark in ":@$"):
        return None
    names: list[str] = []
    for token in tokenize(sql):
        if token.kind is Kind.PARAMETER:
            if token.text.startswith("?"):
                return None
            if token.text not in names:
                names.append(token.text)
    return _by_name(names) if names else None


def _by_name(names: Sequence[str]) -> Callable[[Any], Any]:
    def by_name(parameters: Any) -> Any:
        if (
            isinstance(parameters, dict)
            or not isinstance(parameters, Sequence)
            or len(parameters) != len(names)
        ):
            return parameters
        for place, name in enumerate(names, 1):
            warnings.warn(
                f"Binding {place} ({name!r}) is a named parameter, but you supplied a sequence which requires nominal "
                "(qmark) placeholders. Starting with Python 3.14 an sqlite3.ProgrammingError will be raised.",
                DeprecationWarning,
                stacklevel=2,
            )
        return {name[1:]: value for name, value in zip(names, parameters, strict=True)}

    return by_name
