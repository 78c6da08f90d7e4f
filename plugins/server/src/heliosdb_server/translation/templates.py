"""Statements that differ in their values alone, told apart from their shape: what is translated once serves them all.

Clients without parameters write values into each text. Only those are taken out whose place says what they are: beside
a comparison, in VALUES, in IN, behind SET, in the sums of an UPDATE. All others may matter to the translation (LIMIT,
patterns, types, names).

Which values those are the rest of the text decides, and that is looked at once: texts that are equal but for their
literals are told apart by one regular expression.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import NamedTuple

from ..types.registry import INT4, INT8
from .lexer import Kind, scan, split

_COMPARE = frozenset(("=", "<", ">", "<=", ">=", "<>", "!="))
_MOST = 64  # values; a statement with more is rather a load of data
_LONGEST = 4000
_SUMS = frozenset("+-*")
_CHANGES = frozenset(("insert", "update", "delete"))
_LITERAL = re.compile(r"('(?:[^']|'')*'|(?<![\w.$])[0-9]+(?![\w.]))")
_BEYOND = re.compile(r'["$\\]|--|/\*')  # where a quote or a digit may mean something else
_KEPT = 512  # shapes; a client that makes up a new one each time must not grow


class Template(NamedTuple):
    """A text with ``$1`` for each value, and the values."""

    text: str
    types: tuple[int, ...]
    values: tuple[str, ...]
    places: tuple[tuple[int, int], ...] = ()  # where they stood


def template(text: str) -> Template | None:
    """Return the statement's shape and values; None where it has none to take out.

    >>> template("SELECT v FROM t WHERE id = 5 AND name = 'x' LIMIT 3")[:3]
    ('SELECT v FROM t WHERE id = $1 AND name = $2 LIMIT 3', (23, 0), ('5', 'x'))
    """
    if len(text) > _LONGEST or text[:5].lower() == "merge":
        return None
    pieces: list[str] = []
    types: list[int] = []
    values: list[str] = []
    places: list[tuple[int, int]] = []
    changes = text[:6].lower() in _CHANGES
    at, depth, listed = 0, 0, -1  # listed: how deep the parentheses are whose items are values
    rows = 0  # how deep the parentheses of VALUES are, whose rows may go on
    before = ""
    for token in scan(text):
        kind, value = token.kind, token.value
        if kind is Kind.PARAMETER:
            return None
        if kind is Kind.OPERATOR:
            if value == "(":
                depth += 1
                if listed < 0 and (before in ("values", "in") or (before == "," and rows == depth)):
                    listed = depth
                    rows = depth if before != "in" else 0
            elif value == ")":
                listed = -1 if listed == depth else listed
                depth -= 1
            elif value == "::" and values and text[at : token.start].strip() == "":
                return None  # the value just taken is cast: what it is, the cast says
            before = value
            continue
        inside = listed == depth and before in ("(", ",")
        summed = changes and kind is Kind.NUMBER and before in _SUMS
        if (kind is Kind.NUMBER or kind is Kind.STRING) and (before in _COMPARE or inside or summed):
            if kind is Kind.STRING:
                types.append(0)
            elif value.isdigit() and int(value) < 2**63:
                types.append(INT4.oid if int(value) < 2**31 else INT8.oid)
            else:
                before = value
                continue
            values.append(value)
            places.append((token.start, token.end))
            if len(values) > _MOST:
                return None
            pieces += (text[at : token.start], f"${len(values)}")
            at = token.end
            before = ""
            continue
        before = value if kind is Kind.WORD else ""
    if not values:
        return None
    return Template("".join([*pieces, text[at:]]), tuple(types), tuple(values), tuple(places))


class _Shape:
    """What the texts that are equal but for their literals have in common."""

    __slots__ = ("end", "kept", "start", "taken", "texts")

    def __init__(self, text: str, pieces: list[str]) -> None:
        self.taken: tuple[int, ...] = ()  # which literals are values; without any it has to go the long way
        self.kept: tuple[int, ...] = ()  # those that matter
        self.texts: OrderedDict[tuple[str, ...], str] = OrderedDict()  # templates by them
        self.start, self.end = 0, 0  # what stands around the statement
        statements = split(text)
        if len(statements) != 1 or statements[0][1]:
            return
        statement = statements[0][0]
        found = template(statement)
        if found is None:
            return
        places, at = {}, 0
        for number, piece in enumerate(pieces):
            if number % 2:
                places[at, at + len(piece)] = number
            at += len(piece)
        if all(place in places for place in found.places):
            self.taken = tuple(places[place] for place in found.places)
            self.kept = tuple(number for number in places.values() if number not in self.taken)
            self.end = len(text) - len(statement)


class Templates:
    """The shapes of a session's texts."""

    def __init__(self) -> None:
        self._shapes: OrderedDict[tuple[str, str], _Shape] = OrderedDict()

    def of(self, text: str) -> tuple[str, Template] | None:
        """Return a text's statement and its template; None where it is not one statement, or has no values."""
        if len(text) > _LONGEST:
            return None
        pieces = _LITERAL.split(text)
        if len(pieces) == 1 or _BEYOND.search(text) is not None:
            return None
        # No text has a NUL: what stands between the literals can't be taken for another.
        key = ("\0".join(pieces[::2]), "".join(["'" if piece[0] == "'" else "0" for piece in pieces[1::2]]))
        shape = self._shapes.get(key)
        if shape is None:
            shape = _Shape(text, pieces)
            if len(self._shapes) >= _KEPT:
                self._shapes.popitem(last=False)
            self._shapes[key] = shape
        if not shape.taken:
            return None
        values, types = [], []
        for number in shape.taken:
            piece = pieces[number]
            if piece[0] == "'":
                types.append(0)
                values.append(piece[1:-1].replace("''", "'"))
            else:
                digits = len(piece)
                if digits > 18:
                    return None
                types.append(INT4.oid if digits < 10 or int(piece) < 2**31 else INT8.oid)
                values.append(piece)
        statement = text[: len(text) - shape.end]
        kept = tuple([pieces[number] for number in shape.kept])
        made = shape.texts.get(kept)
        if made is None:
            found = template(statement)
            if found is None:
                return None
            made = found.text
            if len(shape.texts) >= _KEPT:
                shape.texts.popitem(last=False)
            shape.texts[kept] = made
        return statement, Template(made, tuple(types), tuple(values))
