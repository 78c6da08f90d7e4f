"""The query analyzer's hooks. What they need is imported when a connection uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...plugins import Parameters, Statement, hookimpl, state

if TYPE_CHECKING:
    import click

    from .options import AnalyzerOptions
    from .recording.recorder import Recorder

NAME = "analyzer"


@hookimpl
def heliosdb_options() -> type[AnalyzerOptions]:
    """Return the model of the analyzer's connect() keywords."""
    from .options import AnalyzerOptions

    return AnalyzerOptions


@hookimpl
def heliosdb_active(options: AnalyzerOptions) -> bool:
    """Return whether statements are to be recorded from the start."""
    return options.query_analyzer or options.slow_query_seconds is not None


@hookimpl
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:
    """Return the methods by which a program asks for suggestions."""
    from . import methods

    return {
        each.__name__: each
        for each in (
            methods.enable_query_analyzer,
            methods.disable_query_analyzer,
            methods.get_query_suggestions,
            methods.get_query_report,
            methods.get_slow_queries,
        )
    }


@hookimpl
def heliosdb_commands(cli: click.Group) -> None:
    """Add ``heliosdb analyze``."""
    from ...cli.analyze import analyze

    cli.add_command(analyze)


@hookimpl
def heliosdb_connect(connection: Any, options: AnalyzerOptions) -> None:
    """Begin to record."""
    from .recording.recorder import Recorder

    state(connection)[NAME] = Recorder.of(connection, options)


@hookimpl(trylast=True)
def heliosdb_bind(connection: Any, statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Note the parameters that the statement runs with, as the plugins before have made them."""
    recorder: Recorder = state(connection)[NAME]
    return recorder.watch(statement)


@hookimpl
def heliosdb_executed(
    connection: Any, statement: Statement, seconds: float, error: BaseException | None
) -> Callable[[float], None] | None:
    """Note how long the statement took."""
    recorder: Recorder = state(connection)[NAME]
    return recorder.executed(statement, seconds, error)
