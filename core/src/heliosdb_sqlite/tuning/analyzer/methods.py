"""The analyzer's methods of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._standard import sqlite3
from ...plugins import activate, state

if TYPE_CHECKING:  # imported by every connection with plugins; what it needs is imported when it is called
    from .recording.recorder import Recorder
    from .recording.workload import SlowQuery
    from .results import Report, Suggestion


def enable_query_analyzer(
    connection: Any, *, slow_query_seconds: float | None = None, slow_query_parameters: bool = False
) -> None:
    """Record the statements that this connection runs from now on, on cursors that are made from now on.

    :param slow_query_seconds: log statements that take as long, or longer, the fetching of their rows included
    :param slow_query_parameters: with their parameters, which may be anybody's secrets
    """
    if slow_query_seconds is not None and not slow_query_seconds >= 0:
        raise sqlite3.ProgrammingError(
            f"slow_query_seconds={slow_query_seconds!r}: give seconds from 0 on, or None"
        )
    activate(connection, "analyzer")
    recorder = _recorder(connection)
    recorder.recording = True
    if slow_query_seconds is not None:
        recorder.slow_seconds, recorder.slow_parameters = slow_query_seconds, slow_query_parameters


def disable_query_analyzer(connection: Any) -> None:
    """Stop recording, and the slow-query log. What is recorded stays, for get_query_suggestions()."""
    recorder = _recorder(connection)
    recorder.recording, recorder.slow_seconds, recorder.slow_parameters = False, None, False


def get_query_suggestions(
    connection: Any, *, seconds: float = 10.0, megabytes: float = 64.0
) -> list[Suggestion]:
    """Return the indexes that would make recorded statements at least 1.2 times faster, the best first.

    They are tried on a copy of the tables in memory; the database is only read. Nothing is created: run
    ``suggestion.suggested_index`` for that.

    :param seconds: how long that may take, roughly
    :param megabytes: how much of the tables may be copied; bigger ones are sampled, and the results marked estimated
    """
    return list(get_query_report(connection, seconds=seconds, megabytes=megabytes).suggestions)


def get_query_report(connection: Any, *, seconds: float = 10.0, megabytes: float = 64.0) -> Report:
    """Return the suggestions, the indexes that are not needed, and each statement with what was found out about it."""
    from .judging.analysis import Limits, analyze
    from .schema.reader import Reader

    recorder = _recorder(connection)
    return analyze(Reader.past_hooks(connection), recorder.workload, Limits(seconds, megabytes))


def get_slow_queries(connection: Any) -> list[SlowQuery]:
    """Return the last 200 statements that took as long as ``slow_query_seconds``, or longer, the oldest first."""
    return list(_recorder(connection).workload.slow)


def _recorder(connection: Any) -> Recorder:
    found: Recorder | None = None
    if getattr(connection, "_session", None) is not None:
        found = state(connection).get("analyzer")
    if found is None:
        raise sqlite3.ProgrammingError(
            "nothing is recorded on this connection: call enable_query_analyzer() first, "
            "or connect(..., query_analyzer=True)"
        )
    return found
