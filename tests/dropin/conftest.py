"""Ends the report with what CPython's suite counted where every plugin is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heliosdb_sqlite.testing.dropin.report import summarize


def pytest_terminal_summary(terminalreporter: Any) -> None:
    summarize(terminalreporter, Path(__file__).parent)
