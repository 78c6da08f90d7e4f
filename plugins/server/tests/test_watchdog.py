"""Statement timeouts: they come when their time is over, and those that were called off are forgotten."""

from __future__ import annotations

import threading

import pytest

from heliosdb_server.session.watchdog import Watchdog


def test_times_that_are_called_off_do_not_pile_up():
    watchdog = Watchdog()
    try:
        for _ in range(10_000):
            watchdog.after(3600, lambda: None)()
        assert len(watchdog._heap) < 200
    finally:
        watchdog.stop()


def test_a_shorter_time_comes_before_a_longer_one_that_was_set_first():
    watchdog, told = Watchdog(), threading.Event()
    try:
        watchdog.after(3600, lambda: None)
        call_off = watchdog.after(0.01, told.clear)
        call_off()
        watchdog.after(0.01, told.set)
        assert told.wait(30)
    finally:
        watchdog.stop()


def test_one_that_fails_keeps_no_other_from_its_time(caplog):
    watchdog, told = Watchdog(), threading.Event()
    try:
        watchdog.after(0, lambda: 1 / 0)
        watchdog.after(0.01, told.set)
        assert told.wait(30)
        assert "ZeroDivisionError" in caplog.text
    finally:
        watchdog.stop()


def test_without_a_thread_it_says_so_and_can_be_stopped(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    watchdog = Watchdog()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            watchdog.start()
    watchdog.start()
    watchdog.stop()
