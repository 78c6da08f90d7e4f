"""What does it cost to take a connection and to bring it back?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from ..harness import Contender, Race, Work
from .contenders import Checkout, ours, queue_pool

MOST = 3e-6  # seconds for taking a connection and bringing it back
Use = Callable[[Checkout], Callable[[int], None]]


def taken(checkout: Checkout) -> Callable[[int], None]:
    """Take a connection and bring it back."""

    def work(times: int) -> None:
        for _ in range(times):
            with checkout():
                pass

    return work


def read(checkout: Checkout) -> Callable[[int], None]:
    """Read one row with it."""

    def work(times: int) -> None:
        for _ in range(times):
            with checkout() as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT name FROM t WHERE id = 50")
                cursor.fetchone()

    return work


def left(checkout: Checkout) -> Callable[[int], None]:
    """Leave a cursor unread and a transaction open."""

    def work(times: int) -> None:
        for _ in range(times):
            with checkout() as connection:
                connection.cursor().execute("BEGIN")
                cursor = connection.cursor()
                cursor.execute("SELECT name FROM t")

    return work


@contextmanager
def using(pool: Callable[[], AbstractContextManager[Checkout]], use: Use) -> Iterator[Work]:
    """Prepare one contender's work."""
    with pool() as checkout:
        yield use(checkout)


def nothing(times: int) -> None:
    """Do as little as a loop can."""
    for _ in range(times):
        with nullcontext():
            pass


def races(quick: bool) -> Iterator[Race]:
    """The races of one thread."""
    empty = Contender("a with block", lambda: nullcontext(nothing))
    yield Race(
        "take a connection and bring it back",
        empty,
        (Contender("connection_pool", partial(using, partial(ours, 5), taken), extra=MOST),),
    )
    for name, use, target in (
        ("take a connection and bring it back", taken, 1.0),
        ("... and read a row", read, 1.0),
        # QueuePool lets the cursor keep its lock.
        ("... and leave a transaction and a cursor open", left, None),
    ):
        yield Race(
            name,
            Contender("QueuePool", partial(using, partial(queue_pool, 5), use)),
            (Contender("connection_pool", partial(using, partial(ours, 5), use), target=target),),
        )
