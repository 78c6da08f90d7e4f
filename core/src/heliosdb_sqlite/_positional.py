"""Positional arguments of connect() on Python 3.13 and 3.14, which deprecate all but the first.

CPython warns from C, at the line of the innermost Python frame. That frame would be HeliosDB's, so the warnings are
given here, at the caller's line, and the arguments then passed on by keyword.
"""

from __future__ import annotations

import warnings
from typing import Any

from ._connection import Connection
from ._standard import sqlite3

NAMES = (
    "database",
    "timeout",
    "detect_types",
    "isolation_level",
    "check_same_thread",
    "factory",
    "cached_statements",
    "uri",
)
_MESSAGE = (
    "Passing more than 1 positional argument to {} is deprecated. Parameters 'timeout', 'detect_types', "
    "'isolation_level', 'check_same_thread', 'factory', 'cached_statements' and 'uri' will become keyword-only "
    "parameters in Python 3.15."
)


def warn(callee: str, stacklevel: int) -> None:
    """Warn as CPython does that ``callee`` got more than one positional argument."""
    warnings.warn(_MESSAGE.format(callee), DeprecationWarning, stacklevel=stacklevel)


def by_keyword(
    args: tuple[Any, ...], kwargs: dict[str, Any], stacklevel: int = 3
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of ``Connection()`` with all but the first by keyword, after the warning they deserve.

    :raises TypeError: too many arguments, or one given twice: the standard library's own error
    """
    if len(args) <= len(NAMES):
        warn("_sqlite3.Connection()", stacklevel)
    if len(args) > len(NAMES) or kwargs.keys() & set(NAMES[: len(args)]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # given above
            sqlite3.Connection(*args, **kwargs)
    return args[:1], dict(zip(NAMES[1:], args[1:], strict=False)) | kwargs


def connect_positionally(args: tuple[Any, ...], kwargs: dict[str, Any], stacklevel: int = 4) -> Any:
    """Open a plain connection as ``sqlite3.connect(*args, **kwargs)`` does, its warnings shown at the caller's line."""
    if len(args) <= len(NAMES):
        warn("sqlite3.connect()", stacklevel)
    factory = (dict(zip(NAMES, args, strict=False)) | kwargs).get("factory", Connection)
    if isinstance(factory, type) and factory.__init__ is sqlite3.Connection.__init__:  # type: ignore[misc]
        args, kwargs = by_keyword(args, kwargs, stacklevel + 1)
    return factory(*args, **kwargs)  # the caller's own factory gets the caller's own arguments
