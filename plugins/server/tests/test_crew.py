"""One thread answers all who are quick, and nobody is kept waiting by one who is not."""

from __future__ import annotations

import random
import selectors
import socket
import threading
import time

import pytest

from heliosdb_server.network import crew as module
from heliosdb_server.network import readiness
from heliosdb_server.network.crew import After, Crew
from heliosdb_server.session.watchdog import Watchdog

SOON = 30  # seconds: more than any machine needs


class Polled(readiness.Selector):
    """As on Windows, where a wait does not notice what is added."""

    def __init__(self):
        super().__init__()
        self._selector = selectors.SelectSelector()
        self.notices = False
        self.close = self._selector.close


class Echo:
    """A member that does as its bytes say, and sends them back."""

    def __init__(self, crew):
        self.crew = crew
        self.slow = False
        self.mine, self.yours = socket.socketpair()
        self.yours.settimeout(SOON)
        self.threads: list[int] = []
        self.called = self.synced = self.settled = 0
        self.stalls = False
        self.finished = threading.Event()
        self.at_it = threading.Lock()
        self.go_on = threading.Event()
        self.waits = threading.Event()

    def fileno(self):
        return self.mine.fileno()

    def answer(self, *, readable):
        assert self.at_it.acquire(blocking=False), "two threads at one client"
        try:
            self.threads.append(threading.get_ident())
            if not readable:
                self.called += 1
                return After.NOTHING
            data = self.mine.recv(1)
            if data == b"f":
                raise ValueError("what nobody has thought of")
            if data == b"l":
                self.crew.leave()
            if data in (b"w", b"l"):
                self.waits.set()
                self.go_on.wait(SOON)
            if data == b"r":
                time.sleep(random.choice((0, 0, 0.001, 0.02)))
            if data == b"s":
                return After.SETTLING
            if data == b"":
                return After.END
            try:
                self.mine.sendall(data)
            except OSError:
                return After.END
            return After.NOTHING
        finally:
            self.at_it.release()

    def sync(self):
        self.synced += 1

    def settle(self):
        assert self.at_it.acquire(blocking=False), "two threads at one client"
        self.settled += 1
        if self.stalls:
            self.waits.set()
            self.go_on.wait(SOON)
        self.mine.sendall(b"s")
        self.at_it.release()
        return After.NOTHING

    def finish(self):
        self.mine.close()
        self.finished.set()

    def ask(self, data):
        self.yours.sendall(data)
        return self.yours.recv(1)


def all_threads():
    return [each for each in threading.enumerate() if each.name == "heliosdb-crew"]


def wait_for(met):
    end = time.monotonic() + SOON
    while not met() and time.monotonic() < end:
        time.sleep(0.001)
    assert met()


@pytest.fixture(params=["the best", "selectors", "select"])
def crew(request, monkeypatch):
    if request.param != "the best":
        kind = readiness.Selector if request.param == "selectors" else Polled
        monkeypatch.setattr(module, "readiness", kind)
    watchdog = Watchdog()
    made = Crew(watchdog.after)
    yield made
    made.stop(SOON)
    watchdog.stop()
    assert not all_threads()


@pytest.fixture
def members(crew):
    made = []

    def make(count=1):
        found = [Echo(crew) for _ in range(count)]
        made.extend(found)
        for each in found:
            crew.add(each)
        wait_for(lambda: all(each.called for each in found))  # each is, once, when it is taken in
        return found

    yield make
    for each in made:
        each.go_on.set()
        each.yours.close()
    assert crew.wait_until_empty(SOON)
    assert all(each.finished.wait(SOON) for each in made)


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", SOON)
    monkeypatch.setattr(module, "_QUICK", SOON)


def test_one_thread_answers_all_who_are_quick(patient, members):
    found = members(5)
    for _ in range(20):
        assert [each.ask(b"a") for each in found] == [b"a"] * 5
    assert len({thread for each in found for thread in each.threads}) == 1
    assert len(all_threads()) == 1


