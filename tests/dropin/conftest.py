"""Brings the core's drop-in proofs here, to be repeated where every plugin is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "core" / "tests" / "dropin"))

from dropin_kit.report import summarize  # noqa: E402  # needs the path above


def pytest_terminal_summary(terminalreporter: Any) -> None:
    summarize(terminalreporter, HERE)
