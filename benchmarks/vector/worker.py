"""A process of its own for each store: what it takes is counted apart, and it searches when it is its turn."""

from __future__ import annotations

import multiprocessing
import os
import resource
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from .data import CLASSES, queries, vectors
from .stores import BY_NAME
from .stores.contract import Condition, Search

_ONE_THREAD = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "LANCE_CPU_THREADS",
    "TOKIO_WORKER_THREADS",
)


class Worker:
    """The other end of a process that builds or searches."""

    def __init__(
        self, name: str, folder: Path, given: Path | None = None, patience: float | None = None
    ) -> None:
        self.name = name
        for each in _ONE_THREAD:  # for everybody; read when the libraries are loaded
            os.environ.setdefault(each, "1")
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, name, folder, given), daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(patience):
            self._process.kill()
            self._process.join()
            raise RuntimeError(f"not built within {patience:.0f} seconds")
        self.facts: dict[str, Any] = self._answer()
        """What building took, or opening."""

    def search(
        self, times: int, condition: Condition | None, *, changing: bool = False
    ) -> tuple[float, float]:
        """Search so many times; return the seconds of processor time that took, and the median by the clock.

        :param changing: the condition is another one each time, as selective as this
        """
        self._pipe.send((times, condition, changing))
        found: tuple[float, float] = self._answer()
        return found

    def found(self, condition: Condition | None, count: int | None = None) -> list[set[int]]:
        """Return the ids of the rows that each query finds, or each of the first ``count``."""
        self._pipe.send((0, condition, count))
        found: list[set[int]] = self._answer()
        return found

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join()

    def _answer(self) -> Any:
        try:
            kind, value = self._pipe.recv()
        except EOFError:
            raise RuntimeError(f"{self.name}: its process ended with {self._process.exitcode}") from None
        if kind == "error":
            raise RuntimeError(f"{self.name}: {value}")
        return value


def built(name: str, folder: Path, given: Path, patience: float | None = None) -> dict[str, Any]:
    """Have a store take in the vectors of the file ``given``; return what that took."""
    worker = Worker(name, folder, given, patience)
    worker.close()
    return worker.facts


def _serve(pipe: Connection, name: str, folder: Path, given: Path | None) -> None:
    store = BY_NAME[name]
    try:
        if given is not None:
            took = store.build(folder, vectors(given))
            pipe.send(("facts", {**took._asdict(), "peak_mb": _peak()}))
            return
        asked = queries()
        before = _resident()
        start = time.perf_counter()
        with store.open(folder) as search:
            search(asked[0], None)
            first = time.perf_counter() - start
            for query in asked:
                search(query, None)
            pipe.send(("facts", {"first_s": first, "memory_mb": _resident() - before}))
            _take_turns(pipe, search, asked)
    except EOFError:
        pass
    except BaseException as error:  # noqa: BLE001 - told where it matters
        pipe.send(("error", repr(error)))


def _take_turns(pipe: Connection, search: Search, asked: Any) -> None:
    turn = 0
    while True:
        times, condition, changing = pipe.recv()
        if not times:
            pipe.send(("found", [{row[0] for row in search(query, condition)} for query in asked[:changing]]))
            continue
        search(asked[turn % len(asked)], condition)  # caches as they are in use, whoever's turn was before
        took = []
        cpu = time.process_time()
        for _ in range(times):
            turn += 1
            if changing and condition is not None:
                condition = _moved(condition, turn)
            start = time.perf_counter()
            search(asked[turn % len(asked)], condition)
            took.append(time.perf_counter() - start)
        pipe.send(("took", (time.process_time() - cpu, statistics.median(took))))


def _moved(condition: Condition, turn: int) -> Condition:
    width = condition[1] - condition[0]
    first = turn * 7 % (CLASSES - width)
    return first, first + width


def _resident() -> float:
    """Return the memory that the process has now, in MB."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1000
    except OSError:  # no Linux
        pass
    return _peak()


def _peak() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)
