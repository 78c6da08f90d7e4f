"""Can a query be kept: does its result follow from the main database and its parameters alone?

SQLite itself says what a query uses, views and generated columns included: its bytecode names each function that is
called, each virtual table and each database.
"""

from __future__ import annotations

import re
from typing import Any

from ..._standard import sqlite3
from ...plugins import run
from ...sql.lexer import Kind, scan

_FUNCTION = re.compile(r"(\w+)\(-?\d+\)")
_CALLS = ("Function", "PureFunc", "AggStep", "AggFinal", "AggValue", "AggInverse")
# With tables of other modules, of other connections to a shared cache, of cookies that no version counts.
_OTHERS = ("VOpen", "TableLock", "ReadCookie")
# SQLite calls these deterministic, and has 'now' and the time zone in mind; nor does it tell which argument they get.
_OF_TIME = {"date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff", "current_date"}
_DETERMINISTIC = 0x800
_MAIN = 0


def named_parameters(sql: str) -> bool | None:
    """Return whether the statement's parameters have names; None when it mixes styles, or numbers them."""
    styles = {
        token.text[0] if token.text != "?" else "" for token in scan(sql) if token.kind is Kind.PARAMETER
    }
    if "?" in styles or len(styles) > 1:
        return None
    return bool(styles - {""})


def functions(connection: Any) -> frozenset[str]:
    """Return the names of the functions that are SQLite's own, and whose result follows from their arguments.

    One of a name that the program, a plugin or an extension has defined is left out, whatever it was declared to be.
    """
    try:
        rows = run(connection, "SELECT name, builtin, type, flags FROM pragma_function_list").fetchall()
    except sqlite3.OperationalError:  # before SQLite 3.30
        return frozenset()
    rows = [(_text(name), builtin, _text(kind), flags) for name, builtin, kind, flags in rows]
    others = {name for name, builtin, _, _ in rows if not builtin}
    steady = {name for name, _, kind, flags in rows if kind in ("a", "w") or flags & _DETERMINISTIC}
    return frozenset(steady - others - _OF_TIME)


def is_eligible(connection: Any, sql: str, parameters: Any, steady: frozenset[str]) -> bool:
    """Return whether the result of a query can be kept.

    :param steady: what :func:`functions` returns
    :raises Error: SQLite does not take the statement
    """
    for _, opcode, first, _, third, fourth, *_ in run(connection, f"EXPLAIN {sql}", parameters).fetchall():
        code = _text(opcode)
        if code.startswith(_CALLS):
            match = _FUNCTION.fullmatch(_text(fourth))
            if match is None or match[1].lower() not in steady:
                return False
        elif (
            code in _OTHERS
            or (code == "Transaction" and first != _MAIN)
            or (code == "OpenRead" and third != _MAIN)
        ):
            return False
    return True


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
