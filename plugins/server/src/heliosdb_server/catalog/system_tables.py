"""The system's tables as the translation needs them: PostgreSQL's catalogs, and SQLite's own."""

from __future__ import annotations

import re

from ..translation.scope import Column, TableInfo
from ..types.registry import BY_NAME, INT8, Sized
from .relations import RELATIONS, SystemColumn

_YES_OR_NO = re.compile(
    r"is_.*|.*_cycle|initially_deferred|enforced|nulls_distinct|cycle_option|with_hierarchy"
)


def _system_type(schema: str, column: SystemColumn) -> Sized:
    """Return a column's type: the texts of information_schema are varchar, and yes or no has three letters."""
    if schema != "information_schema" or column.type is not BY_NAME["text"]:
        return Sized(column.type)
    return Sized(
        BY_NAME["varchar"], 7 if _YES_OR_NO.fullmatch(column.name) and column.name != "is_generated" else -1
    )


def system_table(schema: str, name: str) -> TableInfo | None:
    relation = RELATIONS.get((schema, name.lower()))
    if relation is None:
        return None
    columns = tuple(
        Column(column.name, _system_type(schema, column), "", (relation.oid, at), not_null=False)
        for at, column in enumerate(relation.columns, 1)
    )
    return TableInfo(schema, relation.name, columns, "system", relation.oid)


def sqlite_table(name: str) -> TableInfo:
    text, number = Sized(BY_NAME["text"]), Sized(INT8)
    columns = {
        "sqlite_sequence": (Column("name", text), Column("seq", number)),
    }.get(name) or (Column("type", text), Column("name", text), Column("tbl_name", text), Column("rootpage", number),
                    Column("sql", text))  # fmt: skip
    return TableInfo("main", name, columns, "system")