def test_who_takes_long_keeps_nobody(members):
    long, other = members(2)
    long.yours.sendall(b"w")
    assert long.waits.wait(SOON)
    assert other.ask(b"a") == b"a"
    assert long.slow
    long.go_on.set()
    assert long.yours.recv(1) == b"w"
    wait_for(lambda: long.ask(b"a") == b"a" and not long.slow)  # a quick answer makes it quick again


def test_who_is_known_to_take_long_hands_the_lead_on_first(patient, members):
    long, other = members(2)
    long.slow = True
    long.yours.sendall(b"w")
    assert long.waits.wait(SOON)
    assert other.ask(b"a") == b"a"


def test_who_says_that_it_waits_keeps_nobody(patient, members):
    found = members(8)
    for each in found[:-1]:
        each.yours.sendall(b"l")
        assert each.waits.wait(SOON)
        assert found[-1].ask(b"a") == b"a"
    for each in found[:-1]:
        each.go_on.set()
        assert each.yours.recv(1) == b"l"
    assert [each.ask(b"a") for each in found] == [b"a"] * 8


def test_leaving_is_nothing_to_a_thread_that_does_not_lead(crew, patient, members):
    (one,) = members()
    crew.leave()
    assert one.ask(b"a") == b"a"
    assert len(all_threads()) == 1


def test_who_is_called_is_answered_unasked(crew, members):
    one, other = members(2)
    crew.call(one)
    wait_for(lambda: one.called == 2)
    assert other.called == 1


def test_who_is_called_while_it_is_busy_is_answered_behind_that(crew, members):
    one, other = members(2)
    one.yours.sendall(b"w")
    assert one.waits.wait(SOON)
    crew.call(one)
    assert other.ask(b"a") == b"a"
    assert one.called == 1
    one.go_on.set()
    wait_for(lambda: one.called == 2)


def test_who_is_called_when_it_is_gone_leaves_nothing_behind(crew, members):
    one, other = members(2)
    one.yours.close()
    assert one.finished.wait(SOON)
    wait_for(lambda: one not in crew._everyone)
    crew.call(one)
    assert other.ask(b"a") == b"a"
    assert not crew._called


def test_who_has_something_to_settle_is_told_after_all_have_been_answered(crew, patient, members):
    blocked, *found = members(4)
    blocked.yours.sendall(b"w")
    assert blocked.waits.wait(SOON)
    for each in found:  # they have all asked when the thread comes back to look
        each.yours.sendall(b"s")
    order = []
    for each in found:
        was = each.answer
        each.answer = lambda readable, was=was: order.append("answer") or was(readable=readable)
        settle = each.settle
        each.settle = lambda settle=settle: order.append("settle") or settle()
    blocked.go_on.set()
    assert [each.yours.recv(1) for each in found] == [b"s"] * 3
    assert order == ["answer"] * 3 + ["settle"] * 3


def test_who_is_called_and_has_something_to_settle_is_settled_first(crew, patient, members):
    blocked, one = members(2)
    blocked.yours.sendall(b"w")
    assert blocked.waits.wait(SOON)
    one.yours.sendall(b"s")
    crew.call(one)
    order = []
    settle, answer = one.settle, one.answer
    one.settle = lambda: order.append("settle") or settle()
    one.answer = lambda readable: (
        order.append("answer" if readable else "called") or answer(readable=readable)
    )
    blocked.go_on.set()
    assert one.yours.recv(1) == b"s"
    wait_for(lambda: one.called == 2)
    assert order in (["answer", "settle", "called"], ["called", "answer", "settle"])


def test_what_is_to_be_settled_does_not_wait_for_one_who_takes_long(members):
    for _ in range(20):
        quick, long = members(2)
        long.yours.sendall(b"w")
        quick.yours.sendall(b"s")
        assert quick.yours.recv(1) == b"s"
        assert quick.settled == 1
        long.go_on.set()


