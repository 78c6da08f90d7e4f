"""CREATE INDEX ... USING, DROP INDEX and REINDEX: what is done around SQLite's own part of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from heliosdb_sqlite.plugins import Statement, run
from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier

from ..memory.freshness import known_to
from ..statements.texts import plain_texts
from .building import build
from .definition import Definition, Wanted, definitions, numbers, read_create
from .searching import build_again
from .storage import INDEX, PART, make_tables

_NOTE = "vector index"
_SAVEPOINT = "heliosdb_vector_index"


def as_index(statement: Statement) -> Statement:
    """Return a CREATE INDEX ... USING as a statement that SQLite can run; any other as it is.

    :raises ProgrammingError: an unknown method, operator class or option
    """
    found = read_create(statement)
    if found is None:
        return statement
    statement, wanted = found
    return statement.noted(_NOTE, wanted)


def around_ddl(connection: Any, statement: Statement) -> Callable[[], AbstractContextManager[None]] | None:
    """Return what has to be done around a statement that makes, drops or rebuilds indexes."""
    wanted: Wanted | None = statement.notes.get(_NOTE)
    if wanted is not None:
        return lambda: _creating(connection, wanted)
    if statement.verb == "REINDEX":
        names = {token.name.lower() for token in tokenize(statement.text)[1:]}
        return lambda: _rebuilding(connection, names)
    if statement.verb == "DROP" and known_to(connection):
        return lambda: _dropping(connection)
    return None


@contextmanager
def _together(connection: Any) -> Iterator[None]:
    """Have everything inside done, or nothing."""
    run(connection, f"SAVEPOINT {_SAVEPOINT}")
    try:
        with plain_texts(connection):
            yield
        # This commits, where no transaction was open, and may be refused.
        run(connection, f"RELEASE {_SAVEPOINT}")
    except BaseException:
        if connection.in_transaction:
            run(connection, f"ROLLBACK TO {_SAVEPOINT}")
            run(connection, f"RELEASE {_SAVEPOINT}")
        raise


@contextmanager
def _creating(connection: Any, wanted: Wanted) -> Iterator[None]:
    with _together(connection):
        yield
        for definition in _all(connection):
            if definition.number == wanted.number:
                build(connection, definition)


@contextmanager
def _rebuilding(connection: Any, names: set[str]) -> Iterator[None]:
    with _together(connection):
        yield
        for definition in _all(connection):
            if not names or {definition.name.lower(), definition.table.lower()} & names:
                build_again(connection, definition)


@contextmanager
def _dropping(connection: Any) -> Iterator[None]:
    with plain_texts(connection):
        before = {
            schema: numbers(connection, schema)
            for schema in _schemas(connection)
            if _has_indexes(connection, schema)
        }
    if not before:
        yield
        return
    with _together(connection):
        yield
        for schema, known in before.items():  # the others' databases may be attached to be read only
            if _has_indexes(connection, schema) and numbers(connection, schema) != known:
                make_tables(connection, schema)


def _has_indexes(connection: Any, schema: str) -> bool:
    """Return whether a database has the tables of approximate indexes."""
    sql = f"SELECT count(*) FROM {quote_identifier(schema)}.sqlite_master WHERE name IN ('{INDEX}', '{PART}')"
    return bool(run(connection, sql).fetchone()[0] == 2)


def _schemas(connection: Any) -> list[str]:
    return [name for (name,) in run(connection, "SELECT name FROM pragma_database_list").fetchall()]


def _all(connection: Any) -> list[Definition]:
    return [each for schema in _schemas(connection) for each in definitions(connection, schema)]
