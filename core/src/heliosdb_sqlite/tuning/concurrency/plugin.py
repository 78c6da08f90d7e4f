"""The plugin ``concurrency``: its hooks."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from ...plugins import hookimpl, state
from .options import ConcurrencyOptions, wanted

NAME = "concurrency"


@hookimpl
def heliosdb_options() -> type[ConcurrencyOptions]:
    """Return the model of the keyword."""
    return ConcurrencyOptions


@hookimpl
def heliosdb_active(options: ConcurrencyOptions) -> bool:
    """Ask the keyword, and where it was not given, the environment. The line of the default is no plugin's."""
    return wanted(options.concurrency if _is_given(options) else None) == "wal"


def _is_given(options: ConcurrencyOptions) -> bool:
    return "concurrency" in options.model_fields_set


@hookimpl
def heliosdb_connect(connection: Any, options: ConcurrencyOptions) -> None:
    """Join the other connections to the file, in WAL mode."""
    from .joining import join

    writer = join(connection, must=_is_given(options))
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
