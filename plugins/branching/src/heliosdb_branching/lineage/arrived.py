"""Which entries of a branch's logs came by merges from other branches: their work, which goes back to none of them.

Brought back, a change would meet what has become of it there since, compared with a state from before it was made: a
change that was taken back at home would be made again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..logs.changes import Span
from ..running import has_table, rows, run
from .ancestors import Lineage
from .merged import Through

TABLE = """CREATE TABLE IF NOT EXISTS _heliosdb_arrived (
    seq INTEGER PRIMARY KEY, merge INTEGER, branch TEXT NOT NULL, through TEXT NOT NULL, logs TEXT NOT NULL)"""


def note(
    connection: Any,
    merge: int,
    branch: str,
    through: Mapping[str, int],
    before: Mapping[str, int],
    after: Mapping[str, int],
) -> None:
    """Note what a merge has written into the logs of its target.

    :param through: how far the logs of the branch that was merged had come
    :param before: how far the target's logs had come before, ``after`` how far afterwards
    """
    written = {
        log: (before.get(log, 0), upto) for log, upto in after.items() if log and upto > before.get(log, 0)
    }
    if written:
        run(
            connection,
            "INSERT INTO _heliosdb_arrived (merge, branch, through, logs) VALUES (?, ?, ?, ?)",
            (merge, branch, json.dumps(dict(through)), json.dumps(written)),
        )


def forget(connection: Any, merge: int) -> None:
    """Take note that a merge was undone: both that and the merge are the target's own work now."""
    if has_table(connection, "_heliosdb_arrived"):
        run(connection, "DELETE FROM _heliosdb_arrived WHERE merge = ?", (merge,))


def own_work(
    connection: Any, spans: Mapping[str, Sequence[Span]], target: Lineage, through: Mapping[str, Through]
) -> Mapping[str, Sequence[Span]]:
    """Return parts of a branch's logs without what came from where it is to be merged, or has come there already.

    :param target: the lineage of what is merged into, ``through`` how far other branches' changes have come there
    """
    if not has_table(connection, "_heliosdb_arrived"):
        return spans
    left = {log: list(each) for log, each in spans.items()}
    for branch, positions, logs in rows(connection, "SELECT branch, through, logs FROM _heliosdb_arrived"):
        if _is_there(branch, json.loads(positions), target, through):
            for log, (after, upto) in json.loads(logs).items():
                left[log] = [part for span in left.get(log, ()) for part in _without(span, after, upto)]
    return left


def _is_there(
    branch: str, positions: Mapping[str, int], target: Lineage, through: Mapping[str, Through]
) -> bool:
    """Return whether a database has the changes of a branch up to these positions."""
    if target.ancestors and target.ancestors[-1].id == branch:
        return True
    known: list[Mapping[str, int]] = [through[branch].positions] if branch in through else []
    for parent, child in zip(target.ancestors, target.ancestors[1:], strict=False):
        if parent.id == branch:
            known.append(child.since)
    return any(
        all(had.get(log, 0) >= position for log, position in positions.items() if log) for had in known
    )


def _without(span: Span, after: int, upto: int) -> list[Span]:
    """Return what is left of a part of a log without a part of it."""
    end = span.upto
    left = [Span(span.after, after if end is None else min(end, after)), Span(max(span.after, upto), end)]
    return [each for each in left if each.upto is None or each.upto > each.after]
