"""Makes docs_kit importable, and gives each document a folder of its own."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from heliosdb_sqlite.plugins import unregister  # noqa: E402  # the imports come after the path
from heliosdb_sqlite.plugins._manager import manager  # noqa: E402


def pytest_report_header() -> str:
    plugins = ", ".join(f"{found.name} {found.version}" for found in manager().found) or "none"
    return f"SQLite {sqlite3.sqlite_version}, plugins: {plugins}"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """A namespace for the examples of one document, in a folder of their own; what they left open is closed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    known, modules = set(manager().names()), set(sys.modules)
    namespace: dict[str, object] = {"__name__": "__main__"}
    yield namespace
    for value in list(namespace.values()):
        if isinstance(value, sqlite3.Connection):
            value.close()
    for name in set(manager().names()) - known:
        unregister(name)
    for name in set(sys.modules) - modules:
        module = sys.modules[name]
        places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
        if any(str(place).startswith(str(tmp_path)) for place in places):
            del sys.modules[name]
