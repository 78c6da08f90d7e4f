"""What a statement does to the line of writers, by its text."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from ...sql.lexer import main_verb, scan

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})
_ENDS = frozenset({"COMMIT", "END", "ROLLBACK", "RELEASE"})
_AT_ONCE = frozenset({"IMMEDIATE", "EXCLUSIVE"})
_BEFORE_THE_NAME = frozenset({"INTO", "FROM"})
_ENOUGH = 16  # tokens, to find the table's name in
_LONG = 4096  # characters: a text that is not likely to come again, better not kept, and not read to its end each time


class Effect(NamedTuple):
    """A statement that writes, or begins a transaction that will; or one that ends a transaction."""

    ends: bool
    schema: str | None = None
    table: str | None = None


def effect_of(sql: str) -> Effect | None:
    """Return what a statement does; None if that is nothing.

    >>> effect_of("INSERT OR IGNORE INTO main.t VALUES (1)")
    Effect(ends=False, schema='main', table='t')
    >>> effect_of("SELECT 1") is None
    True
    """
    return _effect(sql) if len(sql) < _LONG else _effect.__wrapped__(sql)


@lru_cache(512)
def _effect(sql: str) -> Effect | None:
    tokens = scan(sql)  # one at a time: statements may be long, and what is looked for is near the beginning
    does = next((token.word for token in tokens), "")
    if does == "WITH" and len(sql) < _LONG:
        does = main_verb(tokens)
    words = islice(tokens, _ENOUGH)
    if does in _ENDS:
        return Effect(ends=True)
    if does == "BEGIN":
        return Effect(ends=False) if any(token.word in _AT_ONCE for token in words) else None
    if does not in _WRITES:
        return None
    after = next((token for token in words if token.word not in _BEFORE_THE_NAME), None)
    if after is not None and after.word == "OR":
        next(words, None)  # what to do with a row that clashes
        after = next((token for token in words if token.word not in _BEFORE_THE_NAME), None)
    if after is None:
        return Effect(ends=False)
    dot, second = next(words, None), next(words, None)
    if dot is not None and dot.text == "." and second is not None:
        return Effect(ends=False, schema=after.name, table=second.name)
    return Effect(ends=False, table=after.name)
