"""The configurations in which HeliosDB has to behave exactly like the standard library's sqlite3."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager

from .idle_plugins import EveryHook, NoHook

PLUGIN = "dropin-idle"


class Configuration(enum.Enum):
    """What is under test; the value is the name by which processes and reports pass it on."""

    STDLIB = "stdlib"
    """The running Python's own sqlite3, which the others are compared with."""
    PLAIN = "plain"
    """heliosdb_sqlite as installed, no plugin active."""
    NO_HOOK = "plugin without hooks"
    """A plugin that implements nothing is active on every connection."""
    EVERY_HOOK = "plugin with every hook"
    """A plugin that implements every hook, and does nothing in it, is active on every connection."""

    def make_plugin(self) -> NoHook | EveryHook | None:
        """Return a fresh plugin for this configuration, or None where it has none."""
        if self is Configuration.NO_HOOK:
            return NoHook()
        return EveryHook() if self is Configuration.EVERY_HOOK else None


IDLE = (Configuration.PLAIN, Configuration.NO_HOOK, Configuration.EVERY_HOOK)


@contextmanager
def active(configuration: Configuration) -> Iterator[NoHook | EveryHook | None]:
    """Have the configuration's plugin active on every connection opened within the block; yields that plugin."""
    plugin = configuration.make_plugin()
    if plugin is None:
        yield None
        return
    from heliosdb_sqlite import plugins

    plugins.register(plugin, name=PLUGIN, always=True)
    try:
        yield plugin
    finally:
        plugins.unregister(PLUGIN)
