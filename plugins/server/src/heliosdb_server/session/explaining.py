"""EXPLAIN: SQLite's plan, laid out as PostgreSQL lays out its own."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ..translation import tree
from ..translation.translate import Translated
from .plans import ordered, row_encoder
from .portals import Portal

if TYPE_CHECKING:
    from .session import Session


def explain(session: Session, portal: Portal, made: Translated) -> None:
    """Run EXPLAIN: the portal's rows are the lines of the plan."""
    node = made.node
    assert isinstance(node, tree.Explain) and made.columns is not None  # noqa: PT018
    engine = session.engine
    texts = [*(step.sql for step in made.steps), *made.sql]
    found: Any = [
        *portal.values,
        *("[]" for step in made.steps for _ in range(step.given)),
    ]  # where the rows of its steps stand
    plans = [
        engine.rows(f"EXPLAIN QUERY PLAN {sql}", ordered(found, order))
        for sql, order in zip(texts, made.orders, strict=True)
    ]
    timing = ""
    if node.options.get("analyze", "off") in ("on", "true"):
        start = time.perf_counter()
        if made.steps:
            found = session.with_steps(made, portal.values)
        count = 0
        for sql, order in zip(made.sql, made.orders[len(made.steps) :], strict=True):
            cursor = engine.run(sql, ordered(found, order))
            count += sum(1 for _ in iter(cursor.fetchone, None))
            cursor.close()
        seconds = time.perf_counter() - start
        timing = f"Execution Time: {seconds * 1000:.3f} ms, {count} rows"
    if node.options.get("format") == "json":
        text = json.dumps([{"Plan": [each for rows in plans for each in _nested(rows, 0)]}], indent=2)
        lines = [text]
    else:
        lines = [
            f"{'  ' * depth}{'->  ' if depth else ''}{detail}"
            for rows in plans
            for depth, detail in _depths(rows)
        ]
        lines += [timing] if timing else []
    portal.columns = made.columns
    portal.encode = row_encoder(made.columns, portal.formats, session.settings.zone)
    portal.peeked = [(line,) for line in lines]


def _depths(rows: list[tuple[Any, ...]]) -> list[tuple[int, str]]:
    depth: dict[int, int] = {0: -1}
    made = []
    for number, parent, _, detail in rows:
        depth[number] = depth.get(parent, -1) + 1
        made.append((depth[number], detail))
    return made


def _nested(rows: list[tuple[Any, ...]], parent: int) -> Any:
    found = []
    for number, above, _, detail in rows:
        if above == parent:
            inner = _nested(rows, number)
            found.append({"Node Type": detail, **({"Plans": inner} if inner else {})})
    return found
