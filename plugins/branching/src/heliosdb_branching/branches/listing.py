"""Branches looked up: what there is to know of each."""

from __future__ import annotations

import os
import sqlite3
from typing import Any

from ..files import locks
from ..files.state import clean_up, lock_path, part_path, state_of, wait_for_copy
from ..lineage.ancestors import lineage_of
from ..names import MAIN
from ..opening import Opener
from ..registry.entries import READY, Entry, entries
from ..results import Branch, moment
from ..running import has_table, value

_MEGABYTE = 1_000_000


def branches(opener: Opener) -> list[Branch]:
    """Return main and every branch, in the order in which they were made."""
    with opener.opened(opener.database) as main:
        clean_up(opener, main)
        found = entries(main)
        names = {MAIN: MAIN, **{entry.id: entry.name for entry in found}}
        return [_main(opener, main), *(branch_of(opener, entry, names) for entry in found)]


def main_branch(opener: Opener) -> Branch:
    """Return what there is to know of main."""
    with opener.opened(opener.database) as main:
        return _main(opener, main)


def _main(opener: Opener, main: Any) -> Branch:
    merges = 0
    if has_table(main, "_heliosdb_merges"):
        merges = value(main, "SELECT count(*) FROM _heliosdb_merges WHERE undone_us IS NULL")
    size = _size(opener.database)
    return Branch(MAIN, MAIN, None, None, None, READY, True, merges, size, opener.database)


def branch_of(opener: Opener, entry: Entry, names: dict[str, str] | None = None) -> Branch:
    """Return what there is to know of a branch. One whose file can't be read is still there."""
    path, state = entry.path(opener.database), state_of(opener.database, entry)
    commits, began, parent = 0, entry.created_us, (names or {}).get(entry.parent)
    if state == READY:
        wait_for_copy(opener.database, entry)
        try:
            with opener.opened(path) as branch:
                ancestors = lineage_of(branch).ancestors
                if ancestors:
                    begins = ancestors[-1]
                    began, parent = begins.at_us, parent or begins.parent
                    commits = value(branch, "SELECT count(*) FROM _heliosdb_commits") - begins.commits
        except sqlite3.OperationalError:  # deleted a moment ago
            state = state_of(opener.database, entry)
    active = state == READY and locks.is_held(lock_path(path))
    return Branch(
        entry.name,
        entry.id,
        parent or (MAIN if entry.parent == MAIN else entry.parent),
        moment(entry.created_us),
        moment(began),
        state,
        active,
        commits,
        _size(path) or _size(part_path(path)),
        path,
    )


def _size(path: str) -> float:
    total = 0
    for suffix in ("", "-wal"):
        try:
            total += os.path.getsize(path + suffix)
        except OSError:
            continue
    return total / _MEGABYTE
