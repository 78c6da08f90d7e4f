"""Plugins that do nothing: with one active, a program must not be able to tell."""

from __future__ import annotations

from typing import Any

from heliosdb_sqlite.plugins import Plugin, hookimpl


class NoHook(Plugin):
    """A plugin that implements no hook at all."""


class WatchingHooks(Plugin):
    """A plugin that implements every hook a connection meets but the one that can refuse a commit.

    The hooks that declare what a plugin owns (options, syntax, methods ...) are left out: owning something is not
    doing nothing.
    """

    @hookimpl
    def heliosdb_open(self, target: Any, options: Any) -> None:
        pass

    @hookimpl
    def heliosdb_connect(self, connection: Any, options: Any) -> None:
        pass

    @hookimpl
    def heliosdb_parse(self, connection: Any, statement: Any) -> None:
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


class EveryHook(WatchingHooks):
    """A plugin that implements every hook a connection meets, and could refuse each commit."""

    @hookimpl
    def heliosdb_before_commit(self, connection: Any) -> None:
        pass


no_hook, watching, every_hook = NoHook(), WatchingHooks(), EveryHook()
