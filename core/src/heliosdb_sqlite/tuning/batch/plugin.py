"""The plugin ``batch``: its one hook. What inserts is imported by the first call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...plugins import hookimpl
from .method_importlib_bootstrap import batch_insert


@hookimpl
def heliosdb_cursor_methods() -> dict[str, Callable[..., Any]]:
    """Return the method of every cursor."""
    return {"batch_insert": batch_insert}
