"""A script's statements, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from .lexer import scan


class _State(Enum):
    """How far into a statement we are: the states of SQLite's own ``sqlite3_complete``."""

    START = auto()
    EXPLAIN = auto()
    CREATE = auto()
    ORDINARY = auto()
    TRIGGER = auto()  # in a trigger's body, which ends with the tokens ; END ;
    TRIGGER_SEMICOLON = auto()
    TRIGGER_END = auto()


_NEXT = {
    _State.START: {"EXPLAIN": _State.EXPLAIN, "CREATE": _State.CREATE},
    _State.EXPLAIN: {
        "CREATE": _State.CREATE,
        **dict.fromkeys(("EXPLAIN", "TEMP", "TEMPORARY", "TRIGGER", "END"), _State.ORDINARY),
    },
    _State.CREATE: {"TEMP": _State.CREATE, "TEMPORARY": _State.CREATE, "TRIGGER": _State.TRIGGER},
    _State.ORDINARY: {},
    _State.TRIGGER: {";": _State.TRIGGER_SEMICOLON},
    _State.TRIGGER_SEMICOLON: {";": _State.TRIGGER_SEMICOLON, "END": _State.TRIGGER_END},
    _State.TRIGGER_END: {";": _State.START},
}
_OTHERWISE = {
    _State.EXPLAIN: _State.EXPLAIN,  # EXPLAIN QUERY PLAN CREATE ...
    **dict.fromkeys((_State.TRIGGER, _State.TRIGGER_SEMICOLON, _State.TRIGGER_END), _State.TRIGGER),
}


class Piece(NamedTuple):
    """Where a statement of a script stands, ``script[begin:end]``, and where the one before it ended, ``lead``."""

    lead: int
    begin: int
    end: int


def pieces(script: str) -> Iterator[Piece]:
    """Yield the places of the statements of ``script``, as :func:`split_script` yields their texts."""
    state, lead, begin, end = _State.START, 0, 0, 0
    for token in scan(script):
        if state is _State.START:
            if token.text == ";":
                continue
            begin = token.start
        end = token.end
        otherwise = _OTHERWISE.get(state, _State.ORDINARY)
        if token.text == ";" and otherwise is not _State.TRIGGER:
            state = _State.START
        else:
            state = _NEXT[state].get(token.word or token.text, otherwise)
        if state is _State.START:
            yield Piece(lead, begin, end)
            lead = end
    if state is not _State.START:
        yield Piece(lead, begin, end)


def split_script(script: str) -> Iterator[str]:
    """Yield the statements of ``script`` in order, each with its semicolon; the last may lack one.

    The semicolons inside a trigger's body do not end it. Semicolons with nothing before them are left out.

    >>> list(split_script("CREATE TABLE t (a); ; INSERT INTO t VALUES (';')"))
    ['CREATE TABLE t (a);', "INSERT INTO t VALUES (';')"]
    """
    return (script[piece.begin : piece.end] for piece in pieces(script))
