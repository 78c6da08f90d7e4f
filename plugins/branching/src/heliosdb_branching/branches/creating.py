"""A new branch: an exact copy of a database file as of its last commit, while others go on writing to it.

A read transaction keeps the pages in place that its state is made of. In WAL mode writers are not held up by it: where
the file system can't share blocks, the copy goes on after create_branch() has returned. In the other modes writers wait
until it is done.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from typing import Any, NamedTuple

from ..errors import is_busy
from ..files import copying, locks
from ..files.state import (
    clean_up,
    discard,
    give_name,
    is_interrupted,
    lock_path,
    made_path,
    note_failure,
    part_path,
    wait_for_copy,
)
from ..lineage.ancestors import Ancestor, Lineage, lineage_of
from ..logs.watching import positions, watch
from ..merging.ledger import ROWS, drop_copies
from ..names import MAIN, checked, file_name, folder_of, new_id
from ..opening import Opener
from ..registry.entries import (
    COPYING,
    READY,
    Entry,
    add,
    already_there,
    canary,
    entries,
    find,
    now_us,
    prepare,
    set_meta,
)
from ..running import has_table, run, transaction, value
from ..schema.shapes import read_schema
from .past import restore

_LONG_LOG = 4 * 2**20  # bytes of a write-ahead log; a shorter one is copied with the database
_HEADER = 32
_WORTH_A_THREAD = 4 * 2**20  # bytes; less is copied before a thread would have started


class _Order(NamedTuple):
    """A copy to be made."""

    opener: Opener
    entry: Entry
    parent: str  # the name of the branch that is copied
    source: Any  # a connection to it, whose read transaction holds the state
    source_path: str
    lock: locks.Lock
    at_us: int
    progress: copying.Progress | None
    steps: Any

    @property
    def path(self) -> str:
        return self.entry.path(self.opener.database)

    @property
    def part(self) -> str:
        return part_path(self.path)


def _nothing(_: str) -> None:
    """Be told of each step: the place for a test to end the process."""


def create(
    opener: Opener,
    name: str,
    from_branch: str = MAIN,
    as_of: Any = None,
    progress: copying.Progress | None = None,
    step: Any = _nothing,
) -> Entry:
    """Make a branch and return its entry in the registry.

    :param progress: is told how far the copy is; the copy is then complete when this returns
    :raises OperationalError: the name is taken, no branch is called ``from_branch``, or a lock did not come in time
    """
    name = checked(name)
    with opener.opened(opener.database) as main:
        prepare(main)
        step("prepared")
        clean_up(opener, main)
        _make_room(opener, main, name)
        parent = None if from_branch == MAIN else find(main, from_branch)
        if parent is not None:
            wait_for_copy(opener.database, parent)
        branch = new_id()
        moment = str(as_of) if as_of is not None else None
        entry = Entry(
            branch, name, parent.id if parent else MAIN, file_name(name, branch), READY, now_us(), moment
        )
        os.makedirs(folder_of(opener.database), exist_ok=True)
        path = entry.path(opener.database)
        lock = locks.alone(lock_path(path))
        source_path = parent.path(opener.database) if parent else opener.database
        try:
            step("locked")
            return _create(opener, main, entry, from_branch, source_path, lock, as_of, progress, step)
        except BaseException:
            lock.release()
            discard(path)
            raise


def _make_room(opener: Opener, main: Any, name: str) -> None:
    for entry in entries(main):
        if entry.name == name:
            if not is_interrupted(opener.database, entry):
                raise already_there(name)
            with transaction(main):  # its copy never became a branch
                run(main, "DELETE FROM _heliosdb_branches WHERE id = ?", (entry.id,))
            discard(entry.path(opener.database))


def _create(
    opener: Opener,
    main: Any,
    entry: Entry,
    parent: str,
    source_path: str,
    lock: locks.Lock,
    as_of: Any,
    progress: copying.Progress | None,
    step: Any,
) -> Entry:
    source = opener.connect(source_path)
    goes_on = False
    try:
        is_wal = value(source, "PRAGMA main.journal_mode") == "wal"
        if is_wal and _size(f"{source_path}-wal") > _LONG_LOG:
            _empty_log(source)
        _begin(source)
        at_us = now_us()
        step("snapshot")
        order = _Order(opener, entry, parent, source, source_path, lock, at_us, progress, step)
        while is_wal and not _copy_log(order):
            run(source, "COMMIT")
            _begin(source)
        cloned = copying.clone(source_path, order.part)
        small = os.path.getsize(source_path) <= _WORTH_A_THREAD
        if is_wal and not cloned and not small and as_of is None and progress is None:
            entry = entry._replace(state=COPYING)
            with transaction(main):
                add(main, entry)
            step("registered")
            goes_on = True
            threading.Thread(target=_copy_behind, args=(order,), name=f"branch {entry.name}").start()
            return entry
        if not cloned:
            copying.copy(source_path, order.part, progress)
        step("copied")
        run(source, "COMMIT")
        _make_branch(order, as_of)
        os.replace(order.part, made_path(order.path))
        copying.sync_folder(order.path)
        with transaction(main):
            add(main, entry)
        step("registered")
        give_name(order.path)
        step("shown")
        lock.release()
        return entry
    finally:
        if not goes_on:
            source.close()


def _empty_log(source: Any) -> None:
    """Move what the write-ahead log has into the database, if nobody is in the way."""
    patience = value(source, "PRAGMA busy_timeout")
    run(source, "PRAGMA busy_timeout = 0")
    try:
        run(source, "PRAGMA main.wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
    run(source, f"PRAGMA busy_timeout = {patience}")


def _begin(source: Any) -> None:
    """Begin the transaction that holds the state."""
    run(source, "BEGIN")
    value(source, "SELECT count(*) FROM main.sqlite_master")


def _copy_log(order: _Order) -> bool:
    """Copy the write-ahead log unless it is empty; return False if it has started anew in the meantime.

    The reader keeps pages newer than its state out of the database. So the log, copied now, has whatever the database
    will lack or have half written while it is copied. A log that the database has all of may start anew although
    somebody reads, which its header tells: what was copied then is a part of the past.
    """
    log = f"{order.source_path}-wal"
    begins = _header(log)
    if begins:
        copying.copy_plainly(log, f"{order.part}-wal")
    return _header(log) == begins


def _header(log: str) -> bytes:
    """Return how a write-ahead log begins: differently each time that it starts anew."""
    try:
        with open(log, "rb") as file:
            return file.read(_HEADER)
    except FileNotFoundError:
        return b""


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def _copy_behind(order: _Order) -> None:
    """Finish the copy in a thread of its own; the interpreter waits for it when it ends."""
    try:
        copying.copy(order.source_path, order.part)
        order.steps("copied")
        run(order.source, "COMMIT")
        _make_branch(order, None)
        os.replace(order.part, order.path)
        copying.sync_folder(order.path)
        order.steps("shown")
    except BaseException as error:  # noqa: BLE001 - nobody is there to catch it: whoever opens the branch is told
        discard(order.path, keep_lock=True)
        note_failure(order.path, error)
    finally:
        order.source.close()
        order.lock.release()


def _make_branch(order: _Order, as_of: Any) -> None:
    """Turn the copy into a branch: give it its identity, its past and its logs."""
    if as_of is not None:
        restore(order.opener, order.part, as_of)
    branch = order.opener.connect(order.part)
    try:
        run(branch, "PRAGMA main.synchronous = OFF")  # all of it is synced below
        run(branch, "PRAGMA main.journal_mode = WAL").fetchall()
        with transaction(branch):
            lineage = lineage_of(branch)
            for table in ("_heliosdb_branches", "_heliosdb_merge_undo", "_heliosdb_merges", ROWS):
                if has_table(branch, table):
                    run(branch, f"DELETE FROM {table}")
            drop_copies(branch)
            if has_table(branch, "_heliosdb_arrived"):
                run(branch, "UPDATE _heliosdb_arrived SET merge = NULL")  # they are another's to undo
            set_meta(branch, "branch", order.entry.id)
            watch(branch)
            begins = Ancestor(
                order.entry.id,
                order.entry.name,
                order.parent,
                positions(branch),
                read_schema(branch).dumps(),
                order.at_us,
                value(branch, "SELECT count(*) FROM _heliosdb_commits"),
                canary(branch),
            )
            set_meta(branch, "lineage", Lineage((*lineage.ancestors, begins)).dumps())
    finally:
        branch.close()
    if os.path.exists(f"{order.part}-wal") and os.path.getsize(f"{order.part}-wal"):
        raise sqlite3.OperationalError(
            "the log of the new branch could not be emptied: is somebody reading its file?"
        )
    copying.sync(order.part)
    order.steps("made")
