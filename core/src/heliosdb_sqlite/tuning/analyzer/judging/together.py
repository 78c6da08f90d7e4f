"""Options of several statements brought together: the same ones, and those that a wider one makes unnecessary."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from ..schema.indexes import NewIndex
from .ground import Ground
from .measuring import NOTICEABLE, WORTH, Trialled, try_option

_GRACE = 1.0  # seconds beyond the limit in which what was found is put together


def merged(tried: Iterable[Trialled]) -> list[Trialled]:
    """Return one for each set of indexes, with the other statements that it helps."""
    found: dict[frozenset[NewIndex], Trialled] = {}
    for each in sorted(tried, key=lambda each: -each.gained):
        key = frozenset(each.option)
        if key in found:
            found[key].helped.append(each)
        else:
            found[key] = replace(each, helped=[])
    return list(found.values())


def widened(ground: Ground, tried: list[Trialled]) -> list[Trialled]:
    """Let an index that begins with another one's columns serve that one's statements, where it does."""
    kept: list[Trialled] = []
    for each in sorted(tried, key=lambda each: -sum(len(index.terms) for index in each.option)):
        each.own = len(each.helped)
        served = next((wide for wide in kept if _serves(ground, wide, each)), None)
        if served is None:
            kept.append(each)
        else:
            served.absorbed.append(each)
    return kept


def _serves(ground: Ground, wide: Trialled, narrow: Trialled) -> bool:
    if not all(any(_begins_with(big, small) for big in wide.option) for small in narrow.option):
        return False
    again: list[Trialled] = []
    for each in (narrow, *narrow.helped):
        now = time.monotonic()
        if now > ground.deadline + _GRACE:
            return False
        found = try_option(ground.trial, each.query, wide.option, now + 1)
        if found is None or not found.worth:
            return False
        if found.after > max(each.after * WORTH, each.after + NOTICEABLE):
            return False
        again.append(found)
    wide.helped += again
    return True


def _begins_with(wide: NewIndex, narrow: NewIndex) -> bool:
    return wide.identity[:2] == narrow.identity[:2] and wide.shape[: len(narrow.shape)] == narrow.shape
