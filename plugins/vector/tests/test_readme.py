"""This distribution's README shows what happens, and its page names what there is."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from heliosdb_vector.functions import NAMES
from heliosdb_vector.values.metrics import METRICS

README = Path(__file__).parents[1] / "README.md"
PAGE = Path(__file__).parents[3] / "docs" / "vector.md"
ROWS = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]


def test_the_readme_shows_what_happens():
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert result.failed == 0
    assert result.attempted > 5


@pytest.mark.parametrize("name", NAMES)
def test_every_function_has_a_row(name):
    assert any(f"`{name}(" in row for row in ROWS)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_row(name):
    assert any(f"`{name}`" in row.split("|")[1] for row in ROWS)
