"""The configurations in which HeliosDB has to behave exactly like the standard library's sqlite3."""

from __future__ import annotations

from heliosdb_sqlite.testing.dropin import PLAIN, with_plugin

NO_HOOK = with_plugin("dropin_kit.idle_plugins:no_hook", name="plugin without hooks")
"""A plugin that implements nothing is active on every connection."""
WATCHING = with_plugin("dropin_kit.idle_plugins:watching", name="plugin that watches")
"""A plugin that implements every hook but before_commit, and does nothing in it, is active everywhere."""
EVERY_HOOK = with_plugin("dropin_kit.idle_plugins:every_hook", name="plugin with every hook")
"""A plugin that implements every hook, and does nothing in it, is active on every connection."""

IDLE = (PLAIN, NO_HOOK, WATCHING, EVERY_HOOK)
