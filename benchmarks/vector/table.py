"""Everybody's figures as one table, in Markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from .comparing import QUESTIONS, Measured


def table(measured: Sequence[Measured]) -> str:
    """Return the table of one size: a line for each store."""
    headings = ["", "recall", "insert/s", "index s", "file MB", "memory MB", "first s"]
    for name in QUESTIONS:
        headings += [f"{name}, ms", "times"]
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)]]
    return "\n".join([*(f"| {' | '.join(each)} |" for each in lines), *map(line, measured)])


def line(measured: Measured) -> str:
    """Return a store's line."""
    return f"| {' | '.join(_cells(measured))} |"


def _cells(measured: Measured) -> list[str]:
    if measured.error:
        return [measured.store, measured.error.replace("|", "/")]
    facts = measured.facts
    line = [
        measured.store,
        f"{measured.recall['all rows']:.3f}",
        f"{measured.rows / facts['insert_s']:,.0f}",
        f"{facts['index_s']:.1f}" if facts["index_s"] else "",
        f"{facts['file_mb']:,.0f}",
        f"{facts['memory_mb']:,.0f}",
        f"{facts['first_s']:.2f}",
    ]
    for name in QUESTIONS:
        line += [_milliseconds(measured, name), _times(measured, name)]
    return line


def _milliseconds(measured: Measured, name: str) -> str:
    if name not in measured.cpu_ms:
        return ""
    raced = measured.times.get(name)
    found = measured.cpu_ms[name] if raced is None else raced.peer_seconds * 1e3
    recall = measured.recall.get(name, 1.0)
    return f"{found:.2f}" + (f" ({recall:.2f})" if recall < 0.985 and name != "all rows" else "")


def _times(measured: Measured, name: str) -> str:
    raced = measured.times.get(name)
    if raced is None:
        return ""
    times = 1 / raced.ratio
    return (f"{times:.0f}" if times >= 9.5 else f"{times:.1f}") + ("" if raced.met is not False else " !")


def as_json(measured: Iterable[Measured]) -> list[dict[str, Any]]:
    """Return the figures as JSON data."""
    return [
        {**asdict(each), "times": {name: result.as_json() for name, result in each.times.items()}}
        for each in measured
    ]
