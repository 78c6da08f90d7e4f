"""Numbers: what SQLite can hold of PostgreSQL's, and how each is written."""

from __future__ import annotations

import math
import re
import struct
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from ..protocol.errors import PgError
from .registry import FLOAT4, INT2, INT4, INT8, OID, PgType

RANGES = {
    INT2: (-(2**15), 2**15 - 1),
    INT4: (-(2**31), 2**31 - 1),
    INT8: (-(2**63), 2**63 - 1),
    OID: (0, 2**32 - 1),
}
_WIDE = Context(prec=1100)
_INTEGER = re.compile(r"\s*[+-]?\d+\s*")


def wrong(kind: str, text: object) -> PgError:
    """Return the error for a text that is no value of the type."""
    return PgError("22P02", f'invalid input syntax for type {kind}: "{text}"')


def in_range(value: int, kind: PgType) -> int:
    """Return the value, if the type holds it."""
    low, high = RANGES.get(kind, RANGES[INT8])
    if not low <= value <= high:
        raise PgError("22003", f'value "{value}" is out of range for type {kind.title}')
    return value


def integer_in(text: str, kind: PgType = INT8) -> int:
    """Return the integer that the text is."""
    if not _INTEGER.fullmatch(text) or not text.isascii():
        raise wrong(kind.title, text)
    return in_range(int(text), kind)


def integer(value: object, kind: PgType) -> int:
    """Return a value of the file as an integer of this type."""
    if isinstance(value, int):
        return in_range(value, kind)
    if isinstance(value, float) and value.is_integer():
        return in_range(int(value), kind)
    if isinstance(value, str):
        return integer_in(value, kind)
    raise wrong(kind.title, value)


def float_in(text: str, kind: PgType) -> float:
    """Return the number that the text is; ``NaN``, which SQLite has not, is refused."""
    folded = text.strip().lower()
    try:
        if "_" in folded or not folded.isascii():
            raise ValueError
        value = float(folded)
    except ValueError:
        raise wrong(kind.title, text) from None
    if math.isnan(value):
        raise PgError("0A000", "NaN can't be stored: SQLite has none")
    lost = (
        not value and re.search("[1-9]", folded.partition("e")[0]) is not None
    )  # so small that nothing is left
    if lost or (math.isinf(value) and "inf" not in folded):
        raise PgError("22003", f'"{text}" is out of range for type {kind.title}')
    return single(value) if kind is FLOAT4 else value


def single(value: float) -> float:
    """Return the nearest number of four bytes."""
    try:
        made = float(struct.unpack("!f", struct.pack("!f", value))[0])
    except OverflowError:
        raise PgError("22003", f'"{value}" is out of range for type real') from None
    if value and not made:
        raise PgError("22003", f'"{value}" is out of range for type real')
    return made


def floating(value: object, kind: PgType) -> float:
    """Return a value of the file as a number."""
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        return float_in(value, kind)
    raise wrong(kind.title, value)


def float_out(value: float) -> str:
    """Return a number as PostgreSQL writes it: the shortest text that gives it back."""
    if value != value:  # noqa: PLR0124
        return "NaN"
    if value in (math.inf, -math.inf):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer():
        if abs(value) < 1e15:
            return str(int(value)) if value or math.copysign(1, value) > 0 else "-0"
        digits = f"{value:.17g}" if "e" in repr(value) else repr(value)[:-2]
        if "e" not in repr(value):
            mantissa = digits.lstrip("-").rstrip("0")
            exponent = len(digits.lstrip("-")) - 1
            sign = "-" if value < 0 else ""
            return f"{sign}{mantissa[0]}{'.' + mantissa[1:] if mantissa[1:] else ''}e+{exponent}"
    elif abs(value) >= 1e15:
        whole, _, rest = repr(abs(value)).partition(".")
        return f"{'-' if value < 0 else ''}{whole[0]}.{whole[1:]}{rest}e+{len(whole) - 1}"
    return repr(value)


def single_out(value: float) -> str:
    """Return a number of four bytes: as few digits as tell it from its neighbours."""
    if math.isfinite(value):
        value = single(value)
        for digits in range(1, 10):
            text = f"{value:.{digits}g}"
            if single(float(text)) == value:
                shown = float(text)
                if abs(shown) >= 1e6:
                    mantissa, _, exponent = f"{shown:.{digits - 1}e}".partition("e")
                    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
                    return f"{mantissa}e{exponent}"
                return float_out(shown)
    return float_out(value)


