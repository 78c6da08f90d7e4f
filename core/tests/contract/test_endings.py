"""A connection's end: close, garbage collection, the interpreter's exit; and the trace of it all."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading

import pytest

import heliosdb_sqlite

PROGRAM = """
import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl, register

class Tells:
    @hookimpl
    def heliosdb_rollback(self):
        print("rollback")

    @hookimpl
    def heliosdb_close(self, connection):
        print("close", connection.execute("SELECT count(*) FROM t").fetchone()[0])

register(Tells(), "tells", always=True)
conn = heliosdb_sqlite.connect(":memory:")
conn.execute("CREATE TABLE t (a)")
conn.execute("INSERT INTO t VALUES (1)")
"""


def python(program, **environment):
    import os

    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_at_the_interpreters_exit_the_plugins_are_told():
    done = python(PROGRAM)
    assert (done.stdout, done.stderr, done.returncode) == ("rollback\nclose 0\n", "", 0)


def test_a_connection_that_is_collected_tells_its_plugins(recorder):
    def forget():
        conn = heliosdb_sqlite.connect(":memory:")
        conn.execute("CREATE TABLE t (a)")
        conn.execute("INSERT INTO t VALUES (1)")
        recorder.events.clear()

    def forget_and_collect():
        forget()
        gc.collect()

    if sys.version_info >= (3, 13):
        with pytest.warns(ResourceWarning):
            forget_and_collect()
    else:
        forget_and_collect()
    assert recorder.hooks() == ["rollback", "close"]


def test_a_connection_collected_in_another_thread_is_no_error(recorder):
    made = [heliosdb_sqlite.connect(":memory:")]
    raised = []

    def drop():
        made.clear()
        gc.collect()

    hook, sys.unraisablehook = sys.unraisablehook, raised.append
    try:
        thread = threading.Thread(target=drop)
        thread.start()
        thread.join()
    finally:
        sys.unraisablehook = hook
    assert [each for each in raised if each.exc_type is not ResourceWarning] == []


def test_closing_in_the_wrong_thread_runs_no_hook(recorder):
    conn = heliosdb_sqlite.connect(":memory:")
    recorder.events.clear()
    errors = []

    def close():
        try:
            conn.close()
        except heliosdb_sqlite.ProgrammingError as error:
            errors.append(str(error))

    thread = threading.Thread(target=close)
    thread.start()
    thread.join()
    assert len(errors) == 1
    assert "created in a thread" in errors[0]
    assert recorder.hooks() == []
    conn.close()


def test_the_trace_shows_which_hooks_ran_and_how_long():
    done = python(PROGRAM + "conn.close()", HELIOSDB_TRACE_PLUGINS="1")
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["heliosdb:", "tells", "heliosdb_rollback"],
        ["heliosdb:", "tells", "heliosdb_close"],
    ]
    assert all(line.endswith(" us") and float(line.split()[3]) >= 0 for line in lines)


def test_a_connection_can_be_opened_again_by_init(recorder, tmp_path):
    conn = heliosdb_sqlite.connect(tmp_path / "a.db")
    conn.execute("CREATE TABLE t (a)")
    conn.close()
    conn.__init__(tmp_path / "a.db")
    assert conn.execute("SELECT * FROM t").fetchall() == []
    conn.close()
    assert recorder.hooks("connect", "close") == ["connect", "close", "connect", "close"]
