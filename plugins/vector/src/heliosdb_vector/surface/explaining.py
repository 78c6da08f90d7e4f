"""conn.explain_vector(): how a statement would be answered, and why not faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heliosdb_sqlite.plugins import Parameters, Statement

from ..memory.freshness import refuse_without_search
from ..search.answering import Outcome, Plan
from ..search.statements import NOTE, outcomes_of
from .preparing import packer, prepared


@dataclass(frozen=True)
class VectorExplanation:
    """How the searches of a statement would be answered at this moment.

    ``path`` is ``"matrix"`` (exact, from memory), ``"index"`` (an approximate index), or ``"sql"`` (SQLite computes the
    distance of every row); ``"mixed"`` where several searches differ. ``reason`` says why a search is not answered from
    memory.
    """

    path: str
    reason: str
    searches: tuple[Outcome, ...]
    """One for each search that was recognised: its ``path`` and ``reason``, the ``rows`` compared, the ``candidates``
    that SQLite then looks at, how the other conditions (``filter``) are met, and the ``index`` that is used."""
    sql: str
    """The text that SQLite runs."""

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.reason}" if self.reason else self.path]
        for number, search in enumerate(self.searches, 1):
            if search.path == "sql":
                lines.append(f"  search {number}: by SQL, row by row: {search.reason}")
                continue
            by = f"index {search.index}, approximate" if search.index else "in memory, exact"
            conditions = f", conditions met {search.filter}" if search.filter else ""
            lines.append(
                f"  search {number}: {by}: {search.rows} vectors compared, "
                f"{search.candidates} rows looked at{conditions}"
            )
        return "\n".join(lines)


def explain_vector(connection: Any, sql: str, parameters: Parameters = ()) -> VectorExplanation:
    """Return how a statement would be answered with these parameters, and why not faster.

    Nothing is run but what a search needs for its candidates, which may read the column into memory.

    :raises ProgrammingError: the connection has no vector search
    """
    refuse_without_search(connection, "explain_vector()")
    reasons: list[str] = []
    statement = prepared(connection, Statement(sql), reasons)
    plan: Plan | None = statement.notes.get(NOTE)
    if plan is None:
        return VectorExplanation(
            "sql", "; ".join(reasons) or "it searches no column by distance", (), statement.text
        )
    found = tuple(outcomes_of(connection, plan, parameters, packer(statement)))
    paths = {each.path for each in found}
    reasons += [each.reason for each in found if each.reason]
    path = paths.pop() if len(paths) == 1 else "mixed"
    return VectorExplanation(path, "; ".join(dict.fromkeys(reasons)), found, statement.text)
