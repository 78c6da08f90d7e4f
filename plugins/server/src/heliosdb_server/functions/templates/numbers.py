"""to_char() of numbers and to_number(): ``FM999,990.00``, ``S9.99EEEE``, ``RN``.

Signs, the places of digits, and what becomes of zeros depend on each other; the steps here are PostgreSQL's own, one
piece of the template after the other.
"""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from ...protocol.errors import PgError
from .pieces import Piece, cut

_WIDE = Context(prec=1000)
_NUMERALS = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
             (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip


@dataclass
class _Shape:
    """What a template says as a whole."""

    before: int = 0  # digits before the point
    after: int = 0
    multiplied: int = 0  # places behind V
    zero_start: int = 0  # the place of the first 0, from 1; 0 for none
    zero_end: int = 0
    decimal: bool = False
    fill: bool = True
    blank: bool = False
    sign: str = ""  # S: "before", "after"
    sign_at: int = 0
    minus: bool = False
    plus: bool = False
    bracket: bool = False
    roman: bool = False
    scientific: bool = False
    multi: bool = False


def _refused(text: str) -> PgError:
    return PgError("42601", text)


def _shape(pieces: tuple[Piece, ...]) -> _Shape:
    made = _Shape()
    for piece in pieces:
        code = piece.code.upper()
        if made.scientific and code:
            raise _refused('"EEEE" must be the last pattern used')
        if code in ("9", "0"):
            if made.bracket:
                raise _refused(f'"{code}" must be ahead of "PR"')
            if code == "9" and made.multi:
                made.multiplied += 1
                continue
            if code == "0" and not made.zero_start and not made.decimal:
                made.zero_start = made.before + 1
            if made.decimal:
                made.after += 1
            else:
                made.before += 1
            if code == "0":
                made.zero_end = made.before + made.after
        elif code in ("D", "."):
            if made.decimal:
                raise _refused("multiple decimal points")
            if made.multi:
                raise _refused('cannot use "V" and decimal point together')
            made.decimal = True
        elif code == "B":
            made.blank = made.blank or not (made.before or made.after)
        elif code == "FM":
            made.fill = False
        elif code == "S":
            if made.sign:
                raise _refused('cannot use "S" twice')
            if made.plus or made.minus or made.bracket:
                raise _refused('cannot use "S" and "PL"/"MI"/"SG"/"PR" together')
            made.sign, made.sign_at = ("after", 0) if made.decimal else ("before", made.before)
        elif code in ("MI", "PL", "SG"):
            if made.sign:
                raise _refused(f'cannot use "S" and "{code}" together')
            made.minus = made.minus or code != "PL"
            made.plus = made.plus or code != "MI"
        elif code == "PR":
            if made.sign or made.plus or made.minus:
                raise _refused('cannot use "PR" and "S"/"PL"/"MI"/"SG" together')
            made.bracket = True
        elif code == "RN":
            made.roman = True
        elif code == "V":
            if made.decimal:
                raise _refused('cannot use "V" and decimal point together')
            made.multi = True
        elif code == "EEEE":
            others = (
                not made.fill,
                made.blank,
                made.sign,
                made.bracket,
                made.minus,
                made.plus,
                made.roman,
                made.multi,
            )
            if any(others):
                raise _refused('"EEEE" is incompatible with other formats')
            made.scientific = True
    return made


def number_text(value: Any, form: str, kind: str) -> str:
    """Return a number by a template.

    :param kind: its type: binary fractions are rounded to the even digit, others away from zero
    """
    pieces = cut(form, "numbers")
    shape = _shape(pieces)
    binary = kind in ("float8", "float4")
    if shape.roman:
        return _Writer(shape, _roman(value), "+", 0).run(pieces)
    if shape.scientific:
        return _scientific(value, shape.after, binary=kind != "numeric")
    if binary:
        number = float(value) * 10.0**shape.multiplied
        whole = len(f"{abs(number):.0f}")
        shape.after = 0 if whole >= 15 else min(shape.after, 15 - whole)
        digits = f"{number:.{shape.after}f}"
    else:
        scaled = Decimal(str(value)).scaleb(shape.multiplied, _WIDE)
        digits = f"{scaled.quantize(Decimal(1).scaleb(-shape.after), ROUND_HALF_UP, _WIDE):f}"
        if digits.strip("-0.") == "":
            digits = digits.lstrip("-")
    shape.before += shape.multiplied
    sign = "-" if digits[0] == "-" else "+"
    digits = digits.lstrip("-")
    before = len(digits.partition(".")[0])
    spaces = max(shape.before - before, 0)
    if before > shape.before:
        digits = "#" * shape.before + "." + "#" * shape.after
    return _Writer(shape, digits, sign, spaces).run(pieces)


def _scientific(value: Any, after: int, *, binary: bool) -> str:
    number = Decimal(value) if binary and isinstance(value, (int, float)) else Decimal(str(value))
    if number == 0:
        text, exponent = f"{0:.{after}f}", 0
    else:
        exponent = number.adjusted()
        mode = "ROUND_HALF_EVEN" if binary else ROUND_HALF_UP
        mantissa = number.scaleb(-exponent, _WIDE).quantize(Decimal(1).scaleb(-after), mode, _WIDE)
        if abs(mantissa) >= 10 and binary:  # a numeric keeps both digits, in PostgreSQL too
            exponent += 1
            mantissa = mantissa.scaleb(-1, _WIDE).quantize(Decimal(1).scaleb(-after), mode, _WIDE)
        text = f"{mantissa:f}"
    return f"{'' if text[0] == '-' else ' '}{text}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def _roman(value: Any) -> str:
    number, text = int(Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP)), ""
    if not 0 < number < 4000:
        return "#" * 15
    for size, letters in _NUMERALS:
        while number >= size:
            text, number = text + letters, number - size
    return text


