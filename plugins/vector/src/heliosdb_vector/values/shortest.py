"""float32 numbers as text: the fewest digits that read back as the same number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_DIGITS = (6, 7, 8, 9)  # 6 are always kept by a float32, 9 always suffice


def shortest(vector: Any) -> Sequence[str]:
    """Return each number of a finite float32 array as JSON's kind of text.

    >>> shortest(np.array([1, 0.1, -2.5e-7], "f4"))
    ['1', '0.1', '-2.5e-07']
    """
    texts = [""] * vector.size
    left = np.arange(vector.size)
    for digits in _DIGITS:
        numbers = vector[left]
        written = [f"{number:.{digits}g}" for number in numbers.tolist()]
        with np.errstate(over="ignore"):  # six digits of the largest float32 may round to infinity
            right = np.array(written, np.float64).astype(np.float32) == numbers
        for place, text in zip(left.tolist(), written, strict=True):
            texts[place] = text
        left = left[~right]
        if not left.size:
            break
    return texts
