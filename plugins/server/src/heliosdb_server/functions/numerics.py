"""Functions of numbers."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import reduce
from typing import Any

from ..protocol.errors import PgError
from ..types import numbers
from ..types.registry import BY_NAME
from .marks import collected, sees_null, volatile
from .samples import no_number


def _whole(value: Any, made: Decimal | float) -> int | float:
    return (
        int(made)
        if isinstance(value, (int, float)) and math.isfinite(made) and abs(float(made)) < 2.0**63
        else float(made)
    )


def pg_ceil(value: Any, kind: str = "") -> Any:
    return value if isinstance(value, int) else _signed(value, math.ceil)


def pg_floor(value: Any, kind: str = "") -> Any:
    return value if isinstance(value, int) else _signed(value, math.floor)


def _signed(value: float, function: Callable[[float], int]) -> float:
    """Return a whole number with the sign of the fraction that it was: of -0.5 it is -0."""
    if not math.isfinite(value):
        return value
    whole = function(value)
    return float(whole) if whole else math.copysign(0.0, value)


def pg_round(value: Any, digits: int = 0, kind: str = "") -> Any:
    if isinstance(value, int) and digits >= 0:
        return value
    if kind in ("float8", "float4") and not digits:
        return _signed(value, round)
    mode = ROUND_HALF_EVEN if kind in ("float8", "float4") else ROUND_HALF_UP
    made = numbers.decimal(value).quantize(Decimal(1).scaleb(-digits), mode)
    return _whole(value, made) if digits <= 0 else float(made)


def pg_trunc(value: Any, digits: int = 0, kind: str = "") -> Any:
    if isinstance(value, int) and digits >= 0:
        return value
    if kind in ("float8", "float4") and not digits:
        return _signed(value, math.trunc)
    made = numbers.decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_DOWN)
    return _whole(value, made) if digits <= 0 else float(made)


def pg_sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _checked(function: Any, value: float, message: str, code: str = "2201F") -> float:
    try:
        return float(function(value))
    except ValueError:
        raise PgError(code, message) from None
    except OverflowError:
        raise PgError("22003", "value out of range: overflow") from None


def pg_sqrt(value: float) -> float:
    return _checked(math.sqrt, value, "cannot take square root of a negative number")


def pg_cbrt(value: float) -> float:
    if not value or math.isinf(value):
        return value
    if hasattr(math, "cbrt"):  # Python 3.11
        return float(math.cbrt(value))
    near = math.copysign(abs(value) ** (1 / 3), value)
    beside = [math.nextafter(near, toward) for toward in (math.inf, -math.inf)]
    return min([near, *beside], key=lambda found: abs(Fraction(found) ** 3 - Fraction(value)))


def pg_factorial(value: int) -> Any:
    if value < 0:
        raise PgError("22003", "factorial of a negative number is undefined")
    if value > 1000:
        raise PgError("22003", "value overflows numeric format")
    return numbers.numeric(Decimal(math.factorial(value)))


def pg_exp(value: float) -> float:
    return _checked(math.exp, value, "value out of range")


def pg_ln(value: float) -> float:
    _positive(value)
    return math.log(value)


def _positive(value: float) -> None:
    if value <= 0:
        what = "zero" if value == 0 else "a negative number"
        raise PgError("2201E", f"cannot take logarithm of {what}")


def pg_log(value: float, other: float | None = None) -> float:
    _positive(value)
    if other is None:
        return math.log10(value)
    _positive(other)
    if value == 2:
        return math.log2(other)
    return math.log(other) / math.log(value)


def pg_power(base: float, exponent: float) -> float:
    if base == 0 and exponent < 0:
        raise PgError("2201F", "zero raised to a negative power is undefined")
    try:
        made: Any = float(base) ** float(exponent)
    except OverflowError:
        raise PgError("22003", "value out of range: overflow") from None
    if isinstance(made, complex):
        raise PgError("2201F", "a negative number raised to a non-integer power yields a complex result")
    if not made and base and not math.isinf(base) and not math.isinf(exponent):
        raise PgError("22003", "value out of range: underflow")
    return float(made)


def pg_missing_key(table: str, column: str) -> None:
    text = f'null value in column "{column}" of relation "{table}" violates not-null constraint'
    raise PgError("23502", text, table=table, column=column)


@sees_null
def pg_more_than_one() -> None:
    raise PgError("21000", "more than one row returned by a subquery used as an expression")


@sees_null
def pg_division_by_zero() -> None:
    raise PgError("22012", "division by zero")


def pg_fifteen(value: Any) -> Any:
    return float(f"{value:.15g}") if isinstance(value, float) else value


def pg_plus(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    return float(numbers.decimal(a) + numbers.decimal(b))


def pg_minus(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return a - b
    return float(numbers.decimal(a) - numbers.decimal(b))


def pg_mod(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return int(math.copysign(1, a)) * (abs(a) % abs(b))
    return float(numbers.decimal(a) % numbers.decimal(b))


def pg_mod_checked(a: Any, b: Any) -> Any:
    if b == 0:
        raise PgError("22012", "division by zero")
    return pg_mod(a, b)


def pg_div(a: Any, b: Any) -> int:
    if b == 0:
        raise PgError("22012", "division by zero")
    return int(numbers.decimal(a) / numbers.decimal(b))


def pg_gcd(a: int, b: int) -> int:
    return math.gcd(a, b)


def pg_lcm(a: int, b: int) -> int:
    return abs(a * b) // math.gcd(a, b) if a and b else 0


@sees_null
def pg_pi() -> float:
    return math.pi


@sees_null
@volatile
def pg_random() -> float:
    return random.random()  # noqa: S311 - SQL's random(), which promises no more


def pg_width_bucket(value: float, low: float, high: float, count: int) -> int:
    if count <= 0:
        raise PgError("2201G", "count must be greater than zero")
    if math.isinf(low) or math.isinf(high):
        raise PgError("2201G", "lower and upper bounds must be finite")
    if low == high:
        raise PgError("2201G", "lower bound cannot equal upper bound")
    before, behind = (value < low, value >= high) if low < high else (value > low, value <= high)
    if before:
        return 0
    return count + 1 if behind else int((value - low) / (high - low) * count) + 1


@sees_null
def pg_second_time() -> None:
    raise PgError(
        "21000",
        "ON CONFLICT DO UPDATE command cannot affect row a second time",
        hint="Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
    )


@sees_null
def pg_out_of_range(what: str) -> None:
    raise PgError("22003", what)


def pg_float(a: float, b: float, op: str) -> float:
    """Return what an operator makes of two floating-point numbers."""
    a, b = float(a), float(b)
    if op == "/" and not b:
        raise PgError("22012", "division by zero")
    made = a + b if op == "+" else a - b if op == "-" else a * b if op == "*" else a / b
    if math.isnan(made):
        raise no_number()
    if math.isinf(made) and not math.isinf(a) and not math.isinf(b):
        raise PgError("22003", "value out of range: overflow")
    if not made and a and b and op in "*/" and not math.isinf(b):
        raise PgError("22003", "value out of range: underflow")
    return made


def pg_single(value: float) -> float:
    """Return what a number of four bytes keeps of a result."""
    return numbers.single(value)


@sees_null
def pg_total(count: int) -> None:
    """Return no sum where nothing was added; elsewhere SQLite has none because it is no number."""
    if count:
        raise no_number()


def _listed(numbers_: str) -> list[float]:
    return [float(each) for each in numbers_.split(",")]


def pg_listed_sum(numbers_: str) -> float:
    """Return the sum of listed numbers, one added to the other."""
    made = reduce(lambda a, b: a + b, _listed(numbers_))
    if math.isnan(made):
        raise no_number()
    return made


def pg_listed_avg(numbers_: str) -> float:
    return pg_listed_sum(numbers_) / (numbers_.count(",") + 1)


_BITS = {"int2": 16, "int4": 32, "int8": 64}


def pg_shift(value: int, places: int, op: str, kind: str) -> int:
    """Return an integer whose bits are moved, within the size of its type."""
    bits = _BITS[kind]
    places %= 64 if bits == 64 else 32
    moved = value << places if op == "<<" else value >> places
    return (moved + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def pg_int(value: Any, kind: str) -> int:
    if isinstance(value, float) and abs(value) >= 2.0**63:  # what SQLite makes of integers that are too great
        raise PgError("22003", f"{BY_NAME[kind].title} out of range")
    return (
        numbers.in_range(value, BY_NAME[kind])
        if isinstance(value, int)
        else numbers.integer(value, BY_NAME[kind])
    )


@sees_null
def pg_limit(value: Any, what: str) -> int:
    if value is None:
        return -1 if what == "LIMIT" else 0
    whole = round(numbers.decimal(value), 0) if isinstance(value, float) else value
    count = numbers.integer(whole if isinstance(whole, (int, str)) else int(whole), BY_NAME["int8"])
    if count < 0:
        raise PgError("2201W" if what == "LIMIT" else "2201X", f"{what} must not be negative")
    return count


@sees_null
def pg_num_nulls(*values: Any) -> int:
    return sum(value is None for value in values)


@sees_null
def pg_num_nonnulls(*values: Any) -> int:
    return sum(value is not None for value in values)


def pg_min_scale(value: Any) -> int:
    exponent = numbers.decimal(value).normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def pg_identity(value: Any) -> Any:
    return value


def pg_size_pretty(size: int) -> str:
    amount, units = abs(size), ["bytes", "kB", "MB", "GB", "TB", "PB"]
    at = 0
    while amount >= 10 * 1024 and at < len(units) - 1:
        amount = (amount + 512) // 1024
        at += 1
    return f"{'-' if size < 0 else ''}{amount} {units[at]}"


FUNCTIONS = collected(globals())
