"""What a connection does for encrypted columns: when a text is seen first, and when its rows are read."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.plugins import Parameters, Statement, database_of, run, schema_of, state
from heliosdb_sqlite.sql.ddl import TableDefinition, table_definition
from heliosdb_sqlite.sql.lexer import tokenize

from ..connecting import NAME, Crypto
from ..keys.given import UserKey, user_key
from ..options import CryptoOptions
from .declared import WORD, in_sqlites_order, is_encrypted, with_checks
from .functions import Row, define, row_opener
from .keyring import TABLE, Keyring
from .names import DECRYPT, SEAL, SOUGHT, UNWRAPS
from .relations import Relations, known_relations, relations_of

if TYPE_CHECKING:
    from .copying import Copy

_KEY, _COPY = "crypto columns", "crypto copy"
_DML = frozenset({"SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE"})
_KEEPS_SCHEMA = _DML | {"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "EXPLAIN"}
_OWN = "HELIOSDB_"
_ANEW = "heliosdb_deserialized"
_OWN_TABLE = re.compile(rf'\s*(?P<verb>CREATE|INSERT)\s+(TABLE|INTO)\s+(?="?{TABLE}\b)', re.IGNORECASE)


FUNCTIONS = (SEAL, SOUGHT, DECRYPT)


def begin(connection: Any, options: CryptoOptions, of_file: UserKey | None) -> None:
    """Make the column keys of a connection ready: those of column_key, or those of the file's own key.

    :raises ProgrammingError: column_key is no key
    """
    if options.given("column_key"):
        path = os.fsdecode(database_of(connection))
        keys = [user_key(each, path, "column_key") for each in options.column_keys()]
    else:
        keys = [of_file or user_key(options.encryption_key)]
    keyring = state(connection)[_KEY] = Keyring(connection, keys)
    keyring.follows_file = not options.given("column_key")
    define(connection, keyring)
    if len(keys) > 1:
        keyring.rotate("main")


def keyring_of(connection: Any) -> Keyring:
    """Return the connection's column keys."""
    keyring: Keyring = state(connection)[_KEY]
    return keyring


def read(connection: Any, statement: Statement) -> Statement | None:
    """Return a statement as it is to run; None where it has nothing to do with encrypted columns.

    :raises NotSupportedError: it wants something of a ciphertext that one can't do
    """
    text, verb = statement.text, statement.verb
    folded = text.upper()
    crypto: Crypto | None = state(connection).get(NAME)
    if verb in _DML and _OWN not in folded and _takes_for_plain(connection, crypto):
        return None
    if crypto is not None and verb not in _KEEPS_SCHEMA:
        crypto.changes_schema = True
    if verb in ("CREATE", "ALTER") and WORD in folded:
        with _names_as_text(connection):
            made = _declared(connection, text)
        if made is not None:
            return statement.rewritten(made) if made != text else None
    if (own := _OWN_TABLE.match(text)) is not None:  # a dump is loaded
        return statement.rewritten(_loaded(text[own.end() :], creates=own["verb"].upper() == "CREATE"))
    if verb not in _DML and verb not in ("CREATE", "EXPLAIN"):
        return None
    with _names_as_text(connection):
        relations = _relations(connection)
        if relations is None:
            return None
        keyring_of(connection).follow(relations)
        told = _is_told(crypto, relations)
        if not relations.any or not relations.may_reach(folded):
            return None if told else statement.bound_to(relations.schema.stamp)
        if verb == "CREATE" and (copy := _copy(connection, text, relations)) is not None:
            return statement.noted(_COPY, copy).rewritten(copy.declaration).bound_to(relations.schema.stamp)
        made = _rewritten(statement, relations)
    if verb not in _DML:
        return statement.rewritten(made)
    made_for = statement.noted(_KEY, True).rewritten(made)
    if not told:
        return made_for.bound_to(relations.schema.stamp)
    if crypto is not None and crypto.file is not None and not crypto.file.watch.expects:
        return read(connection, statement)  # it was said while we looked: the schema is another one again
    return made_for


def plan_anew(connection: Any) -> None:
    """Forget what was planned for the databases as they were: rolling back is what the schema may change by."""
    for sql in (f"SAVEPOINT {_ANEW}", f"ROLLBACK TO {_ANEW}", f"RELEASE {_ANEW}"):
        connection.execute(sql)


def _takes_for_plain(connection: Any, crypto: Crypto | None) -> bool:
    """Return whether a text can be run as it is: the process knows that there are no encrypted columns."""
    file = crypto.file if crypto is not None and not crypto.changes_schema else None
    if file is None or file.data_key is None:
        return False
    return file.watch.takes_for_plain(file.nonce, in_transaction=connection.in_transaction)


