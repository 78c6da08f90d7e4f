"""Random programs show the same rows, errors, warnings and state whether they import sqlite3 or heliosdb_sqlite."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from dropin_kit.configurations import NO_HOOK, PLAIN, WATCHING
from heliosdb_sqlite.testing.dropin import Configuration
from heliosdb_sqlite.testing.dropin.differential import assert_no_difference

# A plugin with hooks has SQLite sent more statements than the program's own: what a trace sees is not compared then.
WATCHED = replace(WATCHING, ignoring=frozenset({"trace", "autocommit"}))


@pytest.mark.parametrize(
    "configuration", [PLAIN, NO_HOOK, WATCHED], ids=lambda configuration: configuration.name
)
def test_no_program_can_tell(configuration: Configuration, record_property: Any) -> None:
    record_property("dropin", assert_no_difference(configuration))
