"""What has become of a branch's file: there, being copied, interrupted, deleted; and tidying up after the last two."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier as q
from heliosdb_sqlite.sql.quoting import quote_text

from ..errors import is_busy
from ..logs.tables import table_names
from ..names import folder_of
from ..opening import Opener
from ..registry.entries import COPYING, READY, Entry, deleted, entries
from ..running import run, transaction
from . import locks

_BEGUN = re.compile(r"(.*-[0-9a-f]{16}\.db)\.(?:lock|failed|(?:part|made)(?:-wal|-shm|-journal)?)")
_FAILED = ".failed"
_BESIDE = ("", "-wal", "-shm", "-journal")


def lock_path(path: str) -> str:
    """Return the file whose lock says that a branch is open or being copied."""
    return f"{path}.lock"


def part_path(path: str) -> str:
    """Return where a branch is being made."""
    return f"{path}.part"


def made_path(path: str) -> str:
    """Return where a branch is that is complete, and yet to be registered and to get its name."""
    return f"{path}.made"


def state_of(database: str, entry: Entry) -> str:
    """Return what has become of it: ``ready``, ``copying``, ``interrupted``, ``missing``, or ``failed: ...``."""
    path = entry.path(database)
    if os.path.exists(path):
        return READY
    if entry.state == READY:
        # Complete when it was registered; whoever made it may have ended before it could be renamed.
        found = os.path.exists(made_path(path)) or os.path.exists(path)
        return READY if found else "missing"
    if entry.state == COPYING:
        if locks.is_held(lock_path(path)):
            return COPYING
        return READY if os.path.exists(path) else _why_not(path)
    return entry.state


def _why_not(path: str) -> str:
    try:
        with open(path + _FAILED, encoding="utf-8") as file:
            return f"failed: {file.read()}"
    except OSError:
        return "interrupted"


def is_interrupted(database: str, entry: Entry) -> bool:
    """Return whether a copy ended before it was one: the name can be had again."""
    state = state_of(database, entry)
    return state == "interrupted" or state.startswith("failed")


def give_name(path: str) -> None:
    """Give a branch that is complete and registered its name, unless somebody else was as quick."""
    try:
        os.replace(made_path(path), path)
    except FileNotFoundError:
        pass


def wait_for_copy(database: str, entry: Entry) -> str:
    """Return the path of a branch's file once it is complete.

    :raises OperationalError: it will never be
    """
    path, pause = entry.path(database), 0.001
    while (state := state_of(database, entry)) == COPYING:
        time.sleep(pause)
        pause = min(pause * 1.2, 0.01)
    if state == READY:
        if not os.path.exists(path):
            give_name(path)
        return path
    again = f"delete_branch({entry.name!r}) and create it again"
    if state == "missing":
        raise sqlite3.OperationalError(
            f"the file of branch {entry.name!r} is missing: put {os.path.basename(path)!r} back into "
            f"{os.path.dirname(path)!r}, or delete_branch({entry.name!r})"
        )
    if state == "interrupted":
        raise sqlite3.OperationalError(
            f"branch {entry.name!r} was still being copied when the process that made it was killed: {again}"
        )
    raise sqlite3.OperationalError(f"branch {entry.name!r} could not be copied ({state}): {again}")


def note_failure(path: str, error: BaseException) -> None:
    """Leave word of why a copy could not be made, for whoever opens the branch."""
    try:
        with open(f"{path}{_FAILED}", "w", encoding="utf-8") as file:
            file.write(f"{type(error).__name__}: {error}")
    except OSError:  # the disk is full: that it was interrupted will be said
        pass


def discard(path: str, *, keep_lock: bool = False) -> None:
    """Remove a branch's files, finished or not; what can't be removed now is left for later."""
    _unlink(path + _FAILED)
    for base in (part_path(path), made_path(path), path):
        for suffix in _BESIDE:
            _unlink(base + suffix)
    if not keep_lock:
        _unlink(lock_path(path))


def _unlink(path: str) -> bool:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return True
    except OSError:  # open on a system that can't unlink open files
        return False
    return True


def poison(connection: Any, name: str) -> None:
    """Make every later write to a branch fail, in the transaction that is open: its file is about to go."""
    said = quote_text(f"branch {name!r} was deleted: nothing can be written to it any more")
    for table in table_names(connection):
        for event in ("INSERT", "UPDATE", "DELETE"):
            trigger = q(f"_heliosdb_deleted_{event.lower()}_{table}")
            run(
                connection,
                f"CREATE TRIGGER IF NOT EXISTS main.{trigger} BEFORE {event} ON {q(table)}"
                f" BEGIN SELECT RAISE(ABORT, {said}); END",
            )


def clean_up(opener: Opener, main: Any) -> None:
    """Finish what a deletion left undone: the files of deleted branches that nobody could remove until now.

    Only what the registry calls deleted is removed. A file that it does not know may belong to another state of the
    database, from before a backup was restored.
    """
    clean_leftovers(opener, main)
    for entry in deleted(main):
        path = entry.path(opener.database)
        if os.path.exists(path):
            _poison_if_possible(opener, path, entry.name or entry.id)
        discard(path)
        if not os.path.exists(path):
            try:
                with transaction(main):
                    run(main, "DELETE FROM _heliosdb_branches WHERE id = ?", (entry.id,))
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise


def clean_leftovers(opener: Opener, main: Any) -> None:
    """Remove what copies left that were killed before their branch was registered: nobody can know them."""
    folder = folder_of(opener.database)
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    begun = {match[1] for name in names if (match := _BEGUN.fullmatch(name))}
    if not begun:
        return
    known = {entry.file for entry in (*entries(main), *deleted(main))}
    for file in begun - known:
        path = os.path.join(folder, file)
        if os.path.exists(path):
            continue
        lock = (
            locks.try_alone(lock_path(path))
            if os.path.exists(lock_path(path))
            else locks.alone(lock_path(path))
        )
        if lock is not None:
            if file not in {entry.file for entry in entries(main)} and not os.path.exists(path):
                discard(path)
            lock.release()


def _poison_if_possible(opener: Opener, path: str, name: str) -> None:
    try:
        with opener.opened(path, timeout=0) as branch, transaction(branch):
            poison(branch, name)
    except sqlite3.Error:  # somebody is writing to it, or it is damaged: it goes all the same
        pass
