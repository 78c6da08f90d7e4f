"""The demo's texts: 3,000 senses of WordNet with their embeddings, and 30 definitions to ask for."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

DIMENSIONS = 384


class Corpus(NamedTuple):
    """The texts and their vectors, row by row."""

    rows: list[tuple[str, str, str, Any]]
    """title, content, category, embedding: a float16 array of unit length."""
    questions: dict[str, Any]
    """Definitions that are not among the rows, each with its embedding."""


def load() -> Corpus:
    """Return the corpus; see README.md beside this file for where it comes from."""
    with files(__package__).joinpath("wordnet3k.npz").open("rb") as file, np.load(file) as data:
        texts = (data[name].tolist() for name in ("title", "content", "category"))
        rows = list(zip(*texts, data["embedding"], strict=True))
        questions = dict(zip(data["query_text"].tolist(), data["query_embedding"], strict=True))
    return Corpus(rows, questions)
