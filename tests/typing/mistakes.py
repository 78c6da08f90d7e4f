"""Mistakes that a type checker must find: each ignored line is an error, and an ignore that is not needed is one too."""

from __future__ import annotations

from typing import Any

import heliosdb_sqlite as sqlite3
from heliosdb_sqlite.plugins import Plugin, Statement, hookimpl

conn = sqlite3.connect("app.db")
conn.create_branch(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
conn.create_brunch("x")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
conn.merge_branch("x", strategy="mine")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
sqlite3.connect("app.db", branch=5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
sqlite3.connect("app.db", timeout="soon")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


class WrongHooks(Plugin):
    @hookimpl
    def heliosdb_parse(self, statement: Statement) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        pass

    @hookimpl
    def heliosdb_commit(self, connection: Any, seconds: float) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        pass


class RightHooks(Plugin):
    @hookimpl
    def heliosdb_parse(self, connection: sqlite3.Connection, statement: Statement) -> Statement | None:
        return statement.rewritten(statement.sql)
