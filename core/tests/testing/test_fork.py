"""A function runs in a forked child, and whatever becomes of it reaches the test."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.testing import forked

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform can't fork")


@needs_fork
class TestForked:
    def test_it_runs_in_another_process_that_has_what_this_one_has(self):
        local = {"here": 1}

        def look(word):
            local[word] = 2
            return os.getppid(), local

        assert forked(look, "there") == (os.getpid(), {"here": 1, "there": 2})
        assert local == {"here": 1}

    def test_a_result_may_be_large(self):
        assert forked(bytes, 10_000_000) == bytes(10_000_000)

    def test_an_error_is_shown_with_the_childs_traceback(self):
        def fails():
            raise LookupError("nothing here")

        with pytest.raises(
            AssertionError, match=r"fails\(\) raised in a forked child\n[^$]*in fails[^$]*nothing here"
        ):
            forked(fails)

    @pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt()])
    def test_so_is_one_that_would_end_the_process(self, error):
        def leaves():
            raise error

        with pytest.raises(AssertionError, match=type(error).__name__):
            forked(leaves)

    def test_a_result_that_can_not_be_handed_over_is_an_error(self):
        with pytest.raises(AssertionError, match="pickle"):
            forked(threading.Lock)

    @pytest.mark.parametrize(
        ("die", "how"),
        [
            (lambda: os.kill(os.getpid(), signal.SIGKILL), "which SIGKILL killed"),
            (lambda: os._exit(3), "which ended with exit code 3"),
        ],
    )
    def test_a_child_that_dies_is_noticed(self, die, how):
        with pytest.raises(AssertionError, match=f"did not come to its end in a forked child, {how}"):
            forked(die)

    def test_a_child_that_takes_too_long_is_killed(self):
        with pytest.raises(AssertionError, match=r"took more than 0.5 s in a forked child, which was killed"):
            forked(time.sleep, 3600, timeout=0.5)
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)

    def test_exit_handlers_are_the_parents(self, tmp_path):
        import atexit

        def leave_a_mark():
            (tmp_path / "mark").touch()

        atexit.register(leave_a_mark)
        try:
            forked(int)
        finally:
            atexit.unregister(leave_a_mark)
        assert not (tmp_path / "mark").exists()

    def test_threads_are_no_reason_to_warn(self):
        done = threading.Event()
        thread = threading.Thread(target=done.wait)
        thread.start()
        try:
            assert forked(int) == 0
        finally:
            done.set()
            thread.join()

    def test_a_child_writes_to_the_same_database_by_a_connection_of_its_own(self, tmp_path):
        def write(number):
            conn = heliosdb_sqlite.connect(tmp_path / "a.db")
            with conn:
                conn.execute("CREATE TABLE IF NOT EXISTS t (a)")
                conn.execute("INSERT INTO t VALUES (?)", (number,))
            conn.close()

        write(1)
        forked(write, 2)
        conn = sqlite3.connect(tmp_path / "a.db")
        assert conn.execute("SELECT a FROM t").fetchall() == [(1,), (2,)]
        conn.close()


def test_a_platform_that_can_not_fork_says_so(monkeypatch):
    monkeypatch.delattr(os, "fork", raising=False)
    with pytest.raises(NotImplementedError, match="skipif"):
        forked(int)
