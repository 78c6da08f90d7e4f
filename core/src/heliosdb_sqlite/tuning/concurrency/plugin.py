"""The plugin ``concurrency``: its hooks."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from ..._standard import sqlite3
from ...plugins import hookimpl, state
from .options import ConcurrencyOptions

NAME = "concurrency"
VARIABLE = "HELIOSDB_CONCURRENCY"
_MODES = ("default", "fair", "wal")


@hookimpl
def heliosdb_options() -> type[ConcurrencyOptions]:
    """Return the model of the keyword."""
    return ConcurrencyOptions


@hookimpl
def heliosdb_active(options: ConcurrencyOptions) -> bool:
    """Ask the keyword, and where it was not given, the environment."""
    return _mode(options) != "default"


def _mode(options: ConcurrencyOptions) -> str:
    if "concurrency" in options.model_fields_set:
        return options.concurrency
    mode = os.environ.get(VARIABLE, "default") or "default"
    if mode not in _MODES:
        raise sqlite3.ProgrammingError(f"{VARIABLE}={mode!r}: it can be one of {', '.join(_MODES)}")
    return mode


@hookimpl
def heliosdb_connect(connection: Any, options: ConcurrencyOptions) -> None:
    """Join the other connections to the file, in WAL mode if that is wanted."""
    from .joining import join

    writer = join(connection, wal=_mode(options) == "wal", must="concurrency" in options.model_fields_set)
    if writer is not None:
        state(connection)[NAME] = writer
        # Collected in another thread than its own, a connection closes without a word.
        state(connection)[f"{NAME}.close"] = weakref.finalize(connection, writer.close)


@hookimpl
def heliosdb_around(connection: Any, statement: Any) -> Callable[[], AbstractContextManager[None]] | None:
    """Wait for the turn before what writes."""
    writer = state(connection).get(NAME)
    return None if writer is None else writer.around(connection, statement)


@hookimpl
def heliosdb_durable(connection: Any) -> None:
    """Wait for the disk, with the turn given on."""
    writer = state(connection).get(NAME)
    if writer is not None:
        writer.committed(connection)


@hookimpl
def heliosdb_rollback(connection: Any) -> None:
    """Give the turn on."""
    writer = state(connection).get(NAME)
    if writer is not None:
        writer.ended(connection)


@hookimpl
def heliosdb_close(connection: Any) -> None:
    """Leave the file to the others."""
    finalizer = state(connection).get(f"{NAME}.close")
    if finalizer is not None:
        finalizer()
