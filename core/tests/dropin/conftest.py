"""Makes dropin_kit importable, and ends the report with what CPython's suite counted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from dropin_kit.configurations import IDLE  # noqa: E402  # needs the path above
from heliosdb_sqlite.testing.dropin import Configuration  # noqa: E402
from heliosdb_sqlite.testing.dropin.report import summarize  # noqa: E402


@pytest.fixture(params=IDLE, ids=lambda configuration: configuration.name)
def configuration(request: pytest.FixtureRequest) -> Iterator[Configuration]:
    """Runs the test once as installed, and once with each of the plugins that do nothing active everywhere."""
    with request.param.active():
        yield request.param


def pytest_terminal_summary(terminalreporter: Any) -> None:
    summarize(terminalreporter, HERE)
