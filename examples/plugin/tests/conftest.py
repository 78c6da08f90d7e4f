"""The fixtures that HeliosDB has for plugins: ``connect``, ``recorder``, ``register_plugin``."""

from __future__ import annotations

pytest_plugins = ["heliosdb_sqlite.testing.fixtures"]
