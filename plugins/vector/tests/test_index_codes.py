"""The codes by which an index of bits compares vectors."""

from __future__ import annotations

import numpy as np
import pytest

from heliosdb_vector.index.bits import codes as bits

random = np.random.default_rng(11)


def test_bits_are_counted_the_same_without_numpy_2():
    words = random.integers(0, 2**63, 100).astype(np.uint64)
    assert bits._by_table(words).tolist() == [int(word).bit_count() for word in words]


@pytest.mark.parametrize("dimensions", [1, 3, 16, 100, 384, 1536, 5000])
def test_a_rotation_keeps_directions(dimensions):
    turned = bits.rotation(dimensions)
    assert bits.code_words(dimensions) * 64 >= min(dimensions, 256)
    if turned is None:
        assert dimensions > 4096
        return
    one, two = random.normal(size=(2, dimensions)).astype("f4")
    scale = turned.shape[1]
    assert (one @ turned).dot(two @ turned) / scale == pytest.approx(one.dot(two), abs=1e-3 * dimensions)


def test_the_codes_are_the_same_on_every_machine():
    """What one machine has stored, another one searches."""
    vector = np.arange(1, 9, dtype="f4")[None, :] * np.array([1, -1, 1, 1, -1, -1, 1, -1], "f4")
    code = bits.encode(vector, np.zeros(8, "f4"), False)[0]
    assert [f"{int(word):016x}" for word in code] == GOLDEN


GOLDEN = ["939a8763c62d262d", "9c65d2d24bd2391e", "044b2dc963e1f740", "4bb4934b39b49cb4"]
