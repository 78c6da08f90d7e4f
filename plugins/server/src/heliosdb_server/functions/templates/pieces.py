"""A template cut into pieces: what stands for a part of the value, and what stands for itself."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Piece(NamedTuple):
    """A part of a template."""

    code: str  # as it is written; "" for text that stands for itself
    text: str = ""
    fill: bool = True  # not behind FM
    ordinal: str = ""  # TH, th
    local: bool = False  # behind TM


_MOMENTS = (
    "A.D. A.M. AD AM B.C. BC CC DAY DDD DD DY Day Dy D FF1 FF2 FF3 FF4 FF5 FF6 FX HH24 HH12 HH IDDD ID IW "
    "IYYY IYY IY I J MI MM MONTH MON MS Month Mon OF P.M. PM Q RM SSSSS SSSS SS TZH TZM TZ US WW W Y,YYY "
    "YYYY YYY YY Y a.d. a.m. ad am b.c. bc cc day ddd dd dy d ff1 ff2 ff3 ff4 ff5 ff6 fx hh24 hh12 hh "
    "iddd id iw iyyy iyy iy i j mi mm month mon ms of p.m. pm q rm sssss ssss ss tzh tzm tz us ww w y,yyy "
    "yyyy yyy yy y "
)
_NUMBERS = ", . 0 9 B D EEEE FM G L MI PL PR RN SG SP S TH V b d eeee fm g l mi pl pr rn sg sp s th v"
_LONGEST_FIRST = {
    "moments": sorted(_MOMENTS.split(), key=len, reverse=True),
    "numbers": sorted(_NUMBERS.split(), key=len, reverse=True),
}


@lru_cache(maxsize=256)
def cut(form: str, of: str) -> tuple[Piece, ...]:
    """Return the pieces of a template.

    :param of: what it is a template of, "moments" or "numbers"
    """
    found: list[Piece] = []
    words = _LONGEST_FIRST[of]
    at = 0
    while at < len(form):
        fill, local, start = True, False, at
        while of == "moments" and form[at : at + 2] in ("FM", "fm", "TM"):
            fill, local = fill and form[at : at + 2] == "TM", local or form[at : at + 2] == "TM"
            at += 2
        code = next((word for word in words if form.startswith(word, at)), "")
        if code:
            at += len(code)
            ordinal = form[at : at + 2] if of == "moments" and form[at : at + 2] in ("TH", "th") else ""
            at += len(ordinal)
            at += 2 if of == "moments" and form[at : at + 2] in ("SP", "sp") else 0
            found.append(Piece(code, "", fill, ordinal, local))
        elif at > start:
            continue  # FM and TM before nothing
        elif form[at] == '"':
            at += 1
            while at < len(form) and form[at] != '"':
                at += form[at] == "\\" and at + 1 < len(form)
                found.append(Piece("", form[at]))
                at += 1
            at += 1
        else:
            at += form.startswith('\\"', at)
            found.append(Piece("", form[at]))
            at += 1
    return tuple(found)
