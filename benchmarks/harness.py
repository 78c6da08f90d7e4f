"""Fair ratios: contenders take turns in one process, CPU time is counted, medians and spreads are reported.

A benchmark is a :class:`Race`: one peer and the contenders that are compared with it, all doing the same work.
:func:`run` lets each take its turn in every round, in an order that is turned round from one round to the next, so
that a machine which slows down or speeds up does so for all of them. A contender's ratio is taken within each round;
the median over the rounds is the result, and the middle eight tenths are the spread.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any

Work = Callable[[int], object]
"""Does the work so many times; or returns the seconds it took, where only the work itself can tell."""


@dataclass(frozen=True)
class Contender:
    """Someone who does the work.

    >>> contender = Contender("addition", lambda: nullcontext(lambda times: sum(range(times))))
    """

    name: str
    prepare: Callable[[], AbstractContextManager[Work]]
    """Gives the work, set up once for all rounds."""
    turn: Callable[[], AbstractContextManager[object]] = nullcontext
    """Around each turn, outside of the time."""
    target: float | None = None
    """The ratio it should not exceed."""
    extra: float | None = None
    """The seconds it should not need more than the peer, for doing the work once."""


@dataclass(frozen=True)
class Race:
    """One question: who needs how much for the same work?"""

    name: str
    peer: Contender
    contenders: tuple[Contender, ...]
    times: int | None = None
    """How often the work is done in one turn; None finds a number that takes long enough to be measured."""
    self_timed: bool = False
    """The work returns the seconds it took."""
    unit: str = "us"
    """What the times are shown in: ``us`` or ``ms``, each for doing the work once."""


@dataclass(frozen=True)
class Result:
    """What one contender needed, compared with the peer."""

    race: str
    contender: str
    peer: str
    ratio: float
    low: float
    high: float
    rounds: int
    seconds: float
    """For doing the work once: the median."""
    peer_seconds: float
    target: float | None
    unit: str = field(default="us")
    extra: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the ratio or the seconds keep to their target, or None without one."""
        if self.extra is not None:
            return self.seconds - self.peer_seconds <= self.extra
        return None if self.target is None else round(self.ratio, 2) <= self.target

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        return {**asdict(self), "met": self.met}


ENOUGH = 0.02  # seconds of CPU time in one turn: a thousand times the clock's grain
FEWER = 16  # times as long a turn may become for who is slower; beyond, the work is done less often


def run(race: Race, rounds: int) -> list[Result]:
    """Let everyone take ``rounds`` turns; return a result for each contender."""
    everyone = (race.peer, *race.contenders)
    with ExitStack() as stack:
        works = [stack.enter_context(contender.prepare()) for contender in everyone]
        times = _times(race, everyone, works)
        took: list[list[float]] = [[] for _ in everyone]
        for number in range(rounds):
            order = range(len(everyone)) if number % 2 == 0 else reversed(range(len(everyone)))
            for index in order:
                took[index].append(
                    _one_turn(everyone[index], works[index], times[index], self_timed=race.self_timed)
                    / times[index]
                )
    return [
        _result(race, contender, took[0], mine)
        for contender, mine in zip(race.contenders, took[1:], strict=True)
    ]


def _times(race: Race, everyone: tuple[Contender, ...], works: list[Work]) -> list[int]:
    """Return how often each does the work in one turn: all the same number, where they are not far apart."""
    if race.times is not None:
        return [race.times] * len(works)
    enough = [_enough(contender, work) for contender, work in zip(everyone, works, strict=True)]
    return [min(max(enough), own * FEWER) for own in enough]


def _one_turn(contender: Contender, work: Work, times: int, *, self_timed: bool) -> float:
    with contender.turn(), _no_garbage_collection():
        if not self_timed:
            work(1)  # caches as they are in use, whoever's turn was before
        start = time.process_time()
        told = work(times)
        return float(told) if self_timed else time.process_time() - start  # type: ignore[arg-type]


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _enough(contender: Contender, work: Work) -> int:
    times = 1
    while (seconds := _one_turn(contender, work, times, self_timed=False)) < ENOUGH:
        times = max(times * 2, int(times * ENOUGH / max(seconds, 1e-6)))
    return times


def _result(race: Race, contender: Contender, peers: list[float], mine: list[float]) -> Result:
    ratios = [own / peer for own, peer in zip(mine, peers, strict=True)]
    if len(ratios) > 1:
        tenths = statistics.quantiles(ratios, n=10, method="inclusive")
    else:
        tenths = ratios
    return Result(
        race.name,
        contender.name,
        race.peer.name,
        ratio=statistics.median(ratios),
        low=tenths[0],
        high=tenths[-1],
        rounds=len(ratios),
        seconds=statistics.median(mine),
        peer_seconds=statistics.median(peers),
        target=contender.target,
        unit=race.unit,
        extra=contender.extra,
    )