def numeric_in(text: str, modifier: int = -1) -> int | float:
    """Return the decimal number that the text is, as SQLite can hold it.

    SQLite has integers of 64 bits and floating-point numbers, which keep fifteen digits of any decimal number.

    :raises PgError: it is no number, or one that would come back as another
    """
    try:
        if "_" in text:
            raise InvalidOperation
        value = Decimal(text.strip())
    except InvalidOperation:
        raise wrong("numeric", text) from None
    return numeric(value, modifier)


def numeric(value: Decimal, modifier: int = -1) -> int | float:
    """Return a decimal number as SQLite can hold it; see :func:`numeric_in`."""
    if not value.is_finite():
        raise PgError("0A000", f"numeric {value} can't be stored: SQLite has none")
    if modifier != -1:
        precision, scale = modifier - 4 >> 16, modifier - 4 & 0xFFFF
        value = value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _WIDE)
        if value and value.adjusted() >= precision - scale:
            raise PgError(
                "22003",
                "numeric field overflow",
                detail=f"A field with precision {precision}, scale {scale} must round to an absolute value less than"
                f" 10^{precision - scale}.",
            )
    if value == value.to_integral_value() and -(2**63) <= value < 2**63:
        return int(value)
    if len(value.normalize().as_tuple().digits) > 15:
        raise PgError(
            "22003",
            f"numeric {value} has more than the 15 digits that SQLite keeps",
            hint="Store it as text, or round it.",
        )
    return float(value)


def decimal(value: object, modifier: int = -1) -> Decimal:
    """Return a value of the file as a decimal number, with the column's number of decimals."""
    if isinstance(value, int):
        made = Decimal(value)
    elif isinstance(value, float):
        scale = 0 if modifier == -1 else modifier - 4 & 0xFFFF
        if not math.isfinite(value):
            made = Decimal(value)
        elif scale and abs(value) >= 10.0 ** (15 - scale):  # more digits, which most such numbers still have
            made = Decimal(repr(value))
        else:
            made = Decimal(f"{value:.15g}")
    elif isinstance(value, str):
        try:
            made = Decimal(value.strip())
        except InvalidOperation:
            raise wrong("numeric", value) from None
    else:
        raise wrong("numeric", value)
    if not made:
        made = made.copy_abs()
    if modifier != -1 and made.is_finite():
        made = made.quantize(Decimal(1).scaleb(-(modifier - 4 & 0xFFFF)), ROUND_HALF_UP, _WIDE)
    return made


def decimal_out(value: Decimal) -> str:
    """Return a decimal number without an exponent."""
    if not value.is_finite():
        return {"Infinity": "Infinity", "-Infinity": "-Infinity"}.get(str(value), "NaN")
    return f"{value:f}"


_SIGNS = {0x0000: 1, 0x4000: -1}


def numeric_from_binary(data: bytes) -> Decimal:
    """Read the binary form: digits of base 10000."""
    try:
        count, weight, sign, scale = struct.unpack_from("!hhHh", data)
        digits = struct.unpack_from(f"!{count}h", data, 8)
    except struct.error:
        raise PgError("22P03", "incorrect binary data format for type numeric") from None
    if sign not in _SIGNS:
        return Decimal({0xD000: "Infinity", 0xF000: "-Infinity"}.get(sign, "NaN"))
    whole = 0
    for digit in digits:
        whole = whole * 10000 + digit
    value = Decimal(whole).scaleb(4 * (weight - count + 1))
    return _SIGNS[sign] * (round(value, scale) if -value.as_tuple().exponent > scale else value)  # type: ignore[operator]


def numeric_to_binary(value: Decimal) -> bytes:
    """Return the binary form."""
    if not value.is_finite():
        return struct.pack(
            "!hhHh", 0, 0, {"Infinity": 0xD000, "-Infinity": 0xF000}.get(str(value), 0xC000), 0
        )
    text = f"{value.copy_abs():f}"
    whole, _, fraction = text.partition(".")
    scale = len(fraction)
    whole = whole.lstrip("0")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    padded = fraction.ljust(-(-scale // 4) * 4, "0")
    digits = [int(each[i : i + 4]) for each in (whole, padded) for i in range(0, len(each), 4)]
    weight = len(whole) // 4 - 1
    while digits and not digits[0]:
        del digits[0]
        weight -= 1
    while digits and not digits[-1]:
        del digits[-1]
    sign = 0x4000 if value < 0 else 0
    return struct.pack(f"!hhHh{len(digits)}h", len(digits), weight if digits else 0, sign, scale, *digits)