def test_who_does_not_read_what_was_settled_keeps_nobody(members):
    blocked, stalled, *found = members(5)
    stalled.stalls = True
    blocked.yours.sendall(b"w")
    assert blocked.waits.wait(SOON)
    for each in (stalled, *found):  # whose commits go to the disk together
        each.yours.sendall(b"s")
    blocked.go_on.set()
    assert [each.yours.recv(1) for each in found] == [b"s"] * 3
    assert stalled.waits.wait(SOON)
    assert [each.ask(b"a") for each in found] == [b"a"] * 3
    stalled.go_on.set()
    assert stalled.yours.recv(1) == b"s"


def test_a_slow_disk_keeps_nobody(crew, monkeypatch, members):
    one, other = members(2)
    go_on = threading.Event()
    monkeypatch.setattr(one, "sync", lambda: go_on.wait(SOON))
    for _ in range(2):  # the second time it is known
        one.yours.sendall(b"s")
        assert [other.ask(b"a") for _ in range(3)] == [b"a"] * 3
        go_on.set()
        assert one.yours.recv(1) == b"s"
        go_on.clear()
        crew._disk_is_slow = True


def test_a_thread_that_fails_by_itself_goes_on(crew, caplog, monkeypatch, members):
    one, other = members(2)
    real = crew._hear
    monkeypatch.setattr(crew, "_hear", lambda me: 1 / 0)
    crew.call(one)
    wait_for(lambda: "a thread that answers clients failed" in caplog.text)
    monkeypatch.setattr(crew, "_hear", real)
    assert [each.ask(b"a") for each in (one, other)] == [b"a"] * 2


def test_a_client_that_is_gone_is_finished(crew, members):
    one, other = members(2)
    one.yours.close()
    assert one.finished.wait(SOON)
    assert other.ask(b"a") == b"a"
    assert not crew.wait_until_empty(0)


def test_a_client_whose_answer_fails_is_finished_and_the_others_go_on(caplog, members):
    one, other = members(2)
    one.yours.sendall(b"f")
    assert one.finished.wait(SOON)
    assert other.ask(b"a") == b"a"
    assert "what nobody has thought of" in caplog.text


def test_threads_that_are_not_needed_any_more_end(members):
    found = members(40)
    for each in found:
        each.yours.sendall(b"l")
    assert all(each.waits.wait(SOON) for each in found)
    assert len(all_threads()) >= 40
    for each in found:
        each.go_on.set()
        assert each.yours.recv(1) == b"l"
    wait_for(lambda: len(all_threads()) <= 17)


def test_where_there_can_be_no_more_threads_one_answers_all(monkeypatch, members):
    found = members(3)
    assert found[0].ask(b"a") == b"a"

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        found[0].yours.sendall(b"l")
        assert found[0].waits.wait(SOON)
        found[1].yours.sendall(b"a")
        found[0].go_on.set()
        assert found[0].yours.recv(1) == b"l"
        assert found[1].yours.recv(1) == b"a"
        found[2].yours.close()
        assert found[2].finished.wait(SOON)
        assert found[1].ask(b"a") == b"a"


def test_without_any_thread_a_client_is_not_taken_in(crew, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    one = Echo(crew)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        crew.add(one)
    assert crew.wait_until_empty(0)
    one.mine.close()
    one.yours.close()


def test_quick_and_slow_clients_at_a_time_all_get_their_answers(crew, members):
    found = members(12)
    wrong = []

    def work(member, chance):
        for _ in range(150):
            data = chance.choice((b"a", b"a", b"a", b"r", b"s"))
            if chance.random() < 0.1:
                crew.call(member)
            if member.ask(data) != data:
                wrong.append(member)

    threads = [
        threading.Thread(target=work, args=(each, random.Random(seed))) for seed, each in enumerate(found)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(SOON)
    assert not wrong
    assert not any(each.is_alive() for each in threads)
