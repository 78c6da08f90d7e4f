"""Many busy sessions answer one after the other, and none keeps the others for long."""

from __future__ import annotations

import threading

import pytest

from heliosdb_server.session.floor import Floor

SOON = 30  # seconds: more than any machine needs


SESSIONS = [object() for _ in range(8)]


def busy(floor):
    for session in SESSIONS:
        floor.enter(session)
    return floor


@pytest.fixture
def floor():
    return busy(Floor())


def beside(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_two_are_never_at_it_together_while_both_are_quick():
    floor = busy(Floor(patience=SOON))
    at_it, together = [], []

    def answer():
        for _ in range(200):
            floor.take()
            at_it.append(1)
            together.append(len(at_it))
            at_it.pop()
            floor.leave()

    for thread in [beside(answer) for _ in range(4)]:
        thread.join(SOON)
    assert set(together) == {1}
    assert len(together) == 800


def test_who_takes_long_keeps_nobody(floor):
    floor.take()
    went_on = threading.Event()

    def answer():
        floor.take()
        went_on.set()
        floor.leave()

    beside(answer)
    assert went_on.wait(SOON)
    floor.leave()


def test_a_wait_lets_the_others_answer_and_ends_with_the_turn(floor):
    floor.take()
    with floor.left():
        thread = beside(lambda: (floor.take(), floor.leave()))
        thread.join(SOON)
        assert not thread.is_alive()
    assert not floor.is_free()
    floor.leave()
    assert floor.is_free()


def test_who_has_no_turn_gets_none_by_a_wait(floor):
    with floor.left():
        pass
    assert floor.is_free()


def test_taking_it_twice_is_taking_it_once(floor):
    floor.take()
    floor.take()
    floor.leave()
    assert floor.is_free()


def test_a_few_sessions_do_without():
    floor = Floor()
    floor.enter(SESSIONS[0])
    floor.take()
    assert floor.is_free()


def test_who_leaves_for_good_gives_the_turn_on(floor):
    floor.take()
    floor.exit(SESSIONS[0])
    assert floor.is_free()


def test_what_was_left_behind_by_one_who_took_long_gives_no_second_turn(floor):
    floor.take()
    taken = threading.Event()
    done = threading.Event()

    def answer():
        floor.take()
        taken.set()
        done.wait(SOON)
        floor.leave()

    thread = beside(answer)
    assert taken.wait(SOON)
    floor.leave()  # what nobody waits for any more
    assert not floor.is_free()
    done.set()
    thread.join(SOON)
    assert floor.is_free()
