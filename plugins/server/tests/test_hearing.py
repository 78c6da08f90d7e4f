"""What many clients hear at a time: notifications, and warnings from the features below a session."""

from __future__ import annotations

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import psycopg

from heliosdb_server.session import hearing

LISTENERS, SENDERS, EACH = 6, 4, 20


class HistoryWarning(UserWarning):
    """What time travel warns with."""


def test_each_listener_gets_each_notification_in_its_senders_order(server):
    listeners = [psycopg.connect(server.url, autocommit=True) for _ in range(LISTENERS)]
    for each in listeners:
        each.execute("LISTEN news")

    def send(number):
        with psycopg.connect(server.url, autocommit=True) as sender:
            for count in range(EACH):
                sender.execute("SELECT pg_notify('news', %s)", (f"{number} {count}",))

    def hear(listener):
        heard = listener.notifies(timeout=60, stop_after=SENDERS * EACH)
        found = [tuple(map(int, each.payload.split())) for each in heard]
        while len(found) < SENDERS * EACH:  # it may stop short of what has come together
            more = list(listener.notifies(timeout=60, stop_after=1))
            assert more, found
            found += [tuple(map(int, each.payload.split())) for each in more]
        return found

    with ThreadPoolExecutor(LISTENERS + SENDERS) as pool:
        hearing_now = [pool.submit(hear, each) for each in listeners]
        for sent in [pool.submit(send, number) for number in range(SENDERS)]:
            sent.result()
        for each in hearing_now:
            found = each.result()
            assert sorted(found) == [(number, count) for number in range(SENDERS) for count in range(EACH)]
            for number in range(SENDERS):
                assert [count for sender, count in found if sender == number] == list(range(EACH))
    for listener in listeners:
        listener.close()


def test_each_thread_hears_its_own_warnings_and_no_other():
    shown = []
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: shown.append(str(message))
        together = threading.Barrier(8)

        def warn(text):
            warnings.warn_explicit(
                HistoryWarning(text),
                None,
                "engine.py",
                1,
                module="heliosdb_server.session.engine",
                registry={},
            )

        def run(number):
            together.wait()
            for count in range(50):
                with hearing.heard() as said:
                    warn(f"{number} {count}")
                    warn(f"{number} {count}")  # the same text is told again
                assert said == [f"{number} {count}"] * 2
            warn(f"{number} to all")

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(run, number) for number in range(8)]:
                done.result()
    assert sorted(shown) == [f"{number} to all" for number in range(8)]
