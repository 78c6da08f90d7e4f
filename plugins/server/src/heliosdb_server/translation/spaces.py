"""Texts of a fixed length: the spaces at their end, which are not kept and don't count, but are shown."""

from __future__ import annotations

from collections.abc import Sequence

from ..types.registry import BPCHAR, Sized
from .scope import Ex


def filled(ex: Ex) -> str:
    """Return a text with the spaces that a char(n) ends with."""
    size = ex.sized.modifier - 4 if ex.type is BPCHAR and ex.sized is not None else 0
    if ex.type is BPCHAR and ex.shown:
        return ex.shown
    return f"substr({ex.text} || '{' ' * size}', 1, max({size}, length({ex.text})))" if size > 0 else ex.text


def sizeless(ex: Ex) -> Ex:
    """Return a char(n) as one that no longer says how long it is, and is shown as long as it was."""
    shown = filled(ex)
    return ex._replace(sized=Sized(BPCHAR), shown=shown if shown != ex.text else "")


def picked(made: Ex, items: Sequence[Ex], shown: str) -> Ex:
    """Return an expression whose value is one of these, with what shows it where they are of several lengths."""
    if made.sized != Sized(BPCHAR) or all(filled(item) == item.text for item in items):
        return made
    return made._replace(shown=shown)
