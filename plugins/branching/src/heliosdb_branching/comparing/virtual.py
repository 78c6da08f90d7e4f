"""The rows of virtual tables that differ: of full-text tables by their logs, of others by reading them whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..logs.changes import Key, Span
from ..logs.tables import Table
from ..logs.virtuals import TOUCHED, virtuals
from ..logs.watching import logs
from ..merging import virtual_rows
from ..merging.rows import same_row


class Differing(NamedTuple):
    """A row of a virtual table that may differ."""

    table: Table
    key: Key
    here: tuple[Any, ...] | None
    there: tuple[Any, ...] | None
    scanned: bool


def differing(
    here: Any, branch: Any, spans: Mapping[str, Sequence[Span]], *, full: bool, both: bool
) -> Iterator[Differing]:
    """Yield the rows of virtual tables that differ, those left out that follow from other tables.

    :param both: leave out tables that only one of the databases has
    """
    ours, theirs = virtuals(here), virtuals(branch)
    watched = logs(branch)
    for name in {**ours, **theirs}:
        mine, its = ours.get(name), theirs.get(name)
        one = mine or its
        if one is None or one.external is not None or (both and (mine is None or its is None)):
            continue
        table = virtual_rows.as_table(here if mine is not None else branch, one)
        log = watched.get(its.content or "") if its is not None else None
        if mine is None or its is None or mine.module != its.module or full:
            yield from _all(table, here if mine is not None else None, branch if its is not None else None)
        elif log is not None:
            logged = spans.get(str(log.id), ())
            for trio in virtual_rows.text_rows(here, branch, its, table, log, logged):
                yield Differing(table, trio.key, trio.ours, trio.theirs, False)
        elif virtual_rows.touched(branch, name, spans.get(TOUCHED, ())):
            yield from _all(table, here, branch)


def _all(table: Table, here: Any, branch: Any) -> Iterator[Differing]:
    ours = virtual_rows.by_key(here, table) if here is not None else {}
    theirs = virtual_rows.by_key(branch, table) if branch is not None else {}
    for key in {**ours, **theirs}:
        if not same_row(ours.get(key), theirs.get(key)):
            yield Differing(table, key, ours.get(key), theirs.get(key), True)
