"""The queue of writers: first come, first served; nobody overtakes; nobody waits for longer than he said."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pytest

from heliosdb_sqlite.tuning.concurrency.turns import Turns


def test_in_the_order_of_asking():
    turns, order = Turns(), []
    assert turns.take("holder", 1)

    def wait(number):
        turns.take(number, 30)
        order.append(number)
        turns.leave(number)

    threads = []
    for number in range(20):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(turns._waiting) <= number:
            time.sleep(0.001)
    turns.leave("holder")
    for thread in threads:
        thread.join(30)
    assert order == list(range(20))


def test_who_has_the_turn_may_ask_again():
    turns = Turns()
    assert turns.take("a", 0)
    assert turns.take("a", 0)
    turns.leave("a")
    assert turns.take("b", 0)


def test_who_gives_up_is_not_called():
    turns = Turns()
    turns.take("a", 0)
    assert not turns.take("b", 0.01)
    turns.leave("a")
    assert turns.take("c", 0)


def test_one_whose_turn_it_is_not_leaves_nothing():
    turns = Turns()
    turns.take("a", 0)
    turns.leave("b")
    assert turns.is_held_by("a")
    assert not turns.take("b", 0)


def test_only_one_at_a_time_under_load():
    turns, inside, worst = Turns(), 0, 0

    def work(number):
        nonlocal inside, worst
        for _ in range(200):
            if turns.take(number, 0.001 if number % 3 == 0 else 30):
                inside += 1
                worst = max(worst, inside)
                time.sleep(0)
                inside -= 1
                turns.leave(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert worst == 1
    assert turns.take("afterwards", 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no interval timers")
def test_who_is_interrupted_is_not_called():
    def interrupt(number, frame):
        raise KeyboardInterrupt

    turns = Turns()
    assert turns.take("a", 0)
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        with pytest.raises(KeyboardInterrupt):
            turns.take("b", 30)
    finally:
        signal.signal(signal.SIGALRM, before)
    turns.leave("a")
    assert turns.take("c", 0)
