"""A statement with pieces of its text replaced, inserted or moved, and every other character kept.

Positions are those of the original text, as :class:`~.lexer.Token` has them, however many edits there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """A piece of the original text, for an edit that puts it elsewhere: its parameters keep their values."""

    start: int
    end: int


class Edit(NamedTuple):
    """What stands at ``sql[start:end]`` gives way to ``text``; where ``start == end``, ``text`` is inserted.

    ``text`` may be a tuple of texts and spans of the original statement: that is how a clause moves.
    """

    start: int
    end: int
    text: str | tuple[str | Span, ...] = ""


def splice(sql: str, edits: Iterable[Edit]) -> str:
    """Return ``sql`` with the edits made; their order matters only among insertions at one place.

    >>> splice("SELECT a FROM t", [Edit(14, 15, "u"), Edit(8, 8, ", b")])
    'SELECT a, b FROM u'

    :raises ValueError: two edits overlap, or one reaches beyond the text
    """
    return "".join(
        piece if isinstance(piece, str) else sql[piece.start : piece.end] for piece in pieces(sql, edits)
    )


def pieces(sql: str, edits: Iterable[Edit]) -> list[str | Span]:
    """Return what the edited statement is made of, in order: spans of the original and new texts.

    :raises ValueError: two edits overlap, or one reaches beyond the text
    """
    made: list[str | Span] = []
    at = 0
    # Sorted by end as well, so that what is inserted where a replacement begins comes before it.
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if not 0 <= edit.start <= edit.end <= len(sql):
            raise ValueError(f"{edit!r} reaches beyond the statement's {len(sql)} characters")
        if edit.start < at:
            raise ValueError(f"{edit!r} overlaps with the edit before it, which ends at {at}")
        made += (Span(at, edit.start), *(edit.text if isinstance(edit.text, tuple) else (edit.text,)))
        at = edit.end
    return [*made, Span(at, len(sql))]
