"""Which tables of a database are versioned, or were: what the table of tables says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from .names import TABLES, history, in_schema, starts
from .shape import Column, Run, Shape


class Kept(NamedTuple):
    """A column of a table's history."""

    name: str  # the user's column
    stored_as: str  # the history's
    generated: bool
    dropped: int | None  # the transaction in which the user's column went


class Named(NamedTuple):
    """A name that the table has had."""

    name: str
    since: int  # a transaction


@dataclass(frozen=True)
class Versioned:
    """A versioned table, or one that has been."""

    schema: str
    number: int
    name: str
    began: int
    """The transaction from which on it is recorded."""
    adopted: bool
    """Its rows were there when recording began, not made under it."""
    ended: int | None
    """The transaction in which it was dropped, or stopped being recorded."""
    purged: int
    """States before this transaction are gone."""
    columns: tuple[Kept, ...]
    key: tuple[str, ...]
    rowid: str
    nullable: bool
    rowid_is_key: bool
    excluded: tuple[str, ...] = ()
    names: tuple[Named, ...] = ()
    retention: int | None = None
    """Microseconds for which superseded rows are kept by purge_history(); None: for ever."""
    lost: bool = False
    """A program without time travel dropped it: the rows that it held then are not known."""
    shape: Shape | None = field(default=None, compare=False)
    """The table as it is now, None when it is gone."""

    @property
    def history(self) -> str:
        """The history's name, quoted."""
        return in_schema(self.schema, history(self.number))

    @property
    def starts(self) -> str:
        """The table of starts' name, quoted."""
        return in_schema(self.schema, starts(self.number))

    @property
    def known_from(self) -> int:
        """The transaction from which on the states of the table are known as a whole."""
        return max(self.began, self.purged)

    @property
    def live(self) -> Shape:
        """The table as it is now, for those who know that it is there."""
        if self.shape is None:
            raise LookupError(f"table {self.name!r} is gone")
        return self.shape

    def kept(self, name: str) -> Kept | None:
        """Return the history's column for a column of the table."""
        folded = name.lower()
        return next(
            (each for each in self.columns if each.dropped is None and each.name.lower() == folded), None
        )

    def recorded(self, shape: Shape) -> list[Column]:
        """Return those columns of the table that are recorded."""
        left_out = {name.lower() for name in self.excluded}
        return [column for column in shape.columns if column.name.lower() not in left_out]


def read_all(run: Run, schema: str) -> list[Versioned]:
    """Return the versioned tables of a database, the oldest first, those that have ended too.

    :raises DatabaseError: what stands there is not what was written
    """
    rows = run(
        "SELECT number, name, began, adopted, ended, purged, definition "
        f"FROM {in_schema(schema, TABLES)} ORDER BY number"
    ).fetchall()
    try:
        return [_read(schema, *row) for row in rows]
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise sqlite3.DatabaseError(
            f"the registry of histories in {schema!r} is damaged, somebody has written to {TABLES}: {error!r}"
        ) from None


def _read(
    schema: str,
    number: int,
    name: str,
    began: int,
    adopted: int,
    ended: int | None,
    purged: int,
    definition: str,
) -> Versioned:
    known: dict[str, Any] = json.loads(definition)
    names = tuple(Named(*each) for each in known["names"])
    _require(
        int,
        number,
        began,
        adopted,
        purged,
        *(each.since for each in names),
        *([] if ended is None else [ended]),
    )
    _require(str, name, *(each.name for each in names))
    return Versioned(
        schema,
        number,
        name,
        began,
        bool(adopted),
        ended,
        purged,
        tuple(Kept(*each) for each in known["columns"]),
        tuple(known["key"]),
        known["rowid"],
        known["nullable"],
        known["rowid_is_key"],
        tuple(known["excluded"]),
        names,
        known["retention"],
        known.get("lost", False),
    )


def _require(kind: type, *values: object) -> None:
    """Raise where SQLite has kept a value of another type than the column has."""
    for value in values:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is no {kind.__name__}")


def write(run: Run, table: Versioned) -> None:
    """Keep what is known of a versioned table."""
    definition = json.dumps(
        {
            "columns": table.columns,
            "key": table.key,
            "rowid": table.rowid,
            "nullable": table.nullable,
            "rowid_is_key": table.rowid_is_key,
            "excluded": table.excluded,
            "names": table.names,
            "retention": table.retention,
            **({"lost": True} if table.lost else {}),
        }
    )
    run(
        f"INSERT INTO {in_schema(table.schema, TABLES)} (number, name, began, adopted, ended, purged, definition) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET name = excluded.name, "
        "began = excluded.began, adopted = excluded.adopted, ended = excluded.ended, purged = excluded.purged, "
        "definition = excluded.definition",
        (table.number, table.name, table.began, int(table.adopted), table.ended, table.purged, definition),
    )


def renamed(table: Versioned, name: str, txn: int) -> Versioned:
    """Return the table under another name, which it has from transaction ``txn`` on."""
    names: Sequence[Named] = [each for each in table.names if each.since < txn] or []
    return replace(table, name=name, names=(*names, Named(name, txn)))
