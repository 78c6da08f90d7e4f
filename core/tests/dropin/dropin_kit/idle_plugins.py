"""Plugins that do nothing: with one active, a program must not be able to tell."""

from __future__ import annotations

from collections import Counter
from typing import Any

from heliosdb_sqlite.plugins import hookimpl


class NoHook:
    """A plugin that implements no hook at all."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()


class EveryHook(NoHook):
    """A plugin that implements every hook a connection meets, counts the calls, and changes nothing.

    The hooks that declare what a plugin owns (options, syntax, methods ...) are left out: owning something is not
    doing nothing.
    """

    @hookimpl
    def heliosdb_open(self, target: Any, options: Any) -> None:
        self.calls["open"] += 1

    @hookimpl
    def heliosdb_connect(self, connection: Any, options: Any) -> None:
        self.calls["connect"] += 1

    @hookimpl
    def heliosdb_parse(self, connection: Any, statement: Any) -> None:
        self.calls["parse"] += 1

    @hookimpl
    def heliosdb_bind(self, connection: Any, statement: Any) -> None:
        self.calls["bind"] += 1

    @hookimpl
    def heliosdb_row(self, connection: Any, statement: Any) -> None:
        self.calls["row"] += 1

    @hookimpl
    def heliosdb_executed(
        self, connection: Any, statement: Any, seconds: float, error: BaseException | None
    ) -> None:
        self.calls["executed"] += 1

    @hookimpl
    def heliosdb_before_commit(self, connection: Any) -> None:
        self.calls["before_commit"] += 1

    @hookimpl
    def heliosdb_commit(self, connection: Any) -> None:
        self.calls["commit"] += 1

    @hookimpl
    def heliosdb_rollback(self, connection: Any) -> None:
        self.calls["rollback"] += 1

    @hookimpl
    def heliosdb_close(self, connection: Any) -> None:
        self.calls["close"] += 1


HOOKS = frozenset(name.removeprefix("heliosdb_") for name in vars(EveryHook) if name.startswith("heliosdb_"))
"""The hooks of :class:`EveryHook`, without their prefix."""