def _is_told(crypto: Crypto | None, relations: Relations) -> bool:
    """Have the file layer say when another connection has changed the schema; return False where it can't.

    There each statement has to look itself: with another schema it may be about encrypted columns, or no more.
    """
    stamp = relations.schema.stamp
    if crypto is None or len(stamp) > 2:  # temp, main, and what is attached
        return False
    if crypto.file is not None:  # nobody else has a database in memory
        version = stamp[1][1]
        crypto.file.watch.expect(version)
        if not relations.any and relations.page is not None:
            crypto.file.watch.is_plain(relations.page, version)
    return True


def _relations(connection: Any) -> Relations | None:
    """Return the relations; None where the program's authorizer lets nobody read the schema, as SQLite will say.

    It must have forbidden that before there was an encrypted column to know of.
    """
    try:
        return relations_of(connection)
    except sqlite3.DatabaseError as error:
        known = known_relations(connection)
        if known is not None and known.any:
            raise
        if not any(word in str(error) for word in ("not authorized", "prohibited", "authorizer")):
            raise
        return None


@contextmanager
def _names_as_text(connection: Any) -> Iterator[None]:
    """Read names as they are, whatever the program has its texts made into."""
    factory, connection.text_factory = connection.text_factory, str
    try:
        yield
    finally:
        connection.text_factory = factory


def _loaded(rest: str, *, creates: bool) -> str:
    """Return a dump's statement about the table of column keys, which may be there already.

    The values of a dump are in the clear, or sealed with keys that come along: those that can be used are taken.
    """
    if creates:
        return f"CREATE TABLE IF NOT EXISTS {rest}"
    _, _, values = rest.rstrip("; \t\n").partition("VALUES")
    return (
        f"INSERT OR IGNORE INTO {TABLE} SELECT column1, (SELECT coalesce(max(place), 0) + 1 FROM {TABLE}), column3, "
        f"column4 FROM (VALUES {values}) WHERE {UNWRAPS}(column3, column4)"
    )


def _copy(connection: Any, sql: str, relations: Relations) -> Copy | None:
    from .copying import copy_of

    return copy_of(connection, sql, relations)


def binder(statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Return what takes the parameters of a CREATE TABLE ... AS with encrypted columns."""
    copy = statement.notes.get(_COPY)
    if copy is None:
        return None
    from .copying import binder_for

    return binder_for(copy)


def around(connection: Any, statement: Statement) -> Callable[[], AbstractContextManager[None]] | None:
    """Return what fills the table that such a statement declares."""
    copy = statement.notes.get(_COPY)
    if copy is None:
        return None
    from .copying import around

    return lambda: around(connection, copy, keyring_of(connection).ensure)


def _rewritten(statement: Statement, relations: Relations) -> str:
    from .statements import defined, explained, rewritten

    if statement.verb == "CREATE":
        return defined(statement.text, relations)
    if statement.verb == "EXPLAIN":
        return explained(statement, relations)
    return rewritten(statement.text, relations)


def _declared(connection: Any, sql: str) -> str | None:
    """Return a CREATE TABLE or ADD COLUMN with the CHECKs of its encrypted columns; None when it has none."""
    sql = in_sqlites_order(sql)
    definition = table_definition(sql)
    if definition is None or not any(map(is_encrypted, definition.columns)):
        return None
    strict = "STRICT" in definition.options
    if not definition.options and sql.lstrip()[:5].upper() == "ALTER":
        found = run(
            connection,
            "SELECT strict FROM pragma_table_list WHERE lower(name) = lower(?)"
            " AND lower(schema) = lower(coalesce(?, schema))",
            (definition.table, definition.schema),
        ).fetchone()
        strict = found is not None and bool(found[0])
    made = with_checks(sql, definition, strict=strict)
    temporary = any(token.word in ("TEMP", "TEMPORARY") for token in tokenize(sql)[:2])
    keyring_of(connection).ensure(
        "temp" if temporary else definition.schema or _schema_of(connection, definition)
    )
    return made


def _schema_of(connection: Any, definition: TableDefinition) -> str:
    """Return where a table is that gets another column; main for a new one."""
    table = schema_of(connection).table(definition.table)
    return "main" if table is None or definition.options else table.schema


def row_mapper(connection: Any, statement: Statement) -> Callable[[Row], Row] | None:
    """Return what opens the rows of a statement, or None where there is nothing to open."""
    return row_opener(connection, keyring_of(connection)) if statement.notes.get(_KEY) else None
