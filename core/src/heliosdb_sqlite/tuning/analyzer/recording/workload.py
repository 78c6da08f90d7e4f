"""What a program ran: one record for each shape of statement, with samples of its parameters, in bounded memory."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from ...._standard import sqlite3
from ....plugins import Parameters
from ....sql.lexer import verb
from .shape import shape_of

SHAPES = 1000  # records; those that took the least time make room
SAMPLES = 4  # sets of parameters kept for each
SAMPLE_BYTES = 64 << 10  # a bigger set is not kept
TEXT_LENGTH = 100_000  # characters; a longer statement is not recorded
ALL_BYTES = 8 << 20  # of texts and samples together
SLOW = 200  # entries of the slow-query log kept in memory


class Sample(NamedTuple):
    """One run of a statement: what SQLite was given."""

    text: str
    parameters: Parameters
    guessed: bool = False

    def __repr__(self) -> str:
        return f"Sample({self.text!r}, {len(self.parameters)} parameters)"


class SlowQuery(NamedTuple):
    """A statement that took as long as ``slow_query_seconds``, or longer."""

    query: str
    seconds: float
    at: float
    """When it ended: seconds since 1970."""
    parameters: Parameters | None = None
    """None unless ``slow_query_parameters`` asked for them."""


class Recorded:
    """What is known of one shape of statement."""

    __slots__ = ("errors", "query", "runs", "samples", "seconds", "shape", "size", "sizes", "slowest", "verb")

    def __init__(self, shape: str, query: str) -> None:
        self.shape = shape
        self.query = query
        self.verb = verb(query)
        self.runs = 0
        self.errors = 0
        self.seconds = 0.0
        self.slowest = 0.0
        self.samples: list[Sample] = []
        self.sizes: list[int] = []  # of the samples, in bytes
        self.size = 2 * len(query) + len(shape)

    def __repr__(self) -> str:
        return f"Recorded({self.query!r}, runs={self.runs}, seconds={self.seconds:.3g})"


class Workload:
    """What the connections of this process to one database ran. Threads may add to it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[str, Recorded] = {}
        self._bytes = 0
        self.forgotten = 0  # shapes that made room
        self.slow: deque[SlowQuery] = deque(maxlen=SLOW)

    def ran(self, shape: str, query: str, text: str, parameters: Parameters) -> None:
        """Count a run, and keep its parameters now and then: the first three, and ever fewer after that.

        :param query: the statement as the program wrote it
        :param text: as SQLite ran it
        """
        with self._lock:
            record = self._records.get(shape) or self._new(shape, query)
            record.runs += 1
            runs = record.runs
            if runs > 3 and runs & (runs - 1):
                return
            kept = _kept(parameters)
            if kept is not None:
                self._keep(record, Sample(text, kept[0]), kept[1] + 2 * len(text))

    def _keep(self, record: Recorded, sample: Sample, size: int) -> None:
        at = len(record.samples)
        if at == SAMPLES:
            at = 1 + record.runs.bit_length() % (SAMPLES - 1)  # the first one stays
        grown = size - sum(record.sizes[at : at + 1])
        if self._bytes + grown > ALL_BYTES:
            return
        record.samples[at : at + 1] = [sample]
        record.sizes[at : at + 1] = [size]
        record.size += grown
        self._bytes += grown

    def took(self, shape: str, seconds: float, *, failed: bool) -> None:
        """Note how long a run took."""
        with self._lock:
            record = self._records.get(shape)
            if record is not None:
                record.errors += failed
                record.seconds += seconds
                record.slowest = max(record.slowest, seconds)

    def statements(self) -> list[Recorded]:
        """Return the records, those that took most time first."""
        with self._lock:
            return sorted(self._records.values(), key=lambda record: -record.seconds)

    def add(self, sample: Sample, runs: int = 1) -> None:
        """Put in a statement that comes from elsewhere, with how often it runs."""
        shape = shape_of(sample.text)
        with self._lock:
            record = self._records.get(shape) or self._new(shape, sample.text)
            record.runs += runs
            if len(record.samples) < SAMPLES:
                record.samples.append(sample)

    def _new(self, shape: str, query: str) -> Recorded:
        if len(self._records) >= SHAPES or self._bytes > ALL_BYTES // 4 * 3:
            by_time = sorted(self._records.values(), key=lambda each: each.seconds)
            for each in by_time[: max(1, len(by_time) // 10)]:
                del self._records[each.shape]
                self._bytes -= each.size
                self.forgotten += 1
        record = self._records[shape] = Recorded(shape, query)
        self._bytes += record.size
        return record

    def __repr__(self) -> str:
        return f"Workload({len(self._records)} statements)"


def slow_query(query: str, seconds: float, parameters: Parameters | None) -> SlowQuery:
    """Return an entry of the slow-query log for a statement that has just ended."""
    return SlowQuery(query, seconds, time.time(), parameters)


_SHARED: WeakValueDictionary[str, Workload] = WeakValueDictionary()
_SHARED_LOCK = threading.Lock()


def workload_of(file: str) -> Workload:
    """Return the workload of a database file, one for all connections to it; "" has no file."""
    if not file:
        return Workload()
    with _SHARED_LOCK:
        found = _SHARED.get(file)
        if found is None:
            found = _SHARED[file] = Workload()
        return found


def _kept(parameters: Parameters) -> tuple[Parameters, int] | None:
    """Return a copy of the parameters, made of what SQLite stores, and its size; None where that can't be had."""
    try:
        if isinstance(parameters, Mapping):
            values: dict[str, Any] = {str(name): _plain(value) for name, value in parameters.items()}
            size = _size(values.values())
            return (values, size) if size <= SAMPLE_BYTES else None
        listed = tuple(map(_plain, parameters))
        size = _size(listed)
        return (listed, size) if size <= SAMPLE_BYTES else None
    except Exception:  # noqa: BLE001 - an adapter of the program's may raise anything; its statement will tell
        return None


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None or kind is int or kind is float or kind is str or kind is bytes:
        return value
    if isinstance(value, int | float | str):
        return value + 0 if not isinstance(value, str) else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, date) and _standard_adapter(type(value)):
        # What the standard library's adapter returns; from 3.12 on calling it warns, and blames this line.
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return sqlite3.adapt(value, sqlite3.PrepareProtocol)


def _standard_adapter(kind: type) -> bool:
    adapter = sqlite3.adapters.get((kind, sqlite3.PrepareProtocol))
    return getattr(adapter, "__module__", "").startswith("sqlite3")


def _size(values: Iterable[Any]) -> int:
    return sum(50 + (len(value) if isinstance(value, str | bytes) else 0) for value in values)
