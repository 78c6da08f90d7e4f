"""Columns that need a value and have no default: a table has them without NOT NULL until its rows have the values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.nesting import outside
from heliosdb_sqlite.sql.splice import Edit, splice

from ..running import rows


def needed(connection: Any, table: str, there: Collection[str]) -> set[str]:
    """Return the columns of a table, beside those ``there``, which rows of before have no value for; in lower case."""
    found = rows(
        connection,
        "SELECT name FROM pragma_table_xinfo(?, 'main') "
        'WHERE "notnull" AND dflt_value IS NULL AND NOT pk AND NOT hidden',
        (table,),
    )
    return {name.lower() for (name,) in found} - {name.lower() for name in there}


def relaxed(sql: str, columns: Collection[str]) -> str:
    """Return a definition in which these columns, whose names are in lower case, need no value.

    >>> relaxed("CREATE TABLE t (a NOT NULL, b INT UNIQUE NOT NULL CHECK (b NOT NULL))", {"b"})
    'CREATE TABLE t (a NOT NULL, b INT UNIQUE  NULL CHECK (b NOT NULL))'
    """
    definition = table_definition(sql)
    edits: list[Edit] = []
    for column in definition.columns if definition is not None else ():
        if column.name.name.lower() not in columns:
            continue
        words = column.constraints
        edits += [
            Edit(words[place].start, words[place].end, "")
            for place in outside(words, end=len(words) - 1)
            if words[place].word == "NOT" and words[place + 1].word == "NULL"
        ]
    return splice(sql, edits)
