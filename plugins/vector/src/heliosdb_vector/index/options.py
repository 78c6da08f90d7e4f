"""What CREATE INDEX ... USING takes: the methods, their options, the operator classes."""

from __future__ import annotations

from collections.abc import Mapping

OPERATORS = {"vector_cosine_ops": "cosine", "vector_l2_ops": "l2", "vector_ip_ops": "dot"}

Range = tuple[float, float]
_RECALL: Range = (0.5, 1.0)

OPTIONS: Mapping[str, Mapping[str, Range]] = {
    "bits": {"recall": _RECALL, "rescore": (1, 1_000_000)},
    "ivf": {"recall": _RECALL, "lists": (1, 32_768), "probes": (1, 32_768)},
    "hnsw": {"recall": _RECALL, "m": (2, 100), "ef_construction": (4, 1000), "ef_search": (1, 100_000)},
}
"""By method: each option's least and most. All but ``recall`` are whole numbers."""

METHODS = tuple(OPTIONS)
ALIASES = {"ivfflat": "ivf"}
"""Names that other databases have for a method."""


def whole(name: str) -> bool:
    """Return whether an option takes whole numbers alone."""
    return name != "recall"
