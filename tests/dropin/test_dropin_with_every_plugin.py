"""With every plugin installed and none switched on, heliosdb_sqlite still is sqlite3."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any

import pytest

from heliosdb_sqlite.testing.dropin import PLAIN, assert_same_as_stdlib
from heliosdb_sqlite.testing.dropin.differential import assert_no_difference

PLUGINS = {"vector", "timetravel", "branching", "crypto", "server"}


@pytest.fixture(autouse=True)
def _every_plugin_is_installed() -> None:
    """Without them this would prove no more than the core's own tests: not a reason to skip, but to fail."""
    found = {
        entry_point.dist.name
        for entry_point in entry_points(group="heliosdb")
        if entry_point.dist is not None
    }
    assert found >= {f"heliosdb-{name}" for name in PLUGINS}


def test_cpythons_own_suite_has_the_outcomes_it_has_with_sqlite3(record_property: Any) -> None:
    record_property("dropin", assert_same_as_stdlib(PLAIN, note="every plugin installed"))


def test_no_program_can_tell() -> None:
    assert_no_difference(PLAIN)


def test_a_program_that_uses_no_feature_loads_no_plugin() -> None:
    script = (
        "import sys, heliosdb_sqlite as sqlite3\n"
        "connection = sqlite3.connect(':memory:')\n"
        "connection.execute('CREATE TABLE t(a)')\n"
        "connection.cursor().executemany('INSERT INTO t VALUES (?)', [(1,), (2,)])\n"
        "connection.commit()\n"
        "print(connection.execute('SELECT sum(a) FROM t').fetchone())\n"
        "connection.close()\n"
        "print(*sorted(name for name in sys.modules if name.startswith('heliosdb_') and '.' not in name))\n"
        "print(*sorted({'pluggy', 'pydantic', 'sqlglot', 'importlib.metadata'} & set(sys.modules)))\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert finished.stdout.splitlines() == ["(3,)", "heliosdb_sqlite", ""]
