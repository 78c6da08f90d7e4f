"""The triggers that log what a branch changes: for each row that is touched, what it was before.

A row that was not there is logged by its key. REPLACE removes rows without telling any trigger, so triggers that run
*before* a statement log the rows with which it will clash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from heliosdb_sqlite.sql.lexer import Kind, tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier as q

from .tables import Table, Unique

ABSENT, IMAGE = 0, 1
"""What an entry of a log is: a row that was not there, or a row as it was."""
MET_TO, MET_FROM = 2, 4
"""Added to these in entries that a merge makes for rows which both sides have changed: what the other side has changed
them to, and from what."""

_KINDS = ("bi", "ai", "bu", "au", "ak", "ad")
_NAME = re.compile(rf"_heliosdb_log_([0-9]+)_({'|'.join(_KINDS)})")


class Log(NamedTuple):
    """The log of one table."""

    id: int
    version: int
    """Of the triggers: it grows with every change of the table's columns, and stands in every entry."""
    columns: Mapping[str, int]
    """The table's columns, each with the number under which the log has it, whatever its name becomes."""

    @property
    def table(self) -> str:
        """The name of the table that holds the log."""
        return log_table(self.id)


def log_table(log: int) -> str:
    """Return the name of the table that holds a log."""
    return f"_heliosdb_log_{log}"


def trigger_name(log: int, kind: str) -> str:
    """Return the name of one of a log's triggers."""
    return f"{log_table(log)}_{kind}"


def log_of_trigger(name: str) -> tuple[int, str] | None:
    """Return the log that a trigger writes to and the trigger's kind; None when it is no such trigger."""
    match = _NAME.fullmatch(name)
    return (int(match[1]), match[2]) if match else None


def create_log(table: Table, log: Log) -> str:
    """Return the statement that makes the table for a log."""
    columns = ["seq INTEGER PRIMARY KEY", "v INTEGER NOT NULL", "op INTEGER NOT NULL", "r"]
    columns += [column_definition(table, name, number) for name, number in log.columns.items()]
    return f"CREATE TABLE {q(log.table)} ({', '.join(columns)})"


def column_definition(table: Table, name: str, number: int) -> str:
    """Return the definition of a column of the log: of no type, which keeps every value as it is."""
    if name in table.key:
        return f"c{number} COLLATE {q(table.collations[table.key.index(name)])}"
    return f"c{number}"


def create_triggers(table: Table, log: Log) -> Iterator[str]:
    """Yield the statements that make a table's triggers."""
    for kind, moment, when, body in _triggers(table, log):
        condition = f" WHEN {when}" if when else ""
        statements = " ".join(f"{statement};" for statement in body)
        yield (
            f"CREATE TRIGGER {q(trigger_name(log.id, kind))} {moment} ON {q(table.name)}"
            f" FOR EACH ROW{condition} BEGIN {statements} END"
        )


def _triggers(table: Table, log: Log) -> Iterator[tuple[str, str, str, list[str]]]:
    if table.uniques:
        clashes = [_clash(table, log, unique) for unique in table.uniques]
        yield "bi", "BEFORE INSERT", "", clashes
        yield (
            "bu",
            "BEFORE UPDATE",
            _changes_a_unique(table),
            [f"{each} AND NOT ({_same_row(table)})" for each in clashes],
        )
    yield "ai", "AFTER INSERT", "", [_absent(table, log)]
    yield "au", "AFTER UPDATE", "", [_image(table, log)]
    yield "ak", "AFTER UPDATE", _changes_key(table), [_absent(table, log)]
    yield "ad", "AFTER DELETE", "", [_image(table, log)]


def _into(table: Table, log: Log, columns: list[str]) -> str:
    names = [f"c{log.columns[column]}" for column in columns]
    return f"INSERT INTO {q(log.table)} ({', '.join(['v', 'op', 'r', *names])})"


def _image(table: Table, log: Log) -> str:
    columns = [column for column in table.columns if column in log.columns]
    values = [
        str(log.version),
        str(IMAGE),
        _rowid(table, "OLD."),
        *(f"OLD.{q(column)}" for column in columns),
    ]
    return f"{_into(table, log, columns)} VALUES ({', '.join(values)})"


