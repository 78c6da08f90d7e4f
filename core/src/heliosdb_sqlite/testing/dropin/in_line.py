"""Every connection to a file stands in line, though no other thread has the file open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ... import _connect, _open_files
from ...tuning.concurrency.line import join


@contextmanager
def everybody_in_line() -> Iterator[None]:
    """Give each connection opened within the block its place."""
    note = _open_files.opened

    def opened(connection: Any, *args: Any, **kwargs: Any) -> None:
        note(connection, *args, **kwargs)
        mine = (known for notes in _open_files._files.values() for known in notes.values())
        join((known, connection) for known in list(mine) if known() is connection)

    _connect.opened = opened
    try:
        yield
    finally:
        _connect.opened = note
