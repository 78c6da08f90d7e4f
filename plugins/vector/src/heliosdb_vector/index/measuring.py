"""How many of the nearest rows an index finds: measured while it is built.

Some of the queries are rows of the table, each looking for its neighbours. The others lie between two rows and off the
line, which has turned out to make them about as hard as questions about texts are. What counts is the worse of the two,
and not by chance: it has to reach the aim by its standard error more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..memory.bounds import Query
from ..memory.matrix import Array
from ..values.decoding import FLOAT32
from .bits.codes import to_unit
from .contents import Contents, Method

_ASKED = 10
_ROWS, _BETWEEN = 60, 180
_OFF = 0.6  # of how far rows are spread
_AIM = 0.99


class Measure:
    """The nearest rows of some queries."""

    def __init__(self, metric: str, sample: Array) -> None:
        order = np.random.default_rng(0).permutation(len(sample))
        rows, others = sample[order[:_ROWS]], sample[order[_ROWS : _ROWS + 2 * _BETWEEN]]
        between = others[: len(others) // 2 * 2].reshape(-1, 2, sample.shape[1]).mean(axis=1)
        off = np.random.default_rng(1).normal(size=between.shape) * sample.std(axis=0)
        between = (between + _OFF * off).astype(FLOAT32)
        self._metric = metric
        self._rows = len(rows)
        self._queries = np.concatenate([rows, between])
        self._best: list[list[tuple[float, int]]] = [[] for _ in self._queries]

    def see(self, rowids: Array, vectors: Array) -> None:
        """Take rows in."""
        if not len(rowids):
            return
        with np.errstate(all="ignore"):
            distances = self._distances(vectors)
        for best, found in zip(self._best, distances, strict=True):
            count = min(len(found), _ASKED + 1)
            places = np.argpartition(found, count - 1)[:count]
            best += [(float(found[at]), int(rowids[at])) for at in places if np.isfinite(found[at])]
            best.sort()
            del best[_ASKED + 1 :]

    def _distances(self, vectors: Array) -> Array:
        queries = self._queries
        if self._metric == "cosine":
            return -(to_unit(queries) @ to_unit(vectors).T)
        products = -(queries @ vectors.T)
        if self._metric == "l2":
            return 2 * products + np.einsum("ij,ij->i", vectors, vectors)
        return products

    def taken(
        self, contents: Contents, method: Method, options: Mapping[str, float], poll: Callable[[], None]
    ) -> dict[str, Any]:
        """Return the effort that a search has to take, and the share of the nearest that is then found."""
        fixed = options.get(method.knob)
        steps = (int(fixed),) if fixed is not None else method.steps(contents, options)
        aim = options.get("recall", _AIM)
        recall, effort = 1.0, steps[0]
        for effort in steps:
            recall, chance = self._recall(contents, effort)
            poll()
            if recall - chance >= aim:
                break
        return {"recall": round(recall, 4), method.knob: effort}

    def _recall(self, contents: Contents, effort: int) -> tuple[float, float]:
        """Return the share that is found of what the harder queries look for, and its standard error."""
        shares: tuple[list[float], list[float]] = ([], [])
        for place, (vector, best) in enumerate(zip(self._queries, self._best, strict=True)):
            query = Query.of(vector)
            between = place >= self._rows
            wanted = {rowid for _, rowid in best[not between :][:_ASKED]}  # a row is its own nearest
            if wanted and query is not None:
                found = set(contents.nearest(query, effort, _ASKED + 1).rowids.tolist())
                shares[between].append(len(wanted & found) / len(wanted))
        harder = min((each for each in shares if each), key=np.mean, default=[1.0])
        return float(np.mean(harder)), float(np.std(harder)) / len(harder) ** 0.5
