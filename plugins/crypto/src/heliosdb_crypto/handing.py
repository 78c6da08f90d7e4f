"""Keys on their way from a statement to the function that opens a file, under names that tell nothing.

SQLite shows a statement with its parameters' values to trace callbacks. So the function is called with a name for the
key, which the connection knows.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heliosdb_sqlite.plugins import Parameters
from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.parameters import parameters

_AT_MOST = 64  # a program that attaches with ever new literals must not grow


class Handed:
    """The keys of one connection that are on their way."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}

    def hand(self, key: Any) -> str:
        """Return a name for a key."""
        while len(self._keys) >= _AT_MOST:
            del self._keys[next(iter(self._keys))]
        name = f"heliosdb key {secrets.token_hex(16)}"
        self._keys[name] = key
        return name

    def take(self, value: Any) -> Any:
        """Return the key that has this name; what is no name is the key itself."""
        return self._keys.get(value, value) if isinstance(value, str) else value

    def named(self, expression: Sequence[Token]) -> str:
        """Return a name for a key that is written as a literal; "" for any other expression."""
        if len(expression) != 1 or expression[0].kind not in (Kind.STRING, Kind.BLOB):
            return ""
        token = expression[0]
        return self.hand(token.name if token.kind is Kind.STRING else bytes.fromhex(token.text[2:-1]))

    def binder(self, sql: str, expression: Sequence[Token]) -> Callable[[Parameters], Parameters] | None:
        """Return what puts a name in the place of a key that is a parameter, at each run.

        None where the key is none, or where the same parameter is used for something else too.
        """
        if len(expression) != 1 or expression[0].kind is not Kind.PARAMETER:
            return None
        token, listed = expression[0], parameters(sql)
        number = next(each.number for each in listed if each.token.start == token.start)
        if [each.number for each in listed].count(number) > 1:
            return None

        def bind(values: Any) -> Any:
            if isinstance(values, Mapping):
                key = token.text[1:]
                return {**values, key: self.hand(values[key])} if key in values else values
            if not isinstance(values, Sequence) or len(values) < number:
                return values
            return (*values[: number - 1], self.hand(values[number - 1]), *values[number:])

        return bind
