"""How long the torture lasts: ``python3 dev.py torture -- --rounds 1000``."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for torture_kit


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=3, help="how often each test kills, fills, corrupts")
    parser.addoption("--seed", type=int, default=None, help="repeat a run that failed: it says its seed")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--rounds")


@pytest.fixture
def chance(request: pytest.FixtureRequest, record_property: pytest.RecordProperty) -> random.Random:
    """Random numbers; a test that fails shows their seed."""
    seed = request.config.getoption("--seed")
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    print(f"--seed {seed}")
    return random.Random(seed)
