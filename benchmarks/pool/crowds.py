"""Many threads, few connections: how long does the unluckiest one wait, and how much gets done?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from ..harness import Contender, Race, Work
from .contenders import Checkout, ours, queue_pool

THREADS = 32
CONNECTIONS = 5
WORST = 1 / 20


def crowd(checkout: Checkout, seconds: float) -> tuple[float, int]:
    """Let the threads read for so long. Return the longest that one waited for a connection, and the reads of all."""
    worst = [0.0] * THREADS
    done = [0] * THREADS
    begin = threading.Barrier(THREADS + 1)
    end = threading.Event()

    def work(number: int) -> None:
        begin.wait()
        while not end.is_set():
            asked = time.perf_counter()
            with checkout() as connection:
                worst[number] = max(worst[number], time.perf_counter() - asked)
                cursor = connection.cursor()
                cursor.execute("SELECT * FROM t")
                cursor.fetchall()
            done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    begin.wait()
    time.sleep(seconds)
    end.set()
    for thread in threads:
        thread.join()
    return max(worst), sum(done)


@contextmanager
def worst_wait(pool: Callable[[], AbstractContextManager[Checkout]], seconds: float) -> Iterator[Work]:
    """Work that takes as long as the longest wait."""
    with pool() as checkout:
        yield lambda _: crowd(checkout, seconds)[0]


@contextmanager
def each(pool: Callable[[], AbstractContextManager[Checkout]], seconds: float) -> Iterator[Work]:
    """Work that takes as long as one read does, all threads together."""
    with pool() as checkout:
        yield lambda _: seconds / crowd(checkout, seconds)[1]


def races(quick: bool) -> Iterator[Race]:
    """The races of many threads."""
    seconds = 0.5 if quick else 2.0
    for name, measure, target, unit in (
        (f"worst wait, {THREADS} threads on {CONNECTIONS} connections", worst_wait, WORST, "ms"),
        (f"a read of 100 rows, {THREADS} threads on {CONNECTIONS} connections", each, None, "us"),
    ):
        yield Race(
            name,
            Contender("QueuePool", partial(measure, partial(queue_pool, CONNECTIONS), seconds)),
            (
                Contender(
                    "connection_pool", partial(measure, partial(ours, CONNECTIONS), seconds), target=target
                ),
            ),
            times=1,
            self_timed=True,
            unit=unit,
        )
