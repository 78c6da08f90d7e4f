"""Random programs show the same rows, errors, warnings and state whether they import sqlite3 or heliosdb_sqlite."""

from __future__ import annotations

from typing import Any

import pytest

from dropin_kit.configurations import NO_HOOK, PLAIN
from heliosdb_sqlite.testing.dropin import Configuration
from heliosdb_sqlite.testing.dropin.differential import assert_no_difference


# A plugin with hooks leaves traces that a random program sooner or later trips over: docs/drop-in.md lists them. What
# such a plugin must not change, CPython's own suite checks.
@pytest.mark.parametrize("configuration", [PLAIN, NO_HOOK], ids=lambda configuration: configuration.name)
def test_no_program_can_tell(configuration: Configuration, record_property: Any) -> None:
    record_property("dropin", assert_no_difference(configuration))
