"""A statement's parameters by SQLite's numbers, and their values in the order of a statement whose clauses moved.

SQLite counts parameters as it reads them: ``?`` gets the next number, ``?5`` its own, a name the next number where it
first occurs. So moving a clause changes the place at which a sequence of values must have each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .._standard import sqlite3
from .lexer import Kind, Token, scan
from .splice import Edit, Span, pieces, splice


class Parameter(NamedTuple):
    """One occurrence of a parameter."""

    token: Token
    number: int  # SQLite's, counted from 1; its value is the one at number - 1 of a sequence


class Rewritten(NamedTuple):
    """An edited statement and what its parameters must go through."""

    text: str
    bind: Callable[[Any], Any] | None
    """Puts a sequence of values in the new order and passes a mapping on as it is; None when the order is the same."""


def parameters(sql: str) -> list[Parameter]:
    """Return the parameters of one statement in the order of its text, each with SQLite's number.

    >>> [(each.token.text, each.number) for each in parameters("VALUES (?, :a, ?7, ?, :a)")]
    [('?', 1), (':a', 2), ('?7', 7), ('?', 8), (':a', 2)]
    """
    return list(_numbered(token for token in scan(sql) if token.kind is Kind.PARAMETER))


def _numbered(tokens: Iterable[Token]) -> Iterable[Parameter]:
    highest = 0
    named: dict[str, int] = {}
    for token in tokens:
        if token.text == "?":
            number = highest + 1
        elif token.text[0] == "?":
            number = int(token.text[1:])
        else:
            number = named.setdefault(token.text, highest + 1)
        highest = max(highest, number)
        yield Parameter(token, number)


def rewrite(sql: str, edits: Iterable[Edit]) -> Rewritten:
    """Make the edits, as :func:`~.splice.splice` does, and find out what became of the parameters.

    A parameter may move, be repeated or go; the program that runs the statement gives values for the original one.

    >>> moved = rewrite(
    ...     "SELECT a FROM t WHERE b = ? AS OF ?", [Edit(15, 15, (" AT ", Span(34, 35))), Edit(27, 35)]
    ... )
    >>> moved.text
    'SELECT a FROM t AT ? WHERE b = ?'
    >>> moved.bind(("b's value", "the time"))
    ('the time', "b's value")

    :raises ValueError: two edits overlap, or the new text has a parameter for which the original has no value
    :raises NotSupportedError: the user mixes ``?5`` with names, and what moves would take another's number
    """
    old = parameters(sql)
    made = pieces(sql, edits)
    there = [each for piece in made if isinstance(piece, Span) for each in _inside(old, piece)]
    if any(each.token.text[1:].isdigit() and each.token.text[0] == "?" for each in old):
        # ?5 beside ?: what number a bare one gets depends on what stands before it. With its own number it doesn't.
        text = "".join(_with_numbers(sql, piece, old) for piece in made)
        expected = [f"?{each.number}" if each.token.text == "?" else each.token.text for each in there]
        places = {each.number: each.number for each in there}
        order = list(range(max(places, default=0)))
    else:
        text = "".join(_original(sql, piece) for piece in made)
        expected = [each.token.text for each in there]
        renumbered = _numbered(each.token for each in there)
        places = {new.number: each.number for new, each in zip(renumbered, there, strict=True)}
        order = [places[number] - 1 for number in sorted(places)]
    new = parameters(text)
    if [each.token.text for each in new] != expected:
        raise ValueError(f"the edits give a parameter no value: {sql!r} would become {text!r}")
    if any(places.get(each.number) != was.number for each, was in zip(new, there, strict=True)):
        raise sqlite3.NotSupportedError(
            f"a clause of this statement has to move, and its parameters are of several styles: use one of ?, ?1 and "
            f":name throughout: {sql!r}"
        )
    count = max((each.number for each in old), default=0)
    return Rewritten(text, None if order == list(range(count)) else _binder(order, count))


def _inside(numbered: Iterable[Parameter], span: Span) -> list[Parameter]:
    return [each for each in numbered if span.start <= each.token.start and each.token.end <= span.end]


def _original(sql: str, piece: str | Span) -> str:
    return piece if isinstance(piece, str) else sql[piece.start : piece.end]


def _with_numbers(sql: str, piece: str | Span, old: Sequence[Parameter]) -> str:
    """Return the piece's text with each bare question mark replaced by its number in the original."""
    if isinstance(piece, str):
        return piece
    bare = [each for each in _inside(old, piece) if each.token.text == "?"]
    edits = [
        Edit(each.token.start - piece.start, each.token.end - piece.start, f"?{each.number}") for each in bare
    ]
    return splice(_original(sql, piece), edits)


def _binder(order: Sequence[int], count: int) -> Callable[[Any], Any]:
    """Return a function that puts ``count`` values, given as a sequence, in this order."""

    def bind(values: Any) -> Any:
        kind = type(values)
        if kind is not tuple and kind is not list:
            # As sqlite3 tells them apart: it takes whatever has a length and items for a sequence, but for dicts.
            indexed = hasattr(kind, "__getitem__") and hasattr(kind, "__len__")
            if not indexed or isinstance(values, Mapping):
                return values
        if len(values) != count:
            return values  # sqlite3 says what it thinks of that
        return tuple([values[place] for place in order])

    return bind
