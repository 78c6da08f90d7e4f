"""Plugins that do nothing: what it costs that one is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite import plugins
from heliosdb_sqlite.plugins import hookimpl


class NoHook:
    """Implements nothing."""


class ParseHook:
    """Looks at each new SQL text, like a plugin that adds syntax."""

    @hookimpl
    def heliosdb_parse(self, connection: Any, statement: Any) -> None:
        pass


class EveryHook(ParseHook):
    """Implements every hook that a connection meets."""

    @hookimpl
    def heliosdb_open(self, target: Any, options: Any) -> None:
        pass

    @hookimpl
    def heliosdb_connect(self, connection: Any, options: Any) -> None:
        pass

    @hookimpl
    def heliosdb_bind(self, connection: Any, statement: Any) -> None:
        pass

    @hookimpl
    def heliosdb_answer(self, connection: Any, statement: Any) -> None:
        pass

    @hookimpl
    def heliosdb_row(self, connection: Any, statement: Any) -> None:
        pass

    @hookimpl
    def heliosdb_error(self, connection: Any, statement: Any) -> None:
        pass

    @hookimpl
    def heliosdb_around(self, connection: Any, statement: Any) -> None:
        pass

    @hookimpl
    def heliosdb_changed(
        self, connection: Any, method: str, result: Any, arguments: Any, keywords: Any
    ) -> None:
        pass

    @hookimpl
    def heliosdb_executed(
        self, connection: Any, statement: Any, seconds: float, error: BaseException | None
    ) -> None:
        pass

    @hookimpl
    def heliosdb_before_commit(self, connection: Any) -> None:
        pass

    @hookimpl
    def heliosdb_commit(self, connection: Any) -> None:
        pass

    @hookimpl
    def heliosdb_durable(self, connection: Any) -> None:
        pass

    @hookimpl
    def heliosdb_rollback(self, connection: Any) -> None:
        pass

    @hookimpl
    def heliosdb_backup(self, connection: Any, source: Any, copy: Any) -> None:
        pass

    @hookimpl
    def heliosdb_close(self, connection: Any) -> None:
        pass


@contextmanager
def active(plugin: type | None) -> Iterator[None]:
    """Have a plugin of that class active on every connection opened within the block."""
    if plugin is None:
        yield
        return
    plugins.register(plugin(), name="benchmark", always=True)
    try:
        yield
    finally:
        plugins.unregister("benchmark")
