"""What differs between two branches, counted at once, and its rows when they are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Literal, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q
from heliosdb_sqlite.sql.quoting import quote_text

from ..encoding import encode
from .statements import UNENFORCED


class RowChange(NamedTuple):
    """A row that differs."""

    table: str
    key: tuple[Any, ...]
    kind: Literal["added", "changed", "removed"]
    before: dict[str, Any] | None
    """The row in the first branch; None for one that is only in the second."""
    after: dict[str, Any] | None
    """The row in the second branch; None for one that is only in the first."""
    key_columns: tuple[str, ...] = ()
    """The columns of the key, or a name of the rowid."""


@dataclass(frozen=True)
class TableDiff:
    """How many rows of a table differ."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    scanned: bool = False
    """Whether every row had to be looked at, because no log tells which ones changed."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.added + self.changed + self.removed


@dataclass(frozen=True)
class BranchDiff:
    """What would have to be done to branch ``a`` to make it branch ``b``."""

    a: str
    b: str
    tables: Mapping[str, TableDiff]
    """The tables with rows that differ."""
    schema: tuple[str, ...]
    """The differences of the schemas, in words."""
    schema_sql: tuple[str, ...]
    """The same as statements."""
    tables_modified: tuple[str, ...]
    """The tables whose rows or definitions differ."""
    _rows: Callable[[], Iterator[RowChange]] = field(repr=False, compare=False)
    _gone: frozenset[str] = field(default=frozenset(), repr=False)
    """Tables that ``b`` does not have, in lower case."""

    @property
    def total_row_changes(self) -> int:
        """How many rows differ in all."""
        return sum(each.total for each in self.tables.values())

    @property
    def scanned(self) -> bool:
        """Whether the rows of a table were looked at one by one, so that the time grew with its size."""
        return any(each.scanned for each in self.tables.values())

    def __bool__(self) -> bool:
        return bool(self.total_row_changes or self.schema)

    def rows(self, table: str | None = None) -> Iterator[RowChange]:
        """Yield the rows that differ, as they are now; of one table, or of all."""
        return (change for change in self._rows() if table is None or change.table == table)

    def to_sql(self, file: IO[str] | None = None) -> str | None:
        """Return the statements that make ``a`` what ``b`` is, or write them to ``file``."""
        return _put(self._statements(), file)

    def to_json(self, file: IO[str] | None = None) -> str | None:
        """Return everything as JSON, or write it to ``file``; a BLOB is ``{"blob": "hex"}``."""
        return _put(self._json(), file)

    def _statements(self) -> Iterator[str]:
        if any(statement.startswith("DROP TABLE temp.") for statement in self.schema_sql):
            yield f"{UNENFORCED};\n"  # a table that is made anew takes nothing along when it is dropped
        yield "BEGIN;\n"
        for statement in self.schema_sql:
            yield f"{statement};\n"
        for change in self._rows():
            if change.table.lower() not in self._gone:
                yield f"{statement_for(change)};\n"
        yield "COMMIT;\n"

    def _json(self) -> Iterator[str]:
        tables = {name: vars(each) for name, each in self.tables.items()}
        head = json.dumps(
            {"a": self.a, "b": self.b, "schema": self.schema, "tables": tables}, ensure_ascii=False
        )
        yield head[:-1] + ', "rows": ['
        for number, change in enumerate(self._rows()):
            yield (
                ("," if number else "")
                + "\n  "
                + encode({**change._asdict(), "key_columns": change.key_columns})
            )
        yield "\n]}\n"


def _put(parts: Iterator[str], file: IO[str] | None) -> str | None:
    if file is None:
        return "".join(parts)
    for part in parts:
        file.write(part)
    return None


def statement_for(change: RowChange) -> str:
    """Return the statement that makes a row what it is in the second branch."""
    table = q(change.table)
    where = " AND ".join(
        f"{_name(column)} = {literal(part)}"
        for column, part in zip(change.key_columns, change.key, strict=True)
    )
    if change.after is None:
        return f"DELETE FROM {table} WHERE {where}"
    if change.before is None:
        cells = dict(change.after)
        if not set(change.key_columns) <= set(cells):  # the rowid
            cells = dict(zip(change.key_columns, change.key, strict=True)) | cells
        names = ", ".join(_name(column) for column in cells)
        return f"INSERT INTO {table} ({names}) VALUES ({', '.join(literal(each) for each in cells.values())})"
    assigned = ", ".join(
        f"{q(column)} = {literal(each)}"
        for column, each in change.after.items()
        if column not in change.before
        or change.before[column] != each
        or type(change.before[column]) is not type(each)
    )
    return f"UPDATE {table} SET {assigned} WHERE {where}"


def _name(column: str) -> str:
    return q(column)


def literal(content: Any) -> str:
    """Return a value as SQL."""
    if content is None:
        return "NULL"
    if isinstance(content, bytes):
        return f"X'{content.hex()}'"
    if isinstance(content, str):
        if "\0" in content:
            return f"CAST(X'{content.encode().hex()}' AS TEXT)"
        return quote_text(content)
    if isinstance(content, float) and content in (float("inf"), float("-inf")):
        return "9e999" if content > 0 else "-9e999"
    return repr(content)
