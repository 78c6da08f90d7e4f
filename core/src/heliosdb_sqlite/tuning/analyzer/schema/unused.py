"""Indexes that cost every write and help nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ....sql.names import folded
from ....sql.quoting import quote_identifier
from ..results import SuperfluousIndex
from .catalog import Catalog, Index, Table
from .indexes import duplicates


def duplicate_indexes(catalog: Catalog) -> Iterator[SuperfluousIndex]:
    """Yield the indexes whose columns another index of the table begins with."""
    for table in catalog.tables.values():
        for index, other in duplicates(table):
            same = len(index.columns) == len(other.columns)
            reason = f"the same as {other.name}" if same else f"{other.name} begins with its columns"
            yield SuperfluousIndex(index.name, index.table, reason, _drop(index), other.name)


def unused_indexes(catalog: Catalog, plans: Sequence[str]) -> Iterator[SuperfluousIndex]:
    """Yield the indexes that no plan names. Those that keep rows unique, or find a foreign key's children, stay."""
    if not plans:
        return
    for table in catalog.tables.values():
        twice = {index.name for index, _ in duplicates(table)}
        for index in table.indexes:
            if (
                index.unique
                or index.by_constraint
                or index.name in twice
                or _serves_foreign_key(table, index)
            ):
                continue
            if not _named(index.name, plans):
                reason = "none of the statements that were looked at uses it"
                reason += "; those inside triggers were not looked at" if catalog.triggers else ""
                yield SuperfluousIndex(index.name, index.table, reason, _drop(index))


def _named(name: str, plans: Iterable[str]) -> bool:
    pattern = re.compile(rf"\bINDEX {re.escape(name)}(?= \(|$)", re.MULTILINE)
    return any(pattern.search(plan) for plan in plans)


def _serves_foreign_key(table: Table, index: Index) -> bool:
    first = index.columns[0][0] if index.columns else ""
    return any(key and key[0] == first for key in table.foreign_keys)


def _drop(index: Index) -> str:
    place = "" if folded(index.schema) == "main" else f"{quote_identifier(index.schema)}."
    return f"DROP INDEX {place}{quote_identifier(index.name)}"
