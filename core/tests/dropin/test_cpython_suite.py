"""CPython's own sqlite3 tests pass, fail and skip with heliosdb_sqlite exactly as they do with sqlite3."""

from __future__ import annotations

from typing import Any

import pytest

from dropin_kit.configurations import IDLE, Configuration
from dropin_kit.cpython_suite import assert_same_as_stdlib


@pytest.mark.parametrize("configuration", IDLE, ids=lambda configuration: configuration.value)
def test_every_test_has_the_outcome_it_has_with_sqlite3(
    configuration: Configuration, record_property: Any
) -> None:
    assert_same_as_stdlib(configuration, record_property)
