"""heliosdb_vector.Vector, what a VECTOR column comes back as, by itself."""

from __future__ import annotations

import copy
import doctest
import pickle
import sqlite3
import struct
from array import array

import numpy as np
import pytest

import heliosdb_vector.values.shortest
import heliosdb_vector.values.vector
from heliosdb_vector import Vector

four = Vector([0.5, -1, 2, 0.1])
BLOB = struct.pack("<4f", 0.5, -1, 2, 0.1)
F01 = struct.unpack("<f", struct.pack("<f", 0.1))[0]
REFUSED = (sqlite3.ProgrammingError, sqlite3.InterfaceError)


def test_it_is_a_sequence_of_floats():
    assert len(four) == 4
    assert (four[0], four[-1], list(four), four.tolist()) == (0.5, F01, [0.5, -1, 2, F01], [0.5, -1, 2, F01])
    assert type(four[1]) is float
    assert -1 in four and four.index(2) == 2 and four.count(0.5) == 1
    assert list(reversed(four)) == [F01, 2, -1, 0.5]
    with pytest.raises(IndexError):
        four[4]


def test_a_slice_is_a_vector():
    assert isinstance(four[1:3], Vector) and four[1:3] == [-1, 2]
    assert four[::-1] == [0.1, 2, -1, 0.5]
    assert len(four[4:]) == 0


@pytest.mark.parametrize(
    "numbers",
    [
        [0.5, -1, 2, 0.1],
        (0.5, -1, 2, 0.1),
        array("d", [0.5, -1, 2, 0.1]),
        np.array([0.5, -1, 2, 0.1]),
        BLOB,
        four,
    ],
)
def test_it_is_made_of_whatever_a_vector_can_be_bound_from(numbers):
    assert Vector(numbers) == four


@pytest.mark.parametrize(
    "wrong", [[], ["a"], [float("nan")], "[1]", 5, None, b"", b"abc", [[1]], np.zeros((2, 2))]
)
def test_and_of_nothing_else(wrong):
    with pytest.raises(REFUSED, match=r"^Vector\(\)"):
        Vector(wrong)


# ---- equality ----


def test_vectors_are_equal_when_their_numbers_are():
    assert Vector([1, 2]) == Vector([1, 2]) != Vector([1, 3])
    assert Vector([1, 2]) != Vector([1, 2, 3])
    assert len({Vector([1, 2]), Vector([1, 2]), Vector([0.0]), Vector([-0.0])}) == 2


@pytest.mark.parametrize("kind", [list, tuple, lambda numbers: array("d", numbers), lambda _: BLOB])
def test_they_equal_what_would_be_stored_as_the_same_vector(kind):
    assert four == kind([0.5, -1, 2, 0.1])
    assert kind([0.5, -1, 2, 0.1]) == four or isinstance(kind([]), array)  # an array compares by its own rule
    assert Vector([0.5, -1, 2, 0.25]) != kind([0.5, -1, 2, 0.1])
    assert Vector([0.5]) != kind([0.5, -1, 2, 0.1])


@pytest.mark.parametrize(
    "other", [None, 0.5, "abcd", ["a", "b", "c", "d"], [None] * 4, {1, 2, 3, 4}, object()]
)
def test_nothing_else_is_equal(other):
    assert four != other
    assert other != four


def test_numpy_compares_element_by_element():
    same = np.array([0.5, -1, 2, 0.1], "f4")
    assert (four == same).tolist() == (same == four).tolist() == [True] * 4
    assert (four == np.array([0.5, 0, 2, 0])).tolist() == [True, False, True, False]


# ---- it does not change ----


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.__setitem__(0, 1.0),
        lambda v: v.__delitem__(0),
        lambda v: v.append(1.0),
        lambda v: v.extend([1.0]),
        lambda v: v.insert(0, 1.0),
        lambda v: v.pop(),
        lambda v: v.remove(0.5),
        lambda v: v.clear(),
        lambda v: v.reverse(),
        lambda v: v.byteswap(),
        lambda v: v.frombytes(b"1234"),
        lambda v: v.fromlist([1.0]),
        lambda v: v.__iadd__(v),
        lambda v: v.__imul__(2),
    ],
)
def test_it_has_no_method_that_changes_it(change):
    with pytest.raises(TypeError, match="a Vector does not change"):
        change(four)
    assert bytes(four) == BLOB


def test_every_method_of_an_array_that_could_has_been_thought_of():
    reading = {"buffer_info", "count", "index", "itemsize", "tofile", "tolist", "tounicode", "typecode"}
    inherited = {name for name in dir(array) if name not in vars(Vector) and not name.startswith("__")}
    assert inherited == reading


@pytest.mark.parametrize(
    "compute", [lambda: four + four, lambda: four * 2, lambda: 2 * four, lambda: four * four]
)
def test_arithmetic_is_not_guessed_at(compute):
    with pytest.raises(TypeError):
        compute()


def test_arithmetic_with_numpy_is_numpys():
    assert (np.asarray(four) * 2).tolist() == [1, -2, 4, 2 * F01]
    assert (four + np.ones(4)).tolist() == (np.ones(4) + four).tolist() == [1.5, 0, 3, 1 + F01]
    assert (four * np.float64(2)).tolist() == [1, -2, 4, 2 * F01]


# ---- its memory ----


def test_whatever_reads_bytes_reads_it_without_a_copy():
    one, two = np.asarray(four), np.frombuffer(four, "float32")
    assert one.dtype == two.dtype == np.float32
    assert np.shares_memory(one, two)
    assert memoryview(four).format == "f"
    assert struct.unpack("<4f", four) == tuple(four)


def test_its_bytes():
    assert bytes(four) == four.tobytes() == BLOB
    assert isinstance(four.tobytes(), bytes)


def test_it_binds_on_any_connection():
    plain = sqlite3.connect(":memory:")
    assert plain.execute("SELECT typeof(?), ?", (four, four)).fetchone() == ("blob", BLOB)
    plain.close()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_can_be_pickled(protocol):
    for vector in (four, four[4:]):
        again = pickle.loads(pickle.dumps(vector, protocol))
        assert again == vector and type(again) is Vector


def test_a_copy_is_the_vector_itself():
    assert copy.copy(four) is four
    assert copy.deepcopy([four])[0] is four


# ---- its text ----


@pytest.mark.parametrize(
    ("vector", "text"),
    [
        (Vector([0.1]), "Vector([0.1])"),
        (
            Vector([1, -2, 0.30000001, 1e10, 1 / 3, 3.4028235e38]),
            "Vector([1, -2, 0.3, 1e+10, 0.33333334, 3.4028235e+38])",
        ),
        (Vector([0.1] * 383 + [7]), "<Vector of 384: 0.1, 0.1, 0.1, ..., 7>"),
        (Vector(struct.pack("<2f", float("nan"), float("-inf"))), "Vector([nan, -inf])"),
        (four[4:], "Vector([])"),
    ],
)
def test_its_repr_is_short(vector, text):
    assert repr(vector) == text


def test_the_examples_of_the_docstrings():
    for module in (heliosdb_vector.values.vector, heliosdb_vector.values.shortest):
        result = doctest.testmod(module)
        assert result.attempted and not result.failed


def test_what_the_methods_return_can_be_named_in_annotations():
    for name in heliosdb_vector.__all__:
        assert isinstance(getattr(heliosdb_vector, name), type)
    assert not hasattr(heliosdb_vector, "VectorIndex")
