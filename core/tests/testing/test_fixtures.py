"""The fixtures as a plugin's author uses them: in a project of its own, run by pytest in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.ends

CONFTEST = 'pytest_plugins = ["heliosdb_sqlite.testing.fixtures"]\n'


@pytest.fixture
def run(tmp_path):
    """Run pytest on a test file, with warnings as errors; return its exit code and its output."""

    def run(test):
        (tmp_path / "conftest.py").write_text(CONFTEST)
        (tmp_path / "test_it.py").write_text(textwrap.dedent(test))
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-W",
            "error",
            "--rootdir",
            ".",
            ".",
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    return run


def test_the_report_begins_with_what_the_tests_ran_with(run):
    code, output = run("def test_nothing(): pass")
    assert code == 0
    assert "SQLite 3." in output
    assert ", heliosdb 0." in output
    assert ", plugins: " in output


def test_connect_opens_a_file_and_closes_what_is_left_open(run):
    code, output = run(
        """
        import sqlite3, heliosdb_sqlite, pytest

        left = []

        def test_one(connect, tmp_path):
            one, other, memory = connect(), connect(), connect(":memory:", isolation_level=None)
            one.execute("CREATE TABLE t (a)")
            assert other.execute("SELECT * FROM t").fetchall() == []
            assert (tmp_path / "test.db").exists()
            assert memory.isolation_level is None
            assert type(one) is heliosdb_sqlite.Connection
            other.close()
            left.extend([one, other, memory])

        def test_another():
            for connection in left:
                with pytest.raises(sqlite3.ProgrammingError, match="closed"):
                    connection.execute("SELECT 1")
        """
    )
    assert code == 0, output
    assert "2 passed" in output


def test_plugins_are_gone_at_the_end_of_the_test(run):
    code, output = run(
        """
        from heliosdb_sqlite.plugins import hookimpl

        class Counting:
            connections = 0

            @hookimpl
            def heliosdb_connect(self):
                self.connections += 1

        counting = Counting()

        def test_one(connect, recorder, register_plugin):
            assert register_plugin(counting) is counting
            register_plugin(Counting(), "another", always=False)
            connect()
            assert counting.connections == 1
            assert recorder.hooks() == ["open", "connect"]

        def test_another(connect):
            connect()
            assert counting.connections == 1
        """
    )
    assert code == 0, output
    assert "2 passed" in output


def test_the_report_ends_with_what_the_drop_in_checks_found(run):
    code, output = run(
        """
        def test_it(record_property):
            record_property("dropin", "CPython sqlite3 suite: same")
        """
    )
    assert code == 0, output
    assert "CPython sqlite3 suite: same" in output.partition(" drop-in ")[2]
