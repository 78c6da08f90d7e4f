"""The plain connections that are open, file by file.

As long as one thread has a file for itself, a note of each connection is all there is. When a second thread opens the
same file, its connections get places in line: :mod:`.tuning.concurrency.line`.
"""

import os
from _thread import get_ident
from _weakref import ref

from ._standard import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TIMEOUT = 5.0  # seconds: connect()'s own default
_IN_MEMORY = frozenset((":memory:", ""))
_NO_LINE = (":memory:", "mode=memory", "cache=shared", "immutable=")  # in URIs: other locks, or none
_in_transaction: "Any" = sqlite3.Connection.in_transaction
_files: "dict[Any, dict[int, Note]]" = {}


class Note(ref):  # type: ignore[type-arg]  # a class statement of Python 3.10 can't have the brackets at run time
    """A connection that is open as long as it lives, or until it is closed."""

    __slots__ = ("path", "thread", "timeout")
    path: "str | bytes"  # as connect() was given it
    thread: "int | None"  # the only one that may use it
    timeout: "Any"  # seconds, as connect() was given them


def opened(
    connection: "Any",
    database: "Any" = "",
    timeout: "Any" = _TIMEOUT,
    detect_types: "Any" = 0,
    isolation_level: "Any" = "",
    check_same_thread: "Any" = True,
    /,
    *_: "Any",
    **keywords: "Any",
) -> None:
    """Note a connection. Called with the arguments of ``connect``, which have been found right."""
    if keywords:
        database = keywords.get("database", database)
        timeout = keywords.get("timeout", timeout)
        check_same_thread = keywords.get("check_same_thread", check_same_thread)
    try:
        path = os.fspath(database)
        if path in _IN_MEMORY:
            return
    except Exception:  # noqa: BLE001 - what only a factory can open
        return
    note = Note(connection, _gone)
    note.path, note.timeout = path, timeout
    note.thread = get_ident() if check_same_thread else None
    others = _files.get(path)
    if others is None:
        _files[path] = {id(note): note}
        return
    others[id(note)] = note
    if len(others) > 1:
        _meet(note, others)


def _gone(note: Note) -> None:
    others = _files.get(note.path)
    if others is not None:
        others.pop(id(note), None)
        if not others:
            _files.pop(note.path, None)


def _meet(newcomer: Note, notes: "dict[int, Note]") -> None:
    """Put connections in line that several threads may use."""
    others = []
    for note in _now(notes):
        if note is newcomer or note.thread is not None is not newcomer.thread == note.thread:
            continue
        connection = note()
        if connection is None or not is_open(connection):
            _gone(note)
        else:
            others.append((note, connection))
    if others and not _has_other_locks(newcomer.path):
        from .tuning.concurrency.line import join

        join([*others, (newcomer, newcomer())])


def _now(things: "dict[Any, Any]") -> "list[Any]":
    """Return the values that a dict has now, though the garbage collector may take some out meanwhile."""
    while True:
        try:
            return list(things.values())
        except RuntimeError:  # it has
            continue


def _has_other_locks(path: "str | bytes") -> bool:
    text = os.fsdecode(path)
    return text.startswith("file:") and any(word in text for word in _NO_LINE)


def is_open(connection: "Any") -> bool:
    """Return whether a connection has been opened and not closed; in any thread."""
    try:
        _in_transaction.__get__(connection)
    except sqlite3.ProgrammingError:
        return False
    return True


def notice_timeout(connection: "Any", sql: object = None) -> None:
    """Remember it if a text may set SQLite's timeout to something else than connect() was told."""
    if isinstance(sql, str) and "BUSY_TIMEOUT" in sql.upper() and hasattr(connection, "_sets_timeout"):
        connection._sets_timeout = True


def _forget() -> None:
    """In a forked child: connections are not carried over, and the other threads are not there."""
    for notes in _now(_files):
        for note in _now(notes):
            connection = note()
            if connection is not None:
                connection._place = None
    _files.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
