"""CPython's own sqlite3 tests pass, fail and skip with heliosdb_sqlite exactly as they do with sqlite3."""

from __future__ import annotations

from typing import Any

import pytest

from dropin_kit.configurations import EVERY_HOOK, IDLE, WATCHING
from heliosdb_sqlite.testing.dropin import Configuration, assert_same_as_stdlib
from heliosdb_sqlite.testing.dropin.configurations import HOOKS
from heliosdb_sqlite.testing.dropin.cpython_suite import run


@pytest.mark.parametrize("configuration", IDLE, ids=lambda configuration: configuration.name)
def test_every_test_has_the_outcome_it_has_with_sqlite3(
    configuration: Configuration, record_property: Any
) -> None:
    record_property("dropin", assert_same_as_stdlib(configuration))


@pytest.mark.parametrize(
    "configuration", [WATCHING, EVERY_HOOK], ids=lambda configuration: configuration.name
)
def test_it_calls_every_hook_there_is(configuration: Configuration) -> None:
    found = run(configuration)
    assert configuration.hooks() >= set(HOOKS) - {"before_commit"}
    assert found.hooks.keys() == configuration.hooks()
    assert all(child["hooks"].get("connect") for child in found.children)
