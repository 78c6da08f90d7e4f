"""Random programs show the same rows, errors, warnings and state whether they import sqlite3 or heliosdb_sqlite."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropin_kit.configurations import IDLE, Configuration
from dropin_kit.differential import assert_no_difference


@pytest.mark.parametrize("configuration", IDLE, ids=lambda configuration: configuration.value)
def test_no_program_can_tell(configuration: Configuration, tmp_path: Path) -> None:
    assert_no_difference(configuration, tmp_path)
