"""What a program that uses no plugin does not import."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "pluggy",
    "pydantic",
    "sqlglot",
    "importlib.metadata",
    "typing",
    "re",
    "dataclasses",
    "logging",
    "click",
    "rich",
)

PROGRAM = """
import sys
before = set(sys.modules)
import sqlite3
standard = set(sys.modules)
import heliosdb_sqlite
conn = heliosdb_sqlite.connect(":memory:")
with conn:
    conn.execute("CREATE TABLE t (a)")
    conn.cursor().executemany("INSERT INTO t VALUES (?)", [(1,)])
conn.execute("SELECT * FROM t").fetchall()
conn.close()
print(*sorted(set(sys.modules) - standard))
"""


def imported_by(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, env=environment()
    )
    assert done.stderr == ""
    return set(done.stdout.split())


def environment() -> dict[str, str]:
    import os
    from pathlib import Path

    import heliosdb_sqlite

    # Without site, whose .pth files import what they like; so the package is found by its place.
    return {**os.environ, "PYTHONPATH": str(Path(heliosdb_sqlite.__file__).parents[1])}


def test_plain_use_imports_a_handful_of_small_modules_of_our_own():
    modules = imported_by(PROGRAM)
    assert modules.isdisjoint(HEAVY)
    ours = {name for name in modules if name.startswith("heliosdb_sqlite")}
    assert not any(name.startswith(("heliosdb_sqlite.plugins", "heliosdb_sqlite._active")) for name in ours)
    assert len(ours) <= 10, ours


def test_importing_a_submodule_by_name_loads_no_plugin():
    program = "import sys\nfrom heliosdb_sqlite import sql\nprint(*sys.modules)"
    assert imported_by(program).isdisjoint(("pluggy", "pydantic", "heliosdb_sqlite.plugins"))
