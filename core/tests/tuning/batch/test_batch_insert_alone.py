"""A program's first batch_insert() loads what inserts, and no plugin."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import sys
import heliosdb_sqlite
conn = heliosdb_sqlite.connect(":memory:")
conn.execute("CREATE TABLE t (a)")
print(conn.cursor().batch_insert("t", ["a"], [(1,), (2,)]))
print(heliosdb_sqlite.Cursor.batch_insert(conn.cursor(), "t", ["a"], [(3,)]))
print(*{"pluggy", "pydantic", "sqlglot", "importlib.metadata"}.intersection(sys.modules))
conn.close()
"""


def run(**environment):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env={**os.environ, **environment}
    )


def test_no_plugin_is_loaded_for_it():
    done = run()
    assert (done.stdout, done.stderr) == ("2\n1\n\n", "")


def test_it_can_be_disabled_like_every_plugin():
    assert (
        "AttributeError: 'Cursor' object has no attribute 'batch_insert'"
        in run(HELIOSDB_DISABLE_PLUGINS="batch").stderr
    )
