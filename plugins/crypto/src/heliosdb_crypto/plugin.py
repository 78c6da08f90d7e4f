"""The plugin's hooks: what a connection with ``encryption_key`` does differently."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from heliosdb_sqlite.plugins import Capability, DemoAct, Parameters, Statement, Syntax, Target, hookimpl

from . import attaching, connecting
from .columns import hooks as columns
from .columns.functions import Row
from .columns.mistakes import sqlite_speaks_first
from .keys.derivation import Argon2id
from .options import CryptoOptions
from .rekeying import rekey
from .vfs import binding


@hookimpl
def heliosdb_options() -> type[CryptoOptions]:
    """Return the model of this plugin's connect() keywords."""
    return CryptoOptions


@hookimpl
def heliosdb_active(options: CryptoOptions) -> bool:
    """Return whether a key was given. None is no key, and no wish for an unencrypted database either."""
    for keyword in ("encryption_key", "column_key"):
        if options.given(keyword) and getattr(options, keyword) is None:
            raise sqlite3.ProgrammingError(
                f"{keyword} is None: an unset key never means an unencrypted database; give 32 bytes or a passphrase, "
                "or leave the keyword out"
            )
    return options.given("encryption_key") or options.given("column_key")


@hookimpl
def heliosdb_syntax() -> Syntax:
    """Return the SQL that belongs to this plugin.

    It names no trigger words: any statement may have to do with an encrypted column.
    """
    return Syntax(column_types=("ENCRYPTED",), functions=columns.FUNCTIONS)


@hookimpl
def heliosdb_open(target: Target, options: CryptoOptions) -> Target | None:
    """Open the file under the layer of its key."""
    return connecting.under_layer(target, options)


@hookimpl(tryfirst=True)
def heliosdb_connect(connection: Any, options: CryptoOptions) -> None:
    """Refuse a file that the key does not open; make its columns' keys ready."""
    file = connecting.check(connection, options)
    columns.begin(connection, options, file.key if file is not None else None)


@hookimpl
def heliosdb_parse(connection: Any, statement: Statement) -> Statement | None:
    """Have each file that a statement names opened under the layer of its key; seal what goes to encrypted columns."""
    if statement.verb in attaching.VERBS:
        return attaching.rewrite(connection, statement)
    with sqlite_speaks_first(connection, statement):
        return columns.read(connection, statement)


@hookimpl
def heliosdb_bind(statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Follow the parameters of a key that was moved, or of a query that is run after the statement."""
    return attaching.binder_for(statement) or columns.binder(statement)


@hookimpl
def heliosdb_around(
    connection: Any, statement: Statement
) -> Callable[[], AbstractContextManager[Any]] | None:
    """Fill the table of a CREATE TABLE ... AS that has encrypted columns; have VACUUM keep the size of pages."""
    return attaching.around(connection, statement) or columns.around(connection, statement)


@hookimpl
def heliosdb_row(connection: Any, statement: Statement) -> Callable[[Row], Row] | None:
    """Open the values of encrypted columns."""
    return columns.row_mapper(connection, statement)


@hookimpl
def heliosdb_backup(connection: Any, source: Any, copy: Callable[[sqlite3.Connection], None]) -> bool | None:
    """Give the pages of a plain database room for what seals them."""
    from .receiving import receive

    return receive(connection, source, copy)


@hookimpl
def heliosdb_changed(connection: Any, method: str) -> None:
    """Have statements planned anew after deserialize(): it leaves another database in the place of one."""
    if method == "deserialize":
        columns.plan_anew(connection)


@hookimpl
def heliosdb_commands(cli: Any) -> None:
    """Add ``heliosdb encrypt``, ``decrypt`` and ``rekey``."""
    from .commands import add_to

    add_to(cli)


@hookimpl
def heliosdb_demo() -> DemoAct:
    """Return the act that shows a file before and after."""
    from .demo import ACT

    return ACT


@hookimpl
def heliosdb_facts() -> Sequence[Capability]:
    """Say whether encryption works here, and by which functions passphrases become keys."""
    reason = binding.why_not()
    derivations = "scrypt, Argon2id" if Argon2id.is_available() else "scrypt"
    return [
        Capability("encryption", "no" if reason else "yes", reason),
        Capability("passphrases become keys by", derivations, ""),
    ]


@hookimpl
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:
    """Return the methods of connections that belong to this plugin."""
    return {"rekey": rekey}
