"""CREATE INDEX ... USING method (column operators) WITH (option = value): read, and written as SQLite can keep it."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.plugins import Statement, run
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from .options import ALIASES, METHODS, OPERATORS, OPTIONS, whole

# A history has copies of its table's indexes; those of vectors are empty to SQLite, and nobody searches them.
_OURS = (
    "type = 'index' AND sql LIKE '%heliosdb vector index %' AND tbl_name NOT LIKE 'heliosdb~_%' ESCAPE '~'"
)
_MARK = re.compile(r"'heliosdb vector index ([0-9]+): (\w+) (\w+) (\{.*?\})' IS NULL")


class Definition(NamedTuple):
    """An index as its definition says."""

    number: int
    name: str
    schema: str
    table: str
    column: str
    method: str
    metric: str
    options: dict[str, float]


class Wanted(NamedTuple):
    """What a CREATE INDEX ... USING asks for."""

    number: int
    schema: str | None
    name: str


def read_create(statement: Statement) -> tuple[Statement, Wanted] | None:
    """Return a CREATE INDEX ... USING as SQLite can run it, and what it asks for; None for any other statement.

    :raises ProgrammingError: an unknown method, operator class or option
    """
    tokens = [token for token in tokenize(statement.text) if token.text != ";"]
    words = [token.word for token in tokens]
    if words[:2] != ["CREATE", "INDEX"] or "USING" not in words:
        return None
    at = 2
    guard = ""
    if words[at : at + 3] == ["IF", "NOT", "EXISTS"]:
        guard, at = "IF NOT EXISTS ", at + 3
    schema, name, at = (None, None, at) if words[at] == "ON" else _qualified(tokens, at)
    if (
        at + 3 >= len(tokens)
        or words[at] != "ON"
        or words[at + 2] != "USING"
        or tokens[at + 1].kind not in _NAMES
    ):
        return None
    table, method = tokens[at + 1].name, tokens[at + 3].name.lower()
    method = ALIASES.get(method, method)
    if method not in METHODS:
        raise sqlite3.ProgrammingError(
            f"there is no index method {method!r}: use one of {', '.join(METHODS)}"
        )
    column, metric, at = _column(tokens, at + 4)
    options = _options(method, tokens, at)
    name = name or f"{table}_{column}_idx"
    number = secrets.randbelow(2**53) + 1
    ops = next(ops for ops, each in OPERATORS.items() if each == metric)
    mark = quote_text(f"heliosdb vector index {number}: {method} {ops} {json.dumps(options)}")
    place = f"{quote_identifier(schema)}." if schema else ""
    text = (
        f"CREATE INDEX {guard}{place}{quote_identifier(name)} ON {quote_identifier(table)} "
        f"({quote_identifier(column)}) WHERE {mark} IS NULL"
    )
    return statement.rewritten(text), Wanted(number, schema, name)


_NAMES = (Kind.WORD, Kind.QUOTED, Kind.STRING)


def _qualified(tokens: Sequence[Token], at: int) -> tuple[str | None, str, int]:
    if at + 2 < len(tokens) and tokens[at + 1].text == ".":
        return tokens[at].name, tokens[at + 2].name, at + 3
    return None, tokens[at].name, at + 1


def _column(tokens: Sequence[Token], at: int) -> tuple[str, str, int]:
    """Return the column, the metric, and the index of the token behind the parenthesis."""
    texts = [token.text for token in tokens[at : at + 4]]
    if texts[:1] != ["("] or ")" not in texts[2:4]:
        raise sqlite3.ProgrammingError(
            "an index is made USING a method on one column: (embedding vector_cosine_ops)"
        )
    column = tokens[at + 1].name
    if texts[2] == ")":
        return column, "cosine", at + 3
    operators = re.sub("^halfvec_", "vector_", tokens[at + 2].name.lower())  # pgvector's names
    if operators not in OPERATORS:
        raise sqlite3.ProgrammingError(
            f"there is no operator class {operators!r}: use one of {', '.join(OPERATORS)}"
        )
    return column, OPERATORS[operators], at + 4


def _options(method: str, tokens: Sequence[Token], at: int) -> dict[str, float]:
    if at >= len(tokens):
        return {}
    rest = [token.text for token in tokens[at:]]
    if tokens[at].word != "WITH" or rest[1:2] != ["("] or rest[-1] != ")":
        raise sqlite3.ProgrammingError(
            f"{' '.join(rest)!r} is not understood: write WITH (option = value, ...)"
        )
    known = OPTIONS[method]
    found: dict[str, float] = {}
    inside = "".join(rest[2:-1])
    for each in filter(None, inside.split(",")):
        written, _, value = each.partition("=")
        name = written.lower()
        if name not in known:
            raise sqlite3.ProgrammingError(
                f"{method} has no option {written!r}: use one of {', '.join(known)}"
            )
        low, high = known[name]
        try:
            number = float(value.strip("'"))
        except ValueError:
            number = float("nan")
        if not low <= number <= high or (whole(name) and number % 1):
            kind = "whole number" if whole(name) else "number"
            raise sqlite3.ProgrammingError(f"{name} = {value}: give a {kind} from {low:g} to {high:g}")
        found[name] = int(number) if whole(name) else number
    return found


def numbers(connection: Any, schema: str) -> list[int]:
    """Return the numbers of all approximate indexes of a database, of methods that are not known here as well."""
    found = run(
        connection, f"SELECT sql FROM {quote_identifier(schema)}.sqlite_master WHERE {_OURS}"
    ).fetchall()
    return [int(match[1]) for (sql,) in found if (match := _MARK.search(sql))]


def definitions(connection: Any, schema: str, table: str | None = None) -> list[Definition]:
    """Return the approximate indexes of a database, or of one of its tables."""
    rows = run(
        connection, f"SELECT name, tbl_name, sql FROM {quote_identifier(schema)}.sqlite_master WHERE {_OURS}"
    ).fetchall()
    found = []
    for name, on, sql in rows:
        match = _MARK.search(sql)
        if match is None or (table is not None and on.lower() != table.lower()):
            continue
        columns = run(
            connection, f"PRAGMA {quote_identifier(schema)}.index_info({quote_identifier(name)})"
        ).fetchall()
        metric = OPERATORS.get(match[3])
        if len(columns) == 1 and columns[0][2] is not None and match[2] in METHODS and metric:
            options = json.loads(match[4].replace("''", "'"))
            found.append(
                Definition(int(match[1]), name, schema, on, columns[0][2], match[2], metric, options)
            )
    return found
