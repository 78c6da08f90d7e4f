"""CREATE TABLE ... AS with encrypted columns among what is copied: in the new table they are encrypted too.

SQLite takes from the query names and types alone. So the table is declared first, with ENCRYPTED where it belongs, and
then filled, inside one savepoint; each value is opened and sealed anew, for the column it has now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from heliosdb_sqlite.plugins import Parameters, run
from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.nesting import word_at
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.tree import parse

from .ciphers import refuse_leak
from .declared import DETERMINISTIC, WORD, EncryptedColumn, encrypted_columns, with_checks
from .names import SEAL
from .parsing import for_parser
from .relations import Relations
from .resolving import Resolver
from .statements import rewritten

_SHAPE = "heliosdb_shape"
_ROWS = "heliosdb_rows"
_SAVEPOINT = "heliosdb_copy"


@dataclass
class Copy:
    """A table that is declared, and the statement that fills it."""

    schema: str
    declaration: str
    filling: str
    parameters: Parameters = ()
    """Those of the run that is under way: they are the query's."""


def copy_of(connection: Any, sql: str, relations: Relations) -> Copy | None:
    """Return how the table of a CREATE TABLE ... AS comes to be; None for one without encrypted columns.

    :raises NotSupportedError: a column would have values of several columns, or some in the clear
    """
    tokens = tokenize(sql)
    at = word_at(tokens, frozenset({"AS"}))
    if at >= len(tokens) or "TABLE" not in [token.word for token in tokens[1:3]] or table_definition(sql):
        return None
    schema, table = _name(tokens[:at])
    if relations.schema.table(table, schema) is not None:
        return None  # SQLite says so, or does nothing where it is to do nothing then
    query = sql[tokens[at].end : [token.end for token in tokens if token.text != ";"][-1]]
    encrypted = _encrypted(relations, query)
    if not any(encrypted):
        return None
    query = rewritten(query, relations)
    place = f"{quote_identifier(schema)}.{quote_identifier(table)}"
    shape = _shape(connection, query)
    columns = ", ".join(
        f"{quote_identifier(column)} {declared if target is None else _type(target)}".strip()
        for (column, declared), target in zip(shape, encrypted, strict=True)
    )
    declaration = f"CREATE TABLE {place} ({columns})"
    definition = table_definition(declaration)
    assert definition is not None  # noqa: S101 - it is ours
    declaration = with_checks(declaration, definition, strict=False)
    ids = iter([column.id.hex() for column in encrypted_columns(declaration)])
    names = [f"c{number}" for number in range(len(shape))]
    values = [
        each if target is None else f"{SEAL}('{next(ids)}', {each})"
        for each, target in zip(names, encrypted, strict=True)
    ]
    filling = (
        f"INSERT INTO {place} SELECT {', '.join(values)} FROM "
        f"(WITH {_ROWS}({', '.join(names)}) AS ({query}) SELECT * FROM {_ROWS})"
    )
    return Copy(schema, declaration, filling)


def _name(tokens: Sequence[Token]) -> tuple[str, str]:
    """Return schema and name of the table that the words before AS declare."""
    words = [token.word for token in tokens]
    first = words.index("TABLE") + 1
    if words[first : first + 3] == ["IF", "NOT", "EXISTS"]:
        first += 3
    name = tokens[first:]
    temporary = words[1] in ("TEMP", "TEMPORARY")
    return "temp" if temporary else name[0].name if len(name) > 1 else "main", name[-1].name


def _encrypted(relations: Relations, query: str) -> list[EncryptedColumn | None]:
    """Return what the result columns of a query are, None for one in the clear."""
    found = Resolver(relations, query).query(parse(for_parser(query)), {}, ())
    for column in found:
        if column.kind is not None and not column.kind.pure:
            refuse_leak(column.kind, None, f"column {column.name!r} of CREATE TABLE ... AS")
    return [column.kind.column if column.kind is not None else None for column in found]


def _type(column: EncryptedColumn) -> str:
    return f"{column.affinity} {WORD}" + (f" {DETERMINISTIC}" if column.deterministic else "")


def _shape(connection: Any, query: str) -> list[tuple[str, str]]:
    """Return the names and types that SQLite gives the columns: it is asked to make such a table."""
    run(connection, f"SAVEPOINT {_SAVEPOINT}")
    try:
        run(
            connection,
            f"CREATE TEMP TABLE {_SHAPE} AS SELECT * FROM ({query}) LIMIT 0",
            _nulls(tokenize(query)),
        )
        rows = run(connection, f"PRAGMA temp.table_info({_SHAPE})").fetchall()
        return [(row[1], row[2]) for row in rows]
    finally:
        run(connection, f"ROLLBACK TO {_SAVEPOINT}")
        run(connection, f"RELEASE {_SAVEPOINT}")


def _nulls(tokens: Sequence[Token]) -> Any:
    """Return NULL for each parameter: what they are does not matter to names and types."""
    parameters = [token.text for token in tokens if token.kind is Kind.PARAMETER]
    if any(text[0] != "?" for text in parameters):
        return {text[1:]: None for text in parameters}
    numbers = [int(text[1:] or 0) for text in parameters]
    return [None] * (max([0, *numbers]) + numbers.count(0))


def binder_for(copy: Copy) -> Callable[[Parameters], Parameters]:
    """Return what keeps the parameters for the statement that fills the table: its declaration has none."""

    def keep(parameters: Parameters) -> Parameters:
        copy.parameters = parameters
        return ()

    return keep


def around(connection: Any, copy: Copy, ensure: Callable[[str], None]) -> AbstractContextManager[None]:
    """Return the savepoint inside which the table is declared and filled.

    :param ensure: sees to it that a schema has a key for columns
    """

    @contextmanager
    def filled() -> Iterator[None]:
        run(connection, f"SAVEPOINT {_SAVEPOINT}")
        try:
            ensure(copy.schema)
            yield
            run(connection, copy.filling, copy.parameters)
        except BaseException:
            if connection.in_transaction:
                run(connection, f"ROLLBACK TO {_SAVEPOINT}")
                run(connection, f"RELEASE {_SAVEPOINT}")
            raise
        finally:
            copy.parameters = ()
        run(connection, f"RELEASE {_SAVEPOINT}")

    return filled()
