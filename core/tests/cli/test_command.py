"""The command itself: its help, its version, and what it says where its libraries are missing."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import heliosdb_sqlite

WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {name!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
"""


def test_the_version(heliosdb):
    assert heliosdb("--version").output == f"heliosdb, version {heliosdb_sqlite.__version__}\n"


def test_help_lists_the_commands(heliosdb):
    result = heliosdb("--help")

    assert result.exit_code == 0
    for command in ("demo", "info", "plugins"):
        assert f"\n  {command} " in result.output
    assert "..." not in result.output.partition("Commands:")[2]  # none is cut short


@pytest.mark.parametrize("name", ["click", "rich"])
def test_without_its_libraries_it_says_what_to_install(heliosdb_process, name):
    result = heliosdb_process("info", before=WITHOUT.format(name=name))

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == f"the command heliosdb needs the package {name}: pip install 'heliosdb[cli]'\n"


def test_importing_the_module_needs_neither(heliosdb_process):
    before = WITHOUT.format(name="click") + WITHOUT.format(name="rich")
    code = "import heliosdb_sqlite; print(heliosdb_sqlite.connect(':memory:').execute('SELECT 1').fetchone()); raise SystemExit"

    assert heliosdb_process(before=f"{before}\n{code}").stdout == "(1,)\n"


LOADED = """
import atexit, sys
names = ("analyzer", "branching", "crypto", "server", "timetravel", "vector")
atexit.register(lambda: print("loaded:", *(name for name in names if f"heliosdb_{name}" in sys.modules)))
"""


def test_a_command_loads_no_plugin_but_its_own(heliosdb_process, tmp_path):
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
    result = heliosdb_process("analyze", tmp_path / "app.db", before=LOADED)
    assert result.stdout.splitlines()[-1] == "loaded:"


def test_interrupted_while_it_starts_it_says_so(heliosdb_process):
    before = """
import sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "heliosdb_sqlite.cli.app":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt())
"""
    result = heliosdb_process("info", before=before)
    assert (result.returncode, result.stderr) == (1, "Aborted!\n")


def test_it_runs_as_a_process(heliosdb_process):
    result = heliosdb_process("plugins")

    assert (result.returncode, result.stderr) == (0, "")
    assert "vector" in result.stdout
