"""Variances and correlations of floating-point numbers, step by step as PostgreSQL computes them: to the last digit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..protocol.errors import PgError


class Sums(NamedTuple):
    """What Youngs and Cramer's method knows of pairs of numbers."""

    number: int
    x: float  # their sum
    xx: float  # the sum of the squares of what lies between each and their mean
    y: float
    yy: float
    xy: float


def sums(y: Sequence[float], x: Sequence[float]) -> Sums:
    """Return the sums of pairs.

    :raises PgError: a result would be no number, which SQLite has no value for
    """
    sx = sxx = sy = syy = sxy = 0.0
    for before, (one, two) in enumerate(zip(x, y, strict=True)):
        count = before + 1.0
        sx += one
        sy += two
        if before:
            dx, dy, scale = one * count - sx, two * count - sy, 1.0 / (count * before)
            sxx += dx * dx * scale
            syy += dy * dy * scale
            sxy += dx * dy * scale
    if not math.isfinite(sx) or not math.isfinite(sy):
        raise no_number()
    return Sums(len(x), sx, sxx, sy, syy, sxy)


def no_number() -> PgError:
    """Return the error for a result that PostgreSQL calls NaN."""
    return PgError("0A000", "a result is NaN: SQLite has none")


def _spread(found: Sums, *, sample: bool) -> float | None:
    below = found.number - sample
    return found.xx / below if below > 0 else None


def variance(*, sample: bool, root: bool) -> Callable[[Sequence[float]], float | None]:
    """Return the function that gives a variance, or its root."""

    def run(values: Sequence[float]) -> float | None:
        made = _spread(_alone(values), sample=sample)
        return math.sqrt(made) if root and made is not None else made

    return run


def _alone(values: Sequence[float]) -> Sums:
    """Return the sums of single numbers, whose squares PostgreSQL divides rather than multiplies."""
    total = squares = 0.0
    for before, value in enumerate(values):
        count = before + 1.0
        total += value
        if before:
            away = value * count - total
            squares += away * away / (count * before)
    if not math.isfinite(total):
        raise no_number()
    return Sums(len(values), total, squares, 0.0, 0.0, 0.0)


def correlation(found: Sums) -> float | None:
    """Return corr()."""
    return found.xy / math.sqrt(found.xx * found.yy) if found.xx and found.yy else None


def determination(found: Sums) -> float | None:
    """Return regr_r2()."""
    if not found.xx:
        return None
    return found.xy * found.xy / (found.xx * found.yy) if found.yy else 1.0


def slope(found: Sums) -> float | None:
    """Return regr_slope()."""
    return found.xy / found.xx if found.xx else None


def intercept(found: Sums) -> float | None:
    """Return regr_intercept()."""
    return (found.y - found.x * found.xy / found.xx) / found.number if found.xx else None
