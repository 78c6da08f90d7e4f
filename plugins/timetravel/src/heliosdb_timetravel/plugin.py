"""The plugin's hooks: what a connection with time travel does differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from weakref import ref

from heliosdb_sqlite.plugins import (
    DemoAct,
    Parameters,
    Statement,
    Syntax,
    hide_trigger_changes,
    hookimpl,
    schema_of,
    state,
)

from . import methods
from .options import TimeTravelOptions
from .reading.binding import binder_for
from .reading.rewriting import Rewriter
from .reading.rewritten import Rewriting
from .schema_changes import around, read_change, rewrite_change
from .session import NAME, TimeTravel, of

if TYPE_CHECKING:
    import click


@hookimpl
def heliosdb_options() -> type[TimeTravelOptions]:
    """Return the model of this plugin's connect() keywords."""
    return TimeTravelOptions


@hookimpl
def heliosdb_active(options: TimeTravelOptions) -> bool:
    """Return whether enable_time_travel is true."""
    return options.enable_time_travel


@hookimpl
def heliosdb_syntax() -> Syntax:
    """Return the SQL that belongs to this plugin.

    The words are those without which no statement is its business: ``AS OF`` may be broken over two lines.
    """
    return Syntax(
        words=("SYSTEM_TIME", "VERSIONING"),
        watched=(" OF", "\nOF", "\tOF", "\rOF", "CREATE", "ALTER", "DROP"),
        clauses=(
            "ADD SYSTEM VERSIONING",
            "DROP SYSTEM VERSIONING",
            "WITH SYSTEM VERSIONING",
            "FOR SYSTEM_TIME",
            "AS OF TIMESTAMP",
            "AS OF TRANSACTION",
            "AS OF TAG",
        ),
    )


@hookimpl
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:
    """Return the methods of connections that belong to this plugin."""
    return methods.METHODS


@hookimpl
def heliosdb_connect(connection: Any, options: TimeTravelOptions) -> None:
    """Take part in what is recorded; in the mode 'all', begin to record what is not recorded yet."""
    travel = state(connection)[NAME] = TimeTravel(connection, options)
    travel.connected()
    hide_trigger_changes(connection)
    weakly = ref(connection)  # which keeps its functions
    connection.create_function("total_changes", 0, lambda: getattr(weakly(), "total_changes", None))


@hookimpl(tryfirst=True)
def heliosdb_parse(connection: Any, statement: Statement) -> Statement | None:
    """Carry out the clauses about time. First of all plugins: the others then see SQL that they know."""
    travel = of(connection)
    change = read_change(statement.text)
    if change is not None:
        statement = rewrite_change(statement.noted(f"{NAME}.change", change), change)
        if change.versioning is not None and change.verb == "ALTER":
            return statement
    stored = change is not None and change.kind in ("VIEW", "TRIGGER")
    rewriter = Rewriter(travel, statement.text, stored=stored)
    if not rewriter.has_clauses():
        return statement
    travel.look_again()
    travel.catch_up()
    stamp = schema_of(connection).stamp
    made = rewriter.rewrite()
    statement = statement.rewritten(made.text).noted(NAME, made)
    return statement.bound_to(stamp)


@hookimpl(tryfirst=True)
def heliosdb_bind(connection: Any, statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Find the transactions for the times among the parameters. First: the others then see the text's own order."""
    made: Rewriting | None = statement.notes.get(NAME)
    return binder_for(of(connection), made) if made is not None else None


@hookimpl
def heliosdb_row(statement: Statement) -> Callable[[tuple[Any, ...]], tuple[Any, ...]] | None:
    """Split the time of a version off its row, where both are asked for by SELECT *."""
    made: Rewriting | None = statement.notes.get(NAME)
    return _Pairs() if made is not None and made.pairs else None


class _Pairs:
    """Rows as (system_time, row): the core takes the first column off."""

    pairs = True

    def __call__(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return row


@hookimpl
def heliosdb_error(connection: Any, statement: Statement) -> Callable[[BaseException], None] | None:
    """Say why a time in the form of an expression was refused."""
    made: Rewriting | None = statement.notes.get(NAME)
    return of(connection).moments.explain if made is not None and made.calls else None


@hookimpl
def heliosdb_around(
    connection: Any, statement: Statement
) -> Callable[[], AbstractContextManager[None]] | None:
    """Keep the history in step with a change of the schema."""
    change = statement.notes.get(f"{NAME}.change")
    return around(of(connection), change) if change is not None else None


@hookimpl(trylast=True)
def heliosdb_before_commit(connection: Any) -> None:
    """Give the transaction its time. Last of all plugins: what the others still write is part of it."""
    of(connection).before_commit()


@hookimpl
def heliosdb_rollback(connection: Any) -> None:
    """What this transaction found out about the schema no longer holds."""
    of(connection).went_back()


@hookimpl
def heliosdb_commands(cli: click.Group) -> None:
    """Add ``heliosdb history`` and ``heliosdb restore``."""
    from . import commands

    commands.add(cli)


@hookimpl
def heliosdb_demo() -> DemoAct:
    """Return the act that compares Unicode of 2002 with today's."""
    from .demo import ACT

    return ACT