class _Writer:
    """Writes a number's digits piece by piece."""

    def __init__(self, shape: _Shape, digits: str, sign: str, spaces: int) -> None:
        self.shape, self.digits, self.sign, self.spaces = shape, digits, sign, spaces
        self.out: list[str] = []
        self.at = 0  # in the digits
        self.place = 0  # in the template
        self.started = False
        self.ended = False  # a place without a digit, as behind "9.", ends the text
        self.last = -1  # the last digit that FM keeps, -1: all are
        if shape.plus or shape.minus:
            self.signed = not (shape.plus and not shape.minus)
        else:
            if sign != "-" and not shape.fill:
                shape.bracket = False
            self.signed = sign == "+" and not shape.fill and not shape.sign
            if shape.sign == "before" and shape.before == shape.sign_at:
                shape.sign = "after"
        self.count = shape.before + shape.after - 1
        if not shape.fill and shape.decimal and (point := digits.find(".")) >= 0:
            self.last = point + len(digits[point + 1 :].rstrip("0"))
            if shape.zero_end > spaces:
                self.last = max(self.last, min(len(digits) - 1, shape.zero_end - spaces))
        if not self.signed and spaces == 0:
            self.count += 1

    def run(self, pieces: tuple[Piece, ...]) -> str:
        """Return the whole text."""
        for piece in pieces:
            self.out.append(self._piece(piece))
            if self.ended:
                break
        return "".join(self.out)

    def _piece(self, piece: Piece) -> str:
        code, shape = piece.code.upper(), self.shape
        fill = " " if shape.fill else ""
        if code in ("9", "0", ".", "D"):
            return self._digit(code)
        if code in (",", "G"):
            return "," if self.started else fill
        if code == "L":
            return " "
        if code == "RN":
            text = self.digits.rjust(15) if shape.fill else self.digits
            return text if piece.code == "RN" else text.lower()
        if code == "TH":
            if shape.roman or self.digits[:1] == "#" or self.sign == "-" or shape.decimal:
                return ""
            if not self.digits[-1:].isdigit():
                raise PgError("22P02", f'"{self.digits}" is not a number')
            made = ordinal(self.digits)
            return made.upper() if piece.code == "TH" else made
        if code == "MI":
            return "-" if self.sign == "-" else fill
        if code == "PL":
            return "+" if self.sign == "+" else fill
        if code == "SG":
            return self.sign
        return "" if code else piece.text

    def _bare(self) -> bool:
        """Is the 0 before the point one that is not written?"""
        shape = self.shape
        return not shape.zero_start and self.at == 0 and self.digits[:1] == "0" and shape.after != 0

    def _point_last(self) -> bool:
        return self.last >= 0 and self.digits[self.last : self.last + 1] == "."

    def _digit(self, code: str) -> str:
        shape = self.shape
        if shape.roman:
            return ""
        made = ""
        self.started = False
        zeros = shape.zero_start > 0
        # The first 0 of a template counts its place from one, and the place written next counts from nought.
        begins = self.place >= self.spaces or (zeros and shape.zero_start - 1 <= self.place)
        if not self.signed and begins and (not self._bare() or self._point_last()):
            made += self._written_sign()
        if self.place < self.spaces:
            if zeros and shape.zero_start - 1 <= self.place:
                made += "0"
                self.started = True
            else:
                made += " " if shape.fill else ""
        else:
            made += self._own(code)
            if self.ended:
                return made
        end = self.count + (1 if self.spaces else 0) + (1 if shape.decimal else 0)
        if self.last >= 0 and self.last == self.at:
            end = self.place
        if self.place + 1 == end:
            if self.signed and shape.bracket:
                made += " " if self.sign == "+" else ">"
            elif shape.sign == "after":
                made += self.sign
        self.place += 1
        return made

    def _written_sign(self) -> str:
        shape = self.shape
        if shape.sign:
            if shape.sign != "before":
                return ""
            made = self.sign
        elif shape.bracket:
            made = " " if self.sign == "+" else "<"
        elif self.sign == "+":
            made = " " if shape.fill else ""
        else:
            made = "-"
        self.signed = True
        return made

    def _own(self, code: str) -> str:
        char = self.digits[self.at : self.at + 1]
        made = ""
        if char == ".":
            made = "." if self.last < 0 or not self._point_last() or not self.shape.fill else ""
        elif self.last >= 0 and self.at > self.last and code != "0":
            pass
        elif self._bare():
            made = " " if self.shape.fill else "0" if self._point_last() else ""
        else:
            made = char
            self.started = True
            self.ended = not char
        self.at += bool(char)
        return made


def ordinal(digits: str) -> str:
    """Return what makes a number an ordinal: ``st``, ``nd``, ``rd``, ``th``."""
    if digits[-2:-1] == "1":
        return "th"
    return {"1": "st", "2": "nd", "3": "rd"}.get(digits[-1:], "th")
