"""A plugin that is registered for the length of a with block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from ..plugins import register, unregister
from ..plugins._manager import manager
from .variants import variant

P = TypeVar("P")


@contextmanager
def registered(
    plugin: P,
    name: str = "under_test",
    *,
    always: bool = True,
    options: Mapping[str, Any] | None = None,
    calls: Counter[str] | None = None,
) -> Iterator[P]:
    """Register ``plugin`` and take it out again at the end.

    A plugin that is installed, and so registered already, makes room for the time being.

    :param always: switch it on for every connection opened inside the block
    :param options: what the plugin's connect() keywords are on each of these where connect() does not give them
    :param calls: counts how often each hook is called, by the hook's name without ``heliosdb_``
    """
    installed = manager().pluggy.get_name(plugin)
    everywhere = installed in manager().always
    if installed is not None:
        unregister(installed)
    try:
        changed = bool(options) or calls is not None
        register(variant(plugin, options, calls) if changed else plugin, installed or name, always=always)
        try:
            yield plugin
        finally:
            unregister(installed or name)
    finally:
        if installed is not None:
            register(plugin, installed, always=everywhere)
