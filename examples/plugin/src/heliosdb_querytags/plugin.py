"""The plugin: which of HeliosDB's hooks it implements. What each does stands in a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.plugins import Plugin, Statement, hookimpl, state

from .audit import NAME, Audit, audit_of, commit_counts
from .log import audit_log, read_audit_log
from .options import QueryTagsOptions
from .tags import execute_tagged, tagged

if TYPE_CHECKING:
    import click

    from heliosdb_sqlite import Connection


class QueryTags(Plugin):
    """Signs statements and writes down commits."""

    heliosdb_contract = 1  # a HeliosDB whose hooks mean something else refuses the plugin, by name

    # what it brings

    @hookimpl
    def heliosdb_options(self) -> type[QueryTagsOptions]:
        return QueryTagsOptions

    @hookimpl
    def heliosdb_active(self, options: QueryTagsOptions) -> bool:
        return options.asks_for_anything

    @hookimpl
    def heliosdb_methods(self) -> Mapping[str, Callable[..., Any]]:
        return {"audit_log": audit_log, "commit_counts": commit_counts}

    @hookimpl
    def heliosdb_cursor_methods(self) -> Mapping[str, Callable[..., Any]]:
        return {"execute_tagged": execute_tagged}

    @hookimpl
    def heliosdb_functions(self) -> Mapping[str, Callable[..., Any]]:
        return {"read_audit_log": read_audit_log}

    @hookimpl
    def heliosdb_commands(self, cli: click.Group) -> None:
        from .command import audit

        cli.add_command(audit)

    # what it does on a connection that asks for it

    @hookimpl(tryfirst=True)  # the other plugins may run statements as soon as they are introduced
    def heliosdb_connect(self, connection: Connection, options: QueryTagsOptions) -> None:
        state(connection)[NAME] = Audit(options)

    @hookimpl(trylast=True)  # the tag goes into the statement that SQLite will see
    def heliosdb_parse(self, connection: Connection, statement: Statement) -> Statement | None:
        audit = audit_of(connection)
        audit.about_to_run(statement)
        tag = audit.options.query_tag
        return statement.rewritten(tagged(statement.text, tag)) if tag is not None else None

    @hookimpl
    def heliosdb_before_commit(self, connection: Connection) -> None:
        audit_of(connection).before_commit(connection)

    @hookimpl
    def heliosdb_commit(self, connection: Connection) -> None:
        audit_of(connection).committed(connection)

    @hookimpl
    def heliosdb_rollback(self, connection: Connection) -> None:
        audit_of(connection).rolled_back(connection)


plugin = QueryTags()
