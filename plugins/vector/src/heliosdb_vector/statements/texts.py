"""SQLite's texts as Python's, whatever a program has them made into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def plain_texts(connection: Any) -> Iterator[None]:
    """Have texts read as ``str`` while something of ours is read: names, JSON."""
    factory = connection.text_factory
    if factory is str:
        yield
        return
    connection.text_factory = str
    try:
        yield
    finally:
        connection.text_factory = factory
