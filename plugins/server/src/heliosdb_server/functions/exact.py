"""Decimal numbers as PostgreSQL shows them: exact, with as many decimals as it gives each result.

In the file and in comparisons a number has fifteen digits. What a query lists is computed here once more, from decimal
texts, with nothing rounded before the end.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any

from ..protocol.errors import PgError
from ..types import numbers
from .marks import collected, sees_null

_WIDE = Context(prec=2000)
_KEPT = 15  # digits of a number with a fraction that the file keeps
_FIFTEEN = Context(prec=_KEPT, rounding=ROUND_HALF_UP)
_SIGNIFICANT, _BASE = 16, 4  # digits that a quotient has at least; digits of PostgreSQL's digits
_MOST = 1000  # decimals of a quotient


def _scale(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _first(value: Decimal) -> tuple[int, int]:
    """Return the place and the value of the first digit to the base of 10,000."""
    if not value:
        return 0, 0
    place = value.adjusted() // _BASE
    return place, int(value.copy_abs().scaleb(-_BASE * place, _WIDE).to_integral_value(ROUND_DOWN))


def _quotient_scale(a: Decimal, b: Decimal) -> int:
    (one, first), (two, second) = _first(a), _first(b)
    places = one - two - (first <= second)
    return min(max(_SIGNIFICANT - places * _BASE, _scale(a), _scale(b), 0), _MOST)


def divided(a: Decimal, b: Decimal, scale: int) -> Decimal:
    """Return a quotient, rounded to this many decimals."""
    if not b:
        raise PgError("22012", "division by zero")
    one, two = _scale(a), _scale(b)
    above, below = int(a.scaleb(one, _WIDE)), int(b.scaleb(two, _WIDE))
    shift = scale + two - one
    above, below = above * 10 ** max(shift, 0), below * 10 ** max(-shift, 0)
    whole, rest = divmod(abs(above), abs(below))
    whole += 2 * rest >= abs(below)
    return Decimal(-whole if (above < 0) != (below < 0) else whole).scaleb(-scale, _WIDE)


def _shown(value: Decimal) -> str:
    return f"{value:f}" if value else f"{value.copy_abs():f}"


def _rounded(value: Decimal, scale: int, how: str = ROUND_HALF_UP) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-scale), how, _WIDE)


def pg_exact(op: str, a: Any, b: Any) -> str:
    """Return what an operator makes of two numbers."""
    one, two = numbers.decimal(a), numbers.decimal(b)
    if not (one.is_finite() and two.is_finite()):
        raise PgError("22003", "value out of range: overflow")
    if op == "*":
        made = _WIDE.multiply(one, two)
    elif op == "/":
        made = divided(one, two, _quotient_scale(one, two))
    elif op == "%":
        if not two:
            raise PgError("22012", "division by zero")
        made = _WIDE.remainder(one, two)
    else:
        made = _WIDE.add(one, two) if op == "+" else _WIDE.subtract(one, two)
    if op in "+-%":
        made = _rounded(made, max(_scale(one), _scale(two)))
    return _shown(made)


def pg_exact_scale(value: Any) -> int:
    return _scale(numbers.decimal(value))


def pg_exact_scaled(value: Any, scale: int) -> str:
    """Return a number of the file with as many decimals as it has."""
    return _shown(numbers.decimal(value, (_MOST << 16 | scale) + 4))


def pg_kept(value: Any, modifier: int, rounds: int = 0) -> int | float:
    """Return a calculated number as a column of numbers keeps it.

    :param rounds: it was rounded by what calculated it, as a quotient is, and may be to fifteen digits
    :raises PgError: it has more digits than can be kept
    """
    number = numbers.decimal(value)
    if isinstance(value, float) and abs(value) >= 10.0**_KEPT and number != Decimal(value):
        raise PgError("22003", f"numeric {number:f} has more than the {_KEPT} digits that SQLite keeps")
    if rounds and modifier == -1 and number.adjusted() < _KEPT:
        number = _FIFTEEN.plus(number)
    return numbers.numeric(number, modifier)


def pg_exact_shift(value: int, scale: int) -> str:
    """Return a sum of numbers that were made integers by moving their point."""
    if isinstance(value, float) or abs(value) >= 2**63 - 1:
        raise PgError("22003", "a sum of numbers has more digits than can be added")
    return _shown(Decimal(value).scaleb(-scale, _WIDE))


def pg_exact_round(value: Any, places: int = 0) -> str:
    made = _rounded(numbers.decimal(value), places)
    return _shown(made if places >= 0 else _rounded(made, 0))


def pg_exact_trunc(value: Any, places: int = 0) -> str:
    made = _rounded(numbers.decimal(value), places, ROUND_DOWN)
    return _shown(made if places >= 0 else _rounded(made, 0))


def pg_exact_ceil(value: Any) -> str:
    return _shown(_rounded(numbers.decimal(value), 0, ROUND_CEILING))


def pg_exact_floor(value: Any) -> str:
    return _shown(_rounded(numbers.decimal(value), 0, ROUND_FLOOR))


def pg_exact_abs(value: Any) -> str:
    return _shown(numbers.decimal(value).copy_abs())


def pg_exact_trim(value: Any) -> str:
    return _shown(numbers.decimal(value).normalize())


def pg_exact_micros(seconds: float) -> str:
    """Return seconds with the microseconds that they have."""
    return f"{seconds:.6f}"


def pg_exact_read(text: Any) -> str:
    """Return the digits of a number that is written as text, or in JSON."""
    return _shown(numbers.decimal(text))


def pg_exact_to_number(text: str, form: str) -> str:
    from .templates.reading import number_from

    return _shown(number_from(text, form))


@sees_null
def pg_exact_greatest(*values: Any) -> str | None:
    there = [numbers.decimal(each) for each in values if each is not None]
    return _shown(max(there)) if there else None


@sees_null
def pg_exact_least(*values: Any) -> str | None:
    there = [numbers.decimal(each) for each in values if each is not None]
    return _shown(min(there)) if there else None


def pg_exact_div(a: Any, b: Any) -> str:
    one, two = numbers.decimal(a), numbers.decimal(b)
    if not two:
        raise PgError("22012", "division by zero")
    return _shown(_rounded(_WIDE.divide_int(one, two), 0))


def square_root(value: Decimal, scale: int) -> Decimal:
    """Return a square root, rounded to this many decimals."""
    return _rounded(_WIDE.sqrt(value), scale)


def pg_exact_sqrt(value: Any) -> str:
    number = numbers.decimal(value)
    if number < 0:
        raise PgError("2201F", "cannot take square root of a negative number")
    place = _first(number)[0]
    before = (place + 1) * _BASE // 2 - 1 if place >= 0 else 1 - (1 - place * _BASE) // 2
    return _shown(square_root(number, min(max(_SIGNIFICANT - before, _scale(number), 0), _MOST)))


_LONG = Context(prec=60)
_LOG10_E = 0.434294481903252


def _enough(significant: float, *values: Decimal) -> int:
    """Return how many decimals a result has that begins this many digits before the point."""
    return min(max(_SIGNIFICANT - int(significant), *(_scale(each) for each in values), 0), _MOST)


def pg_exact_exp(value: Any) -> str:
    number = numbers.decimal(value)
    scale = _enough(max(min(float(number) * _LOG10_E, 2000), -2000), number)
    try:
        made = Context(prec=60 + scale).exp(number)
    except ArithmeticError:
        raise PgError("22003", "value overflows numeric format") from None
    return _shown(_rounded(made, scale))


def _digits_of_ln(number: Decimal) -> int:
    """Return the place of the first digit of a natural logarithm, as PostgreSQL estimates it."""
    if number <= 0:
        what = "zero" if not number else "a negative number"
        raise PgError("2201E", f"cannot take logarithm of {what}")
    if Decimal("0.9") <= number <= Decimal("1.1"):
        place, first = _first(_WIDE.subtract(number, Decimal(1)))
        return place * _BASE + int(math.log10(first)) if first else 0
    return int(math.log10(abs(float(_LONG.ln(number)))))


def pg_exact_ln(value: Any) -> str:
    number = numbers.decimal(value)
    scale = _enough(_digits_of_ln(number), number)
    return _shown(_rounded(Context(prec=60 + scale).ln(number), scale))


def pg_exact_log(base: Any, value: Any) -> str:
    one, two = numbers.decimal(base), numbers.decimal(value)
    scale = _enough(_digits_of_ln(two) - _digits_of_ln(one), one, two)
    long = Context(prec=60 + scale)
    below = long.ln(one)
    if not below:
        raise PgError("22012", "division by zero")
    return _shown(_rounded(long.divide(long.ln(two), below), scale))


def pg_exact_power(base: Any, exponent: Any) -> str:
    one, two = numbers.decimal(base), numbers.decimal(exponent)
    if not one and two < 0:
        raise PgError("2201F", "zero raised to a negative power is undefined")
    whole = two == two.to_integral_value()
    if one < 0 and not whole:
        raise PgError("2201F", "a negative number raised to a non-integer power yields a complex result")
    size = float(two) * math.log10(abs(one)) if one else 0.0
    scale = _enough(0 if whole else size, one, two)
    try:
        made = Context(prec=60 + scale + max(int(size), 0)).power(one, two) if two else Decimal(1)
    except ArithmeticError:
        raise PgError("22003", "value overflows numeric format") from None
    return _shown(_rounded(made, scale))


def pg_exact_average(high: int, low: int, count: int) -> str:
    """Return the average of integers whose sum is too great for SQLite: the sums of their upper and lower halves."""
    return pg_exact("/", (high << 32) + low, count)


def spread(values: list[Decimal], *, sample: bool, root: bool) -> str | None:
    """Return the variance of numbers, or its root."""
    count = len(values)
    if count <= sample:
        return None
    total, squares = Decimal(0), Decimal(0)
    for each in values:
        total = _WIDE.add(total, each)
        squares = _WIDE.add(squares, _WIDE.multiply(each, each))
    above = _WIDE.subtract(_WIDE.multiply(squares, Decimal(count)), _WIDE.multiply(total, total))
    if above <= 0:
        return "0"
    below = Decimal(count * (count - sample))
    scale = _quotient_scale(above, below)
    made = divided(above, below, scale)
    return _shown(square_root(made, scale) if root else made)


class ExactSum:
    """``pg_exact_sum(number)``: a sum with the decimals of the number that has most of them."""

    def __init__(self) -> None:
        self._total = Decimal(0)
        self._scale: int | None = None  # the greatest so far; None before the first number

    def step(self, value: Any) -> None:
        """Take a row's number."""
        if value is not None:
            number = numbers.decimal(value)
            self._total = _WIDE.add(self._total, number)
            self._scale = max(self._scale or 0, _scale(number))

    def finalize(self) -> str | None:
        """Return the sum; None where there was no number."""
        return None if self._scale is None else _shown(_rounded(self._total, self._scale))


class ExactGreatest:
    """``pg_exact_max(number)``: the greatest number, with its own decimals."""

    def __init__(self) -> None:
        self._found: Decimal | None = None

    def step(self, value: Any) -> None:
        """Take a row's number."""
        if value is not None:
            number = numbers.decimal(value)
            if self._found is None or self._before(self._found, number):
                self._found = number

    def _before(self, found: Decimal, number: Decimal) -> bool:
        return found < number

    def finalize(self) -> str | None:
        """Return it; None where there was no number."""
        return _shown(self._found) if self._found is not None else None


class ExactLeast(ExactGreatest):
    """``pg_exact_min(number)``: the least number, with its own decimals."""

    def _before(self, found: Decimal, number: Decimal) -> bool:
        return number < found


AGGREGATES = {"pg_exact_sum": ExactSum, "pg_exact_min": ExactLeast, "pg_exact_max": ExactGreatest}
FUNCTIONS = collected(globals())
