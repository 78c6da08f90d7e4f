"""How long statements take on the copy, all their rows included; what they write is taken back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from ....sql.quoting import quote_identifier
from ..recording.workload import Sample
from ..schema.catalog import Table
from .copy import OutOfTime, Trial

# On a copy in memory the thread's own time is the clock's, less what other programs take; where it is told finely.
_FINE = time.get_clock_info("thread_time").resolution < 1e-6
_clock = time.thread_time if _FINE else time.perf_counter
_ENOUGH = 0.05  # seconds of runs after which the best one is believed
_RUNS = 25  # that many are enough as well,
_LEAST = 0.005  # ... once they took so many seconds: a machine may be busy for a moment
_MOST = 1000


class Timed(NamedTuple):
    """The time of one run, the best of several."""

    seconds: float
    cut: bool = False  # it was interrupted, and would have taken longer


def time_statement(trial: Trial, samples: Sequence[Sample], *, writes: bool, allowed: float) -> Timed:
    """Run a statement with each of its samples, over and over, and return the best time of one run.

    :param allowed: seconds after which to interrupt the first run, and to begin no other
    :raises sqlite3.Error: the statement fails on the copy
    """
    begun = time.monotonic()
    best = float("inf")
    for number in range(_MOST):
        total = 0.0
        start = _clock()
        try:
            with trial.until(begun + allowed):
                for sample in samples:
                    total += _once(trial, sample, writes=writes)
        except OutOfTime:
            if number:
                break
            return Timed((_clock() - start) / len(samples), cut=True)
        best = min(best, total)
        spent = time.monotonic() - begun
        if (
            (number >= 2 and spent > _ENOUGH)
            or (number >= _RUNS and spent > _LEAST)
            or spent + total > allowed
        ):
            break
    return Timed(best / len(samples))


def _once(trial: Trial, sample: Sample, *, writes: bool) -> float:
    connection = trial.connection
    if writes:
        connection.execute("SAVEPOINT heliosdb_trial")
    try:
        with trial.guarded():
            start = _clock()
            deque(connection.execute(sample.text, sample.parameters), maxlen=0)
            return _clock() - start
    finally:
        if writes and connection.in_transaction:
            connection.execute("ROLLBACK TO heliosdb_trial")
            connection.execute("RELEASE heliosdb_trial")


def time_inserting(trial: Trial, table: Table, rows: int = 300) -> float:
    """Return the seconds that inserting one row takes, by taking some out and putting them back."""
    if not table.key:
        return 0.0
    connection = trial.connection
    stored = [quote_identifier(each.name) for each in table.columns.values() if not each.generated]
    columns = [*([table.rowid] if table.rowid and not table.integer_key else []), *stored]
    key, listed = ", ".join(table.key), ", ".join(columns)
    # From everywhere in the table: rows that come in one after the other would all land on the last page of an index.
    last = f"SELECT {key} FROM {table.quoted} ORDER BY random() LIMIT {rows}"
    insert = f"INSERT INTO {table.quoted} ({listed}) VALUES ({', '.join('?' * len(columns))})"
    factory, connection.text_factory = connection.text_factory, lambda text: text.decode("utf-8", "replace")
    connection.execute("SAVEPOINT heliosdb_trial")
    try:
        taken = connection.execute(
            f"SELECT {listed} FROM {table.quoted} WHERE ({key}) IN ({last})"
        ).fetchall()
        places = [columns.index(each) for each in table.key]
        where = " AND ".join(f"{each} = ?" for each in table.key)
        best = float("inf")
        for _ in range(3):
            connection.executemany(
                f"DELETE FROM {table.quoted} WHERE {where}",
                [tuple(row[at] for at in places) for row in taken],
            )
            start = _clock()
            connection.executemany(insert, taken)
            best = min(best, _clock() - start)
        return best / len(taken) if taken else 0.0
    finally:
        connection.text_factory = factory
        connection.execute("ROLLBACK TO heliosdb_trial")
        connection.execute("RELEASE heliosdb_trial")
