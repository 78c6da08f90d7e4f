"""Encryption: sealed database files and encrypted columns.

This release only reserves its place: the options, methods and SQL are known, checked and listed, and refuse to be used.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from heliosdb_sqlite.plugins import Syntax, hookimpl

from .options import CryptoOptions


def _not_yet(*_: Any, **__: Any) -> Any:
    raise sqlite3.NotSupportedError(
        "encryption is not part of this release of heliosdb-crypto: nothing was opened, so nothing was written "
        "in the clear"
    )


@hookimpl
def heliosdb_options() -> type[CryptoOptions]:
    """Return the model of this plugin's connect() keywords."""
    return CryptoOptions


@hookimpl
def heliosdb_active(options: CryptoOptions) -> bool:
    """Refuse a connection that asks for the feature."""
    if "encryption_key" in options.model_fields_set:
        _not_yet()
    return False


@hookimpl
def heliosdb_syntax() -> Syntax:
    """Return the SQL that belongs to this plugin."""
    return Syntax(words=("ENCRYPTED",), column_types=("ENCRYPTED",))


@hookimpl
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:
    """Return the methods of connections that belong to this plugin."""
    return dict.fromkeys(("rekey",), _not_yet)