def _absent(table: Table, log: Log) -> str:
    columns = list(table.key)
    values = [
        str(log.version),
        str(ABSENT),
        _rowid(table, "NEW."),
        *(f"NEW.{q(column)}" for column in columns),
    ]
    return f"{_into(table, log, columns)} VALUES ({', '.join(values)})"


def _clash(table: Table, log: Log, unique: Unique) -> str:
    return f"{log_all(table, log)} WHERE {' AND '.join(_equals(table, *term) for term in unique.terms)}"


def log_all(table: Table, log: Log) -> str:
    """Return the statement that logs every row of a table."""
    columns = [column for column in table.columns if column in log.columns]
    values = [str(log.version), str(IMAGE), _rowid(table, ""), *(q(column) for column in columns)]
    return f"{_into(table, log, columns)} SELECT {', '.join(values)} FROM {q(table.name)}"


def log_absent(table: Table, log: Log) -> str:
    """Return the statement that logs every row of a table as one that was not there."""
    columns = list(table.key)
    values = [str(log.version), str(ABSENT), _rowid(table, ""), *(q(column) for column in columns)]
    return f"{_into(table, log, columns)} SELECT {', '.join(values)} FROM {q(table.name)}"


def _equals(table: Table, term: str, collation: str, is_column: bool) -> str:
    """Return the condition that a row of the table has the same value as the new one. A partial index asks for less."""
    if is_column:
        new = f"NEW.{term}"
    else:  # the expression is about bare columns: give it a row that has the new values under these names
        row = ", ".join(f"NEW.{q(column)} AS {q(column)}" for column in (*table.columns, *table.generated))
        new = f"(SELECT {term} FROM (SELECT {row}) AS {q(table.name)})"
    return f"({term}) = {new} COLLATE {q(collation)}"


def _rowid(table: Table, prefix: str) -> str:
    return f"{prefix}{table.rowid}" if table.logs_rowid and table.rowid is not None else "NULL"


def _same_row(table: Table) -> str:
    terms = [f"{q(column)} IS OLD.{q(column)}" for column in table.key]
    if table.logs_rowid and table.rowid is not None:
        terms.append(f"{table.rowid} IS OLD.{table.rowid}")
    return " AND ".join(terms)


def _changes_key(table: Table) -> str:
    terms = [f"OLD.{q(column)} IS NOT NEW.{q(column)}" for column in table.key]
    if table.logs_rowid and table.rowid is not None:
        terms.append(f"OLD.{table.rowid} IS NOT NEW.{table.rowid}")
    return " OR ".join(terms)


def _changes_a_unique(table: Table) -> str:
    """Return the condition that an update touches what must be unique; nothing where an expression must be."""
    if any(not is_column for unique in table.uniques for _, _, is_column in unique.terms):
        return ""
    columns = dict.fromkeys(term for unique in table.uniques for term, _, _ in unique.terms)
    return " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)


@lru_cache(maxsize=256)
def read_log(trigger_sql: str) -> tuple[int, Mapping[str, int]]:
    """Return the version of a log and its columns, as one of its AFTER DELETE triggers has them now.

    SQLite rewrites triggers when a table or column is renamed: the names are today's, the numbers those of old.
    """
    tokens = tokenize(trigger_sql)
    into = next(place for place, token in enumerate(tokens) if token.word == "INTO")
    opening = next(place for place in range(into, len(tokens)) if tokens[place].text == "(")
    closing = next(place for place in range(opening, len(tokens)) if tokens[place].text == ")")
    numbers = [
        int(token.text[1:]) for token in tokens[opening + 1 : closing] if re.fullmatch("c[0-9]+", token.text)
    ]
    values = tokens[closing + 1 :]
    version = next(int(token.text) for token in values if token.kind is Kind.NUMBER)
    names = [
        values[place + 2].name
        for place, token in enumerate(values)
        if token.word == "OLD" and values[place + 1].text == "."
    ]
    return version, dict(zip(names[-len(numbers) :] if numbers else [], numbers, strict=True))
