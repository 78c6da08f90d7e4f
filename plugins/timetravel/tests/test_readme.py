"""The README's example runs and prints what it shows."""

from __future__ import annotations

import doctest
from pathlib import Path


def test_the_readme():
    readme = Path(__file__).parents[1] / "README.md"
    failed, tried = doctest.testfile(str(readme), module_relative=False, encoding="utf-8")
    assert tried > 5 and failed == 0
