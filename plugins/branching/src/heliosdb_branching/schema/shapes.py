"""The schema of a database as merging compares it: tables by identity, everything else by name and text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.lexer import tokenize

from ..logs.tables import shadow_tables, table_names, virtual_tables
from ..logs.triggers import log_of_trigger
from ..logs.watching import logs
from ..names import is_internal
from ..running import rows


class Thing(NamedTuple):
    """An index, view, trigger or virtual table."""

    kind: str
    name: str
    table: str
    sql: str


class TableShape(NamedTuple):
    """A table's definition, and what its columns are called in its log."""

    name: str
    sql: str
    log: int | None
    columns: tuple[tuple[str, int | None], ...]
    """Each column with the number that it keeps when it is renamed; main gives none."""


@dataclass(frozen=True)
class Schema:
    """What a database had at one moment."""

    tables: Mapping[str, TableShape]
    things: Mapping[tuple[str, str], Thing]

    def dumps(self) -> str:
        """Return it as JSON."""
        return json.dumps({"tables": list(self.tables.values()), "things": list(self.things.values())})

    @classmethod
    def loads(cls, text: str) -> Schema:
        """Return what :meth:`dumps` wrote."""
        content = json.loads(text)
        tables = [
            TableShape(name, sql, log, tuple((column, number) for column, number in columns))
            for name, sql, log, columns in content["tables"]
        ]
        things = [Thing(*each) for each in content["things"]]
        return cls({each.name: each for each in tables}, {(each.kind, each.name): each for each in things})

    def by_log(self) -> dict[int, TableShape]:
        """Return the tables that have a log, by its id."""
        return {each.log: each for each in self.tables.values() if each.log is not None}


def read_schema(connection: Any) -> Schema:
    """Return the schema of a database, HeliosDB's own tables and triggers left out."""
    virtual = virtual_tables(connection)
    shadows = shadow_tables(connection, virtual)
    watched = logs(connection)
    ordinary = set(table_names(connection))
    tables: dict[str, TableShape] = {}
    things: dict[tuple[str, str], Thing] = {}
    for kind, name, table, sql in rows(
        connection,
        "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL ORDER BY rowid",
    ):
        if name in ordinary and kind == "table":
            log = watched.get(name)
            numbers = log.columns if log is not None else {}
            columns = rows(
                connection, "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 1", (name,)
            )
            tables[name] = TableShape(
                name,
                sql,
                log.id if log else None,
                tuple((column, numbers.get(column)) for (column,) in columns),
            )
        elif name in virtual:
            things["virtual", name] = Thing("virtual", name, name, sql)
        elif kind != "table" and not _is_ours(kind, name, table, shadows):
            things[kind, name] = Thing(kind, name, table, sql)
    return Schema(tables, things)


def _is_ours(kind: str, name: str, table: str, shadows: set[str]) -> bool:
    if is_internal(name) or is_internal(table) or table.lower() in shadows:
        return True
    return kind == "trigger" and log_of_trigger(name) is not None


def same_sql(one: str, other: str) -> bool:
    """Return whether two definitions are the same but for space, comments, the case of words and needless quotes."""
    return one == other or _spelled(one) == _spelled(other)


def on_one_line(sql: str) -> str:
    """Return a statement without its line breaks and comments."""
    tokens, text, end = tokenize(sql), "", 0
    for token in tokens:
        text += (" " if text and token.start > end else "") + token.text
        end = token.end
    return text


def _spelled(sql: str) -> list[str]:
    return [
        token.name.lower() if token.kind.value in ("word", "quoted") else token.text
        for token in tokenize(sql)
    ]
