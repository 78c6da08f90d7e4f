"""One size of the data: everybody builds, is asked the same, and takes turns with HeliosDB."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from ..harness import Contender, Race, Result, Work, run
from .data import SHARES, make, nearest, vectors
from .stores import STORES
from .stores.contract import Condition, Store, remove, size_of
from .worker import Worker, built

QUESTIONS: dict[str, tuple[Condition | None, bool]] = {
    "all rows": (None, False),
    **{share: ((0, width), False) for share, width in SHARES.items()},
    "1 %, changing": ((0, SHARES["1 %"]), True),
    "changing, indexed": ((0, SHARES["1 %"]), True),
}
"""What is asked: the rows that a condition leaves, and whether it is another one each time."""
EXACT = "heliosdb, exact"
INDEXED = "heliosdb, SQL index"
"""The same with an index on the condition's column, which answers "changing, indexed"; peers have what they have."""
AT = 100_000
TARGETS = {
    ("sqlite-vec scalar", "all rows"): 20.0,
    ("vec0", "all rows"): 20.0,
    ("vec0, mmap", "all rows"): 10.0,
    ("DuckDB", "all rows"): 15.0,
    ("LanceDB flat", "all rows"): 40.0,
    ("Chroma", "all rows"): 5.0,
    ("LanceDB IVF_HNSW_SQ", "all rows"): 10.0,
    ("faiss HNSW32", "all rows"): 1 / 1.5,
    **{("vec0", share): 3.0 for share in SHARES},
    **{("DuckDB", share): 2.0 for share in SHARES},
    ("vec0", "changing, indexed"): 3.0,
    ("DuckDB", "changing, indexed"): 2.0,
}
"""How many times HeliosDB's time a peer should need at least, at 100,000 rows."""


@dataclass
class Measured:
    """What one store has shown of itself."""

    store: str
    rows: int
    exact: bool
    facts: dict[str, float] = field(default_factory=dict)
    recall: dict[str, float] = field(default_factory=dict)
    cpu_ms: dict[str, float] = field(default_factory=dict)
    wall_ms: dict[str, float] = field(default_factory=dict)
    times: dict[str, Result] = field(default_factory=dict)
    """Against HeliosDB, taking turns."""
    error: str = ""


def compared(
    rows: int,
    folder: Path,
    rounds: int,
    wanted: Callable[[str], bool],
    method: str,
    tell: Callable[[Measured], None],
    *,
    count: int | None = None,
    patience: float | None = None,
) -> list[Measured]:
    """Return what everybody has shown with so many rows.

    :param count: how many queries the recall is measured with; None: all
    :param patience: the seconds after which a store that is still building is given up

    :param tell: is told of each as soon as it has
    :param wanted: tells by its name whether a store takes part
    :param method: the approximate index of HeliosDB's that peers' are compared with
    """
    given = folder / "vectors.npy"
    chosen = f"heliosdb, {method}"
    make(rows, given)
    found = vectors(given)
    right = {
        name: nearest(found, None if asked is None else asked[1])
        for name, (asked, changing) in QUESTIONS.items()
        if not changing
    }
    mine = [
        store
        for store in STORES
        if store.ours and (wanted(store.name) or store.name in (EXACT, INDEXED, chosen))
    ]
    everyone: list[Measured] = []
    ours: dict[str, Worker] = {}
    with ExitStack() as stack:
        for store in [*mine, *(each for each in STORES if not each.ours and wanted(each.name))]:
            if not store.installed:
                continue
            print(f"{rows:,}: {store.name} ...", file=sys.stderr, flush=True)
            measured = Measured(store.name, rows, store.exact)
            everyone.append(measured)
            place = folder / store.name.replace(", ", "-").replace(" ", "-")
            place.mkdir()
            try:
                measured.facts = {
                    **built(store.name, place, given, patience),
                    "file_mb": size_of(place) / 1e6,
                }
                worker = Worker(store.name, place)
            except RuntimeError as error:
                measured.error = str(error)
                remove(place)
                tell(measured)
                continue
            _ask(measured, store, worker, right, count)
            if store.name in (EXACT, INDEXED, chosen):
                ours[store.name] = worker
                stack.callback(worker.close)
            elif store.ours:
                worker.close()
                remove(place)
            else:
                try:
                    _race(measured, store, worker, ours, rounds, method)
                finally:
                    worker.close()
                    remove(place)
            tell(measured)
    return everyone


def _questions(store: Store) -> Iterator[tuple[str, Condition | None, bool]]:
    for name, (asked, changing) in QUESTIONS.items():
        if asked is None or store.filters:
            yield name, asked, changing


def _ask(
    measured: Measured, store: Store, worker: Worker, right: dict[str, list[set[int]]], count: int | None
) -> None:
    measured.facts.update(worker.facts)
    for name, asked, changing in _questions(store):
        if not changing:
            found = worker.found(asked, count)
            hits = sum(len(mine & every) for mine, every in zip(found, right[name], strict=False))
            measured.recall[name] = hits / (10 * len(found))
        for times in (2, 30):
            cpu, wall = worker.search(times, asked, changing=changing)
            if wall > 0.1:
                break
        measured.cpu_ms[name] = cpu / times * 1e3
        measured.wall_ms[name] = wall * 1e3


def _race(
    measured: Measured, store: Store, worker: Worker, ours: dict[str, Worker], rounds: int, method: str
) -> None:
    """Let a peer and HeliosDB take turns, for each question that both can answer."""
    index = f"heliosdb, {method}" if f"heliosdb, {method}" in ours else EXACT
    for name, asked, changing in _questions(store):
        me = EXACT if store.exact or asked is not None else index
        me = INDEXED if name == "changing, indexed" else me
        times = max(1, min(30, int(200 / max(measured.cpu_ms[name], 0.1))))
        target = TARGETS.get((store.name, name)) if measured.rows == AT else None
        race = Race(
            f"{name} of {measured.rows:,}",
            Contender(store.name, _turns(worker, asked, changing)),
            (Contender(me, _turns(ours[me], asked, changing), target=1 / target if target else None),),
            times=times,
            self_timed=True,
            unit="ms",
        )
        (measured.times[name],) = run(race, rounds)


def _turns(
    worker: Worker, asked: Condition | None, changing: bool
) -> Callable[[], AbstractContextManager[Work]]:
    return lambda: nullcontext(lambda times: worker.search(times, asked, changing=changing)[0])
