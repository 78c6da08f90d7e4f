"""The statements of one connection on their way into a workload, and into the slow-query log."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ....plugins import Parameters, Statement
from ....sql.schema import database_files
from .shape import shape_of
from .workload import TEXT_LENGTH, Workload, slow_query, workload_of

if TYPE_CHECKING:
    from ..options import AnalyzerOptions

_VERBS = frozenset({"SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE"})
_TEXTS = 2048  # texts a connection remembers; the core remembers 1024 plans
_LOGGED = 2000  # characters of a slow statement that go into the log
_ROWS = re.compile(r"(\((?:\?,? ?)+\))(?:,\s?\1)+")  # those of batch_insert(): the first is enough to read
_log = logging.getLogger("heliosdb_sqlite.slow_queries")


class Recorder:
    """What one connection adds to its database's workload. The connection's threads may use it together."""

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self.recording = True
        self.slow_seconds: float | None = None
        self.slow_parameters = False
        self._texts: dict[str, str] = {}
        self._latest = threading.local()

    @classmethod
    def of(cls, connection: Any, options: AnalyzerOptions) -> Recorder:
        """Return a recorder for the connection, which is open."""
        recorder = cls(workload_of(_file_of(connection)))
        recorder.recording = options.query_analyzer
        recorder.slow_seconds = options.slow_query_seconds
        recorder.slow_parameters = options.slow_query_parameters
        return recorder

    def watch(self, statement: Statement) -> Callable[[Parameters], Parameters] | None:
        """Return a binder that changes nothing and notes what goes by; None for statements of no interest."""
        if statement.verb not in _VERBS or len(statement.text) > TEXT_LENGTH:
            return None
        shape, query, text = shape_of(statement.text), statement.sql, statement.text
        if len(self._texts) >= _TEXTS:
            self._texts.clear()
        self._texts[query] = shape
        ran, latest = self.workload.ran, self._latest

        def noting(parameters: Parameters) -> Parameters:
            if self.recording:
                ran(shape, query, text, parameters)
            if self.slow_parameters:
                latest.parameters = parameters
            return parameters

        noting.observes = True  # type: ignore[attr-defined]
        return noting

    def executed(
        self, statement: Statement, seconds: float, error: BaseException | None
    ) -> Callable[[float], None] | None:
        """Note how long it took; where slow statements are logged, return what is told how long fetching took."""
        shape = self._texts.get(statement.sql)
        if shape is not None and self.recording:
            self.workload.took(shape, seconds, failed=error is not None)
        slow = self.slow_seconds
        if slow is None or statement.verb == "ATTACH":  # whose text may hold a KEY
            return None
        parameters = getattr(self._latest, "parameters", None) if self.slow_parameters else None

        def fetched(further: float) -> None:
            if seconds + further >= slow:
                self._slow(statement, seconds + further, parameters)

        if error is not None:
            fetched(0.0)
            return None
        return fetched

    def _slow(self, statement: Statement, seconds: float, parameters: Parameters | None) -> None:
        self.workload.slow.append(slow_query(statement.sql, seconds, parameters))
        text = _ROWS.sub(r"\1, ...", " ".join(statement.sql.split()))
        text = text if len(text) <= _LOGGED else f"{text[:_LOGGED]}..."
        if parameters is None:
            _log.warning("%.3f s: %s", seconds, text)
        else:
            _log.warning("%.3f s: %s with %r", seconds, text, parameters)


def _file_of(connection: Any) -> str:
    """Return the file that the connection has open; "" for a database in memory."""
    file = database_files(connection).get("main")
    return os.path.realpath(file) if file else ""
