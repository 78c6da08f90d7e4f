"""What a store has to do: take the rows in once, and answer searches after it was opened again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

Condition = tuple[int, int]
"""Classes from the first to before the second: all others are left out."""

Search = Callable[[Any, Condition | None], list[Any]]
"""From a query vector and a condition to the ten nearest rows, each (id, title, distance)."""


class Built(NamedTuple):
    """What it took to take the rows in."""

    insert_s: float
    index_s: float = 0.0


@dataclass(frozen=True)
class Store:
    """One way to store vectors and to search them."""

    name: str
    module: str
    """What has to be installed for it."""
    build: Callable[[Path, Any], Built]
    """Takes the vectors in; the n-th row has the id n + 1, ``title(n)`` and ``class_of(n)``."""
    open: Callable[[Path], AbstractContextManager[Search]]
    exact: bool = True
    filters: bool = True
    """Whether it takes conditions."""
    ours: bool = False

    @property
    def installed(self) -> bool:
        """Whether it can take part."""
        return find_spec(self.module) is not None


def title(number: int) -> str:
    """Return the title of a row."""
    return f"title {number}"


def class_of(number: int) -> int:
    """Return the class of a row, from 0 to 999."""
    return number % 1000


def rows_of(vectors: Any) -> Iterator[tuple[int, str, int, memoryview]]:
    """Yield the rows as SQLite takes them."""
    for start in range(0, len(vectors), 10_000):
        some = vectors[start : start + 10_000].copy()
        for place, vector in enumerate(some):
            number = start + place
            yield number + 1, title(number), class_of(number), memoryview(vector)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes by the clock."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def remove(folder: Path) -> None:
    """Remove what a store has written."""
    shutil.rmtree(folder, ignore_errors=True)
