"""Vectors of 2-byte floats as they are stored: n float16 numbers, little-endian, and a byte 2 behind them.

The byte makes the BLOB's length odd, which that of a float32 vector never is: each kind can be told from its bytes, so
that functions, triggers and views take both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

FLOAT16 = np.dtype("<f2")
MARK = b"\x02"  # two bytes a number


def is_half(blob: bytes) -> bool:
    """Return whether a BLOB is a vector of 2-byte floats."""
    return len(blob) > 2 and len(blob) % 2 == 1 and blob[-1] == 2


def halves(blob: bytes) -> Any:
    """Return the numbers of such a BLOB, as float16."""
    return np.frombuffer(blob, FLOAT16, len(blob) // 2)


def half_blob(vector: Any) -> bytes:
    """Return finite numbers as such a BLOB, each rounded to the nearest float16.

    :raises ValueError: a number is too large for that
    """
    with np.errstate(all="ignore"):
        narrow = vector.astype(FLOAT16)
    finite = np.isfinite(narrow)
    if not finite.all():
        index = int(finite.argmin())
        raise ValueError(
            f"no float16 can hold {float(vector[index])!r}, at index {index}: it goes up to 65504"
        )
    return bytes(narrow.tobytes() + MARK)
