"""The contents of an ``hnsw`` index in memory: its graph, and rows that have changed since it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...memory.bounds import Query
from ...memory.matrix import Array, Part
from ...memory.position import Position
from ...values.decoding import FLOAT32
from ..bits.codes import to_unit
from ..contents import Candidates, sorted_out
from . import native
from .graph import Graph, code
from .linking import grown
from .walking import Walker

_FEW = 4096  # changed rows, from which on they join the graph
_WORN_FROM = 1000
_LEAST = 50  # rows whose distances are computed from the vectors themselves


@dataclass(frozen=True)
class Slots:
    """A graph, and the row that stands in each of its slots. A row that has changed may stand in several."""

    graph: Graph
    rowids: Array

    @cached_property
    def walker(self) -> Walker | native.Walker:
        """What walks along the graph."""
        return native.Walker(self.graph) if native.available() else Walker(self.graph)

    @cached_property
    def _order(self) -> Array:
        return np.argsort(self.rowids, kind="stable")

    def places(self, rowids: Array) -> Array:
        """Return all slots in which these rows stand."""
        ordered = self.rowids[self._order]
        first = np.searchsorted(ordered, rowids)
        counts = np.searchsorted(ordered, rowids, side="right") - first
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        found: Array = self._order[np.repeat(first, counts) + within]
        return found


@dataclass(frozen=True)
class Linked:
    """Rows in a graph, and the place in the log at which they hold."""

    dimensions: int
    scale: float  # of the codes
    effort: int  # ef_construction
    slots: Slots
    dead: Array  # which slots do not hold any more: they are walked through all the same
    extra: Array  # rowids that are in no slot yet
    extra_codes: Array
    position: Position
    odd: frozenset[int] = frozenset()
    changed_rows: int = 0

    @property
    def metric(self) -> str:
        """The metric that the graph is of."""
        return self.slots.graph.metric

    @cached_property
    def lost(self) -> int:
        """How many slots do not hold any more."""
        return int(np.count_nonzero(self.dead))

    @property
    def count(self) -> int:
        """How many vectors it has."""
        return len(self.dead) - self.lost + len(self.extra)

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return int(self.slots.graph.bytes + self.slots.rowids.nbytes + self.extra_codes.nbytes)

    @property
    def worn(self) -> bool:
        """Whether a quarter of the graph is of rows that are no more."""
        return self.lost > max(_WORN_FROM, len(self.dead) // 4)

    def covers(self, effort: int) -> bool:
        """Return whether a search of this effort visits so many rows that all may as well be compared."""
        return effort * 2 >= self.count

    def nearest(self, query: Query, effort: int, most: int, slack: float = 0.0) -> Candidates:
        """Return the nearest of the ``effort`` slots that a walk finds, and of the rows that are in no slot."""
        vector = query.unit if self.metric == "cosine" else query.wide.astype(FLOAT32)
        scale = float(np.abs(vector).max()) / 127 if self.metric != "l2" else self.scale
        asked = code(vector, scale)
        found, compared = self._slots(asked, effort, most)
        rowids = self.slots.rowids[found[: max(_LEAST, 3 * most)]]
        if len(self.extra):
            compared += len(self.extra)
            extra = self.extra
            kept = max(_LEAST, 3 * most)
            if len(extra) > kept:
                near = self._extra_distances(asked)
                extra = extra[np.argpartition(near, kept - 1)[:kept]]
            rowids = np.concatenate([rowids, extra])
        return Candidates(rowids, compared)

    def _slots(self, asked: Array, effort: int, most: int) -> tuple[Array, int]:
        """Return slots that hold: as many as are asked for where there are so many."""
        every, holding = len(self.dead), len(self.dead) - self.lost
        if not holding:
            return np.empty(0, np.int64), 0
        while True:
            found, compared = self.slots.walker.nearest(asked, min(effort, every))
            if not self.lost:
                return found, compared
            found = found[~self.dead[found]]
            if len(found) >= min(max(most, effort // 2), holding) or effort >= every:
                return found, compared
            effort *= 2

    def _extra_distances(self, asked: Array) -> Array:
        codes = self.extra_codes.astype(FLOAT32)
        products = codes @ asked.astype(FLOAT32)
        if self.metric == "dot":
            return -products
        squares = np.einsum("ij,ij->i", codes, codes)
        return squares - 2 * products if self.metric == "l2" else -products / np.sqrt(np.maximum(squares, 1))

    def changed(self, rows: Mapping[int, Any], position: Position) -> Linked:
        """Return it with these rows as they are now, at a later position."""
        news = sorted_out(self.dimensions, rows)
        keep = ~np.isin(self.extra, news.touched)
        gone = self.slots.places(news.touched)
        dead = self.dead
        if len(gone) and not dead[gone].all():
            dead = dead.copy()
            dead[gone] = True
        made = replace(
            self,
            dead=dead,
            extra=np.concatenate([self.extra[keep], news.vectors.rowids]),
            extra_codes=np.concatenate(
                [self.extra_codes[keep], coded(self.metric, self.scale, news.vectors)]
            ),
            position=position,
            odd=(self.odd - rows.keys()) | news.odd,
            changed_rows=self.changed_rows + len(rows),
        )
        return made.merged(made.changed_rows) if len(made.extra) > _FEW else made

    def merged(self, changed_rows: int) -> Linked:
        """Return it with all rows in the graph."""
        if not len(self.extra):
            return replace(self, changed_rows=changed_rows)
        graph, extra = self.slots.graph, self.extra
        if native.available():
            grower = native.Grower(
                graph.metric, self.dimensions, graph.m, self.effort, graph if graph.count else None
            )
            grower.add(self.extra_codes, lambda rows: None)
            larger, keys = grower.graph()
        else:
            larger = grown(graph, self.effort, self.extra_codes, lambda rows: None)
            keys = np.arange(larger.count)
        rowids = np.concatenate([self.slots.rowids, extra])[keys]
        dead = np.concatenate([self.dead, np.zeros(len(extra), bool)])[keys]
        return replace(
            self,
            slots=Slots(larger, rowids),
            dead=dead,
            extra=extra[:0],
            extra_codes=self.extra_codes[:0],
            changed_rows=changed_rows,
        )


def coded(metric: str, scale: float, part: Part) -> Array:
    """Return vectors in one byte a dimension, as the graph has them."""
    return code(to_unit(part.vectors) if metric == "cosine" else part.vectors, scale)
