"""Statement timeouts: they come when their time is over, and those that were called off are forgotten."""

from __future__ import annotations

import threading

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
