"""The examples in the docstrings of the core and of vector search are right."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import heliosdb_sqlite
import heliosdb_vector


def modules(package: ModuleType) -> Iterator[str]:
    yield package.__name__
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            yield found.name


def with_examples() -> list[str]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    names = [name for package in (heliosdb_sqlite, heliosdb_vector) for name in modules(package)]
    return [
        name for name in names if any(test.examples for test in finder.find(importlib.import_module(name)))
    ]


def test_there_are_examples() -> None:
    assert len(with_examples()) > 5


@pytest.mark.parametrize("module", with_examples())
def test_examples_in_docstrings(module: str, stage: dict[str, object]) -> None:
    failed, tried = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    assert tried
    assert failed == 0, "pytest shows above what doctest printed"
