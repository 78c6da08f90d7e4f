"""Functions of angles: of radians, of degrees, where round ones have exact values, and the hyperbolic ones."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..protocol.errors import PgError
from .marks import collected


def _checked(function: Callable[[float], float], value: float) -> float:
    try:
        return float(function(value))
    except ValueError:
        raise PgError("22003", "input is out of range") from None
    except OverflowError:
        raise PgError("22003", "value out of range: overflow") from None


def pg_sin(value: float) -> float:
    return _checked(math.sin, value)


def pg_cos(value: float) -> float:
    return _checked(math.cos, value)


def pg_tan(value: float) -> float:
    return _checked(math.tan, value)


def pg_cot(value: float) -> float:
    tangent = _checked(math.tan, value)
    return 1.0 / tangent if tangent else math.copysign(math.inf, tangent)


def pg_asin(value: float) -> float:
    return _checked(math.asin, value)


def pg_acos(value: float) -> float:
    return _checked(math.acos, value)


def pg_atan(value: float) -> float:
    return math.atan(value)


def pg_atan2(y: float, x: float) -> float:
    return math.atan2(y, x)


def pg_sinh(value: float) -> float:
    try:
        return math.sinh(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def pg_cosh(value: float) -> float:
    try:
        return math.cosh(value)
    except OverflowError:
        return math.inf


def pg_tanh(value: float) -> float:
    return math.tanh(value)


def pg_asinh(value: float) -> float:
    return math.asinh(value)


def pg_acosh(value: float) -> float:
    return _checked(math.acosh, value)


def pg_atanh(value: float) -> float:
    if abs(value) == 1:
        return math.copysign(math.inf, value)
    return _checked(math.atanh, value)


def pg_degrees(value: float) -> float:
    return _checked(lambda angle: angle / _RADIANS, value)


def pg_radians(value: float) -> float:
    return value * _RADIANS


# ---- of degrees: what is measured against the value at 30, 45 or 60 of them comes out exactly there ----

_RADIANS = math.pi / 180


def _sine_to_30(angle: float) -> float:
    return math.sin(angle * _RADIANS) / math.sin(30 * _RADIANS) / 2


def _cosine_to_60(angle: float) -> float:
    return 1 - (1 - math.cos(angle * _RADIANS)) / (1 - math.cos(60 * _RADIANS)) / 2


def _sine(angle: float) -> float:
    return _sine_to_30(angle) if angle <= 30 else _cosine_to_60(90 - angle)


def _cosine(angle: float) -> float:
    return _cosine_to_60(angle) if angle <= 60 else _sine_to_30(90 - angle)


def _quarter(angle: float) -> tuple[float, float, float]:
    """Return an angle between 0 and 90 degrees, and the signs of sine and cosine there."""
    if math.isinf(angle):
        raise PgError("22003", "input is out of range")
    angle = math.fmod(angle, 360)
    sine, cosine = (-1.0, 1.0) if angle < 0 else (1.0, 1.0)
    angle = abs(angle)
    if angle > 180:
        angle, sine = 360 - angle, -sine
    if angle > 90:
        angle, cosine = 180 - angle, -cosine
    return angle, sine, cosine


def pg_sind(value: float) -> float:
    angle, sign, _ = _quarter(value)
    return sign * _sine(angle)


def pg_cosd(value: float) -> float:
    angle, _, sign = _quarter(value)
    return sign * _cosine(angle)


def _ratio(above: float, below: float, sign: float, at_45: float) -> float:
    if not below:
        return math.copysign(math.inf, sign)
    return sign * (above / below / at_45) or 0.0  # no zero has a sign


def pg_tand(value: float) -> float:
    angle, sine, cosine = _quarter(value)
    return _ratio(_sine(angle), _cosine(angle), sine * cosine, _sine(45) / _cosine(45))


def pg_cotd(value: float) -> float:
    angle, sine, cosine = _quarter(value)
    return _ratio(_cosine(angle), _sine(angle), sine * cosine, _cosine(45) / _sine(45))


def _part(value: float) -> float:
    if not -1 <= value <= 1:
        raise PgError("22003", "input is out of range")
    return abs(value)


def _arc_sine(value: float) -> float:
    if value <= 0.5:
        return math.asin(value) / math.asin(0.5) * 30
    return 90 - math.acos(value) / math.acos(0.5) * 60


def pg_asind(value: float) -> float:
    return math.copysign(_arc_sine(_part(value)), value)


def pg_acosd(value: float) -> float:
    part = _part(value)
    if value < 0:
        return 90 + _arc_sine(part)
    return 90 - _arc_sine(part) if part <= 0.5 else math.acos(part) / math.acos(0.5) * 60


def pg_atand(value: float) -> float:
    return math.atan(value) / math.atan(1.0) * 45


def pg_atan2d(y: float, x: float) -> float:
    return math.atan2(y, x) / math.atan(1.0) * 45


FUNCTIONS = collected(globals())
