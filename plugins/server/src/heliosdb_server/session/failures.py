"""SQLite's errors as PostgreSQL's, with the SQLSTATE that clients look at."""

from __future__ import annotations

import re
import sqlite3
from typing import Protocol

from ..protocol.errors import PgError

_MESSAGES: tuple[tuple[str, str, str], ...] = (
    (r"no such table: (?:main\.)?(.*)", "42P01", 'relation "{}" does not exist'),
    (r"no such column: (.*)", "42703", 'column "{}" does not exist'),
    (r"table (.*) has no column named (.*)", "42703", 'column "{1}" of relation "{0}" does not exist'),
    (r"no such function: (.*)", "42883", "function {}() does not exist"),
    (r"no such index: (.*)", "42704", 'index "{}" does not exist'),
    (r"no such view: (.*)", "42P01", 'view "{}" does not exist'),
    (r"no such trigger: (.*)", "42704", 'trigger "{}" does not exist'),
    (r"no such savepoint: (.*)", "3B001", 'savepoint "{}" does not exist'),
    (r"no such collation sequence: (.*)", "42704", 'collation "{}" for encoding "UTF8" does not exist'),
    (r"ambiguous column name: (.*)", "42702", 'column reference "{}" is ambiguous'),
    (r"(?:table|view) (.*) already exists", "42P07", 'relation "{}" already exists'),
    (r"index (.*) already exists", "42P07", 'relation "{}" already exists'),
    (r"there is already (?:an index|a table) named (.*)", "42P07", 'relation "{}" already exists'),
    (r"duplicate column name: (.*)", "42701", 'column "{}" specified more than once'),
    (r"near \"(.*)\": syntax error", "42601", 'syntax error at or near "{}"'),
    (r"incomplete input", "42601", "syntax error at end of input"),
    (r"unrecognized token: (.*)", "42601", "syntax error at or near {}"),
    (r"misuse of aggregate:? ?(.*)", "42803", "aggregate functions are not allowed here: {}"),
    (r"misuse of window function (.*)", "42P20", "window functions are not allowed here: {}"),
    (r"wrong number of arguments to function (.*)\(\)", "42883", "function {}() does not exist with so many arguments"),
    (r"sub-select returns (\d+) columns - expected 1", "42601", "subquery must return only one column"),
    (r"row value misused", "42601", "row value misused"),
    (r"foreign key mismatch - (.*)", "42830", "there is no unique constraint matching given keys: {}"),
    (r"cannot modify (.*) because it is a view", "55000", 'cannot change view "{}"'),
    (r"view (.*) is circularly defined", "42P17", 'infinite recursion detected in view "{}"'),
    (r"too many SQL variables", "54000", "too many parameters"),
    (r"(?:too many terms|parser stack|Expression tree is too large|too many FROM).*", "54001", "statement too complex"),
    (r"frame (?:starting|ending) offset must be .*", "22013", "frame offset must not be negative or null"),
    (r"integer overflow", "22003", "bigint out of range"),
    (r"string or blob too big", "54000", "a value is longer than SQLite's limit"),
    (r"JSON cannot hold BLOB values", "22P02", "an array can't hold bytes here"),
    (r"malformed JSON", "22P02", "invalid input syntax for type json"),
    (r"UNIQUE constraint failed: index '(.*)'", "23505", 'duplicate key value violates unique constraint "{}"'),
    (r"not authorized|prohibited|.* is prohibited|authorization denied", "42501", "permission denied"),
    (r"ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint", "42P10",
     "there is no unique or exclusion constraint matching the ON CONFLICT specification"),
)  # fmt: skip
_COMPILED = [
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), code, text) for pattern, code, text in _MESSAGES
]
_BY_NAME = {
    "SQLITE_BUSY_SNAPSHOT": ("40001", "could not serialize access due to concurrent update"),
    "SQLITE_BUSY": (
        "55P03",
        "the database is locked by another program: canceling statement due to lock timeout",
    ),
    "SQLITE_LOCKED": ("55P03", "the table is locked by another statement of this connection"),
    "SQLITE_READONLY": ("25006", "the database is read-only"),
    "SQLITE_FULL": ("53100", "could not write: no space left on device"),
    "SQLITE_CORRUPT": ("XX001", "the database file is damaged"),
    "SQLITE_NOTADB": ("XX001", "the file is no database, or encrypted with another key"),
    "SQLITE_IOERR": ("58030", "could not read or write the database file"),
    "SQLITE_CANTOPEN": ("58030", "could not open the database file"),
    "SQLITE_NOMEM": ("53200", "out of memory"),
    "SQLITE_INTERRUPT": ("57014", "canceling statement due to user request"),
    "SQLITE_TOOBIG": ("54000", "a value or statement is longer than SQLite's limit"),
    "SQLITE_MISMATCH": ("42804", "the value is no integer, which the table's PRIMARY KEY must be"),
    "SQLITE_AUTH": ("42501", "permission denied"),
    "SQLITE_CONSTRAINT_TRIGGER": ("P0001", ""),
}


