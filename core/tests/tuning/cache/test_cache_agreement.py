"""Cached and uncached connections always agree, whatever happens to the connection and to its file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cache_kit.elsewhere import Elsewhere, another_process
from cache_kit.world import OPERATIONS, World


@pytest.fixture(scope="module")
def process():
    with another_process() as elsewhere:
        yield elsewhere


def agree(process: Elsewhere, operations, size: float) -> None:
    with TemporaryDirectory() as folder:
        cached = World(Path(folder, "cached.db"), process, enable_cache=True, cache_size_mb=size)
        plain = World(Path(folder, "plain.db"), process)
        try:
            assert cached.sees() == plain.sees()
            for operation in operations:
                assert cached.does(operation) == plain.does(operation), operation.__name__
                assert cached.sees() == plain.sees(), operation.__name__
        finally:
            cached.close()
            plain.close()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_after_each_operation(process, operation):
    agree(process, [operation], 1)


SEQUENCES = st.lists(st.sampled_from(OPERATIONS), min_size=2, max_size=12)
SIZES = st.sampled_from([1, 0.005])  # a roomy one, and one that forgets


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(operations=SEQUENCES, size=SIZES)
def test_after_sequences_of_operations(process, operations, size):
    agree(process, operations, size)


@pytest.mark.exhaustive
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(operations=SEQUENCES, size=SIZES)
def test_after_many_sequences_of_operations(process, operations, size):
    agree(process, operations, size)
