"""aiosqlite's own tests pass with heliosdb_sqlite.aio in its place."""

from __future__ import annotations

import unittest

import aiosqlite
import aiosqlite.tests.smoke
import pytest

from heliosdb_sqlite import aio


def cases(tests):
    for each in tests:
        if isinstance(each, unittest.TestSuite):
            yield from cases(each)
        else:
            yield each


CASES = list(cases(unittest.defaultTestLoader.loadTestsFromModule(aiosqlite.tests.smoke)))


def test_there_are_as_many_as_there_were():
    assert len(CASES) >= 30


# Python 3.13 warns of the connections of sqlite3 that the tests themselves leave open.
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*sqlite3.Connection:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case._testMethodName)
def test_of_aiosqlite(case, monkeypatch):
    monkeypatch.setattr(aiosqlite.tests.smoke, "aiosqlite", aio)
    found = unittest.TestResult()
    case.run(found)
    assert [text for _, text in found.failures + found.errors] == []
    # Skipped, by a test that says so, where Python can't load extensions.
    assert [reason for _, reason in found.skipped if "extension" not in reason] == []


def test_every_public_name_is_there():
    assert [name for name in aiosqlite.__all__ if not hasattr(aio, name)] == []
    for cls in ("Connection", "Cursor"):
        theirs, ours = getattr(aiosqlite, cls), getattr(aio, cls)
        assert [name for name in dir(theirs) if not name.startswith("_") and not hasattr(ours, name)] == []


def test_methods_take_what_theirs_take():
    import inspect

    for cls in ("Connection", "Cursor"):
        theirs, ours = getattr(aiosqlite, cls), getattr(aio, cls)
        for name, method in inspect.getmembers(theirs, inspect.isfunction):
            if not name.startswith("_"):
                wanted = list(inspect.signature(method).parameters)
                given = list(inspect.signature(getattr(ours, name)).parameters)
                assert given[: len(wanted)] == wanted, f"{cls}.{name}"