class Names(Protocol):
    """What constraints are called."""

    def key_name(self, table: str, columns: tuple[str, ...]) -> str:
        """Return the name of the unique constraint over these columns."""

    def check_named(self, said: str) -> tuple[str, str]:
        """Return the table, "" if there are several, and the name of a CHECK that SQLite calls by name or text."""


def as_pg_error(error: BaseException, names: Names | None = None) -> PgError:
    """Return the error as a client is to get it."""
    if isinstance(error, PgError):
        return error
    if isinstance(error, MemoryError):
        return PgError("53200", "out of memory")
    if isinstance(error, RecursionError):
        return PgError("54001", "stack depth limit exceeded")
    if isinstance(error, OverflowError):
        return PgError("22003", "bigint out of range")
    if not isinstance(error, (sqlite3.Error, sqlite3.Warning)):
        return PgError("XX000", f"internal error: {type(error).__name__}: {error}")
    message = str(error)
    if isinstance(error, sqlite3.IntegrityError):
        return _integrity(message, names)
    name = getattr(error, "sqlite_errorname", "")  # Python 3.11
    for part in (name, *(["SQLITE_INTERRUPT"] if message == "interrupted" else [])):
        while part:
            if part in _BY_NAME:
                code, text = _BY_NAME[part]
                return PgError(code, text or message)
            part = part.rpartition("_")[0]  # noqa: PLW2901
    if "locked" in message:
        return PgError("55P03", _BY_NAME["SQLITE_BUSY"][1])
    if "readonly" in message:
        return PgError("25006", "the database is read-only")
    if "file is not a database" in message:
        return PgError(*_BY_NAME["SQLITE_NOTADB"])
    if "disk is full" in message:
        return PgError(*_BY_NAME["SQLITE_FULL"])
    if "datatype mismatch" in message:
        return PgError(*_BY_NAME["SQLITE_MISMATCH"])
    if isinstance(error, sqlite3.NotSupportedError):
        return PgError("0A000", message)
    for pattern, code, text in _COMPILED:
        if match := pattern.match(message):
            groups = [group or "" for group in match.groups()]
            return PgError(code, text.format(*groups) if groups else text)
    if "Could not decode to UTF-8" in message:
        return PgError("22021", "a text of the file is not UTF-8")
    return PgError("42000" if isinstance(error, sqlite3.OperationalError) else "XX000", message)


def _integrity(message: str, names: Names | None) -> PgError:
    kind, _, rest = message.partition(" constraint failed")
    rest = rest.removeprefix(": ")
    if kind in ("UNIQUE", "PRIMARY KEY"):
        if rest.startswith("index "):
            name = rest.removeprefix("index ").strip("'")
            return PgError(
                "23505", f'duplicate key value violates unique constraint "{name}"', constraint=name
            )
        places = [place.strip().rpartition(".") for place in rest.split(",")]
        table, columns = places[0][0], tuple(place[2] for place in places)
        name = names.key_name(table, columns) if names is not None and table else ""
        return PgError(
            "23505",
            f'duplicate key value violates unique constraint "{name}"',
            detail=f"Key ({', '.join(columns)}) already exists.",
            schema="public",
            table=table,
            constraint=name,
        )
    if kind == "NOT NULL":
        table, _, column = rest.rpartition(".")
        return PgError(
            "23502",
            f'null value in column "{column}" of relation "{table}" violates not-null constraint',
            schema="public",
            table=table,
            column=column,
        )
    if kind == "CHECK":
        if match := re.fullmatch(r".* is not a VECTOR\((\d+)\).*", rest):
            return PgError("22000", f"expected {match[1]} dimensions")  # pgvector's
        table, name = names.check_named(rest) if names is not None else ("", rest)
        of = f' for relation "{table}"' if table else ""
        text = f'new row{of} violates check constraint "{name}"'
        return PgError("23514", text, schema="public" if table else "", table=table, constraint=name)
    if kind == "FOREIGN KEY":
        return PgError("23503", "insert, update or delete violates a foreign key constraint")
    if "datatype mismatch" in message:
        return PgError(*_BY_NAME["SQLITE_MISMATCH"])
    return PgError("P0001" if "constraint" not in message else "23000", message)  # RAISE() of a trigger
