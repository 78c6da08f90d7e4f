"""How many of the nearest rows an index finds: measured while it is built.

Half of the queries are rows of the table, each looking for its neighbours. The others lie between four rows, which has
turned out to make them as hard as questions about texts are. What counts is the worse half.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .bits import Array, to_unit
from .sketch import Sketch

_ASKED = 10
_EACH = 30
_STEPS = (100, 200, 500, 1000, 2000, 5000, 10_000)
_AIM = 0.99


class Measure:
    """The nearest rows of some queries."""

    def __init__(self, metric: str, sample: Array) -> None:
        order = np.random.default_rng(0).permutation(len(sample))
        rows, others = sample[order[:_EACH]], sample[order[_EACH : 5 * _EACH]]
        between = others[: len(others) // 4 * 4].reshape(-1, 4, sample.shape[1]).mean(axis=1)
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

    def taken(self, sketch: Sketch, options: Mapping[str, float]) -> dict[str, Any]:
        """Return how many candidates have to be looked at again, and the share of the nearest that is then found."""
        steps = (int(options["rescore"]),) if "rescore" in options else _STEPS
        recall, rescore = 1.0, steps[0]
        for rescore in steps:
            shares: tuple[list[float], list[float]] = ([], [])
            for place, (query, best) in enumerate(zip(self._queries, self._best, strict=True)):
                between = place >= self._rows
                wanted = {rowid for _, rowid in best[not between :][:_ASKED]}  # a row is its own nearest
                if wanted:
                    found = set(sketch.nearest(query, rescore).tolist())
                    shares[between].append(len(wanted & found) / len(wanted))
            recall = min((float(np.mean(each)) for each in shares if each), default=1.0)
            if recall >= options.get("recall", _AIM):
                break
        return {"recall": round(recall, 4), "rescore": rescore}
