"""The user's own words as vectors, where the package sentence-transformers is there."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

MODEL = "all-MiniLM-L6-v2"  # made the embeddings of the corpus; another one's would not compare


class NoModelError(Exception):
    """The texts can't be embedded; the message says what to do about it."""


def embed(texts: Sequence[str]) -> list[Any]:
    """Return one vector for each text.

    :raises NoModelError: the package is not installed, or its model can be neither found nor downloaded
    """
    try:
        # By name: the package is no dependency, and a type checker need not have it.
        sentence_transformer = import_module("sentence_transformers").SentenceTransformer
    except ImportError:
        raise NoModelError(
            "your own texts need the package that turns them into vectors: pip install sentence-transformers"
        ) from None
    try:
        model = sentence_transformer(MODEL)
        return [model.encode(text) for text in texts]
    except Exception as error:  # noqa: BLE001 - network, disk, a broken download: the package raises what it likes
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]  # of many lines, mostly
        raise NoModelError(
            f"sentence-transformers is installed, but its model {MODEL} is out of reach: {reason}\n"
            "It is downloaded once, about 90 MB: try again with a network connection"
        ) from None
