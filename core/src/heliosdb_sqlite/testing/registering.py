"""A plugin that is registered for the length of a with block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from ..plugins import register, unregister

P = TypeVar("P")


@contextmanager
def registered(plugin: P, name: str = "under_test", *, always: bool = True) -> Iterator[P]:
    """Register ``plugin`` and take it out again at the end.

    :param always: switch it on for every connection opened inside the block
    """
    register(plugin, name, always=always)
    try:
        yield plugin
    finally:
        unregister(name)
