"""The INSERT statements of one batch: for a single row, and for as many as are fastest in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ..._standard import sqlite3
from ...sql.names import folded
from ...sql.quoting import quote_identifier

CHOICES = ("abort", "ignore", "replace", "update")
_PARAMETERS = 2000  # in one statement; more makes nothing faster
_WIDE = 29  # columns from which on several rows in a statement are no faster than one


@dataclass(frozen=True)
class Insertion:
    """Where rows go, and what happens to one whose key is there already.

    >>> Insertion.into("t", ["a", "b"]).text(2)
    'INSERT INTO "t" ("a","b") VALUES (?,?),(?,?)'
    """

    table: str
    schema: str | None
    columns: tuple[str, ...]
    head: str
    tail: str
    _texts: dict[int, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def into(
        cls,
        table: str,
        columns: Sequence[str],
        schema: str | None = None,
        on_conflict: str = "abort",
        key: Sequence[str] = (),
    ) -> Insertion:
        """Return the insertion that these arguments of batch_insert() describe.

        :raises ProgrammingError: they describe none
        """
        given: tuple[object, ...] = (table, schema or "")  # whatever the annotations say
        for name in given:
            if not isinstance(name, str):
                raise sqlite3.ProgrammingError(
                    f"a table and its schema are given by name, and {name!r} is none"
                )
        named, keys = _names("columns", columns), _names("key", key)
        if not named:
            raise sqlite3.ProgrammingError(
                f"columns={columns!r}: name the columns that the rows have values for"
            )
        # SQLite, which folds ASCII alone, would take one of the values and drop the others.
        if len({folded(name) for name in named}) < len(named):
            raise sqlite3.ProgrammingError(f"columns={columns!r}: name each column once")
        if on_conflict not in CHOICES:
            raise sqlite3.ProgrammingError(
                f"on_conflict={on_conflict!r}: it can be one of {', '.join(map(repr, CHOICES))}"
            )
        if keys and on_conflict not in ("ignore", "update"):
            raise sqlite3.ProgrammingError(
                f"key={key!r}: on_conflict={on_conflict!r} is about every key: "
                "leave key out, or choose 'update' or 'ignore'"
            )
        if on_conflict == "update" and not keys:
            raise sqlite3.ProgrammingError(
                "on_conflict='update' needs key=, the columns of the unique key by which a row is found: key=['id']"
            )
        place = (
            quote_identifier(table)
            if schema is None
            else f"{quote_identifier(schema)}.{quote_identifier(table)}"
        )
        verb = "INSERT OR REPLACE" if on_conflict == "replace" else "INSERT"
        head = f"{verb} INTO {place} ({_list(named)}) VALUES "
        return cls(table, schema, named, head, _conflict(named, on_conflict, keys))

    def text(self, rows: int) -> str:
        """Return the statement that inserts so many rows; the same object each time, which SQLite has compiled."""
        if rows not in self._texts:
            self._texts[rows] = self._text(rows)
        return self._texts[rows]

    def _text(self, rows: int) -> str:
        one = f"({','.join('?' * len(self.columns))})"
        return f"{self.head}{','.join([one] * rows)}{self.tail}"

    def rows_at_once(self, most_parameters: int) -> int:
        """Return how many rows one statement should insert: 1 where several would not be faster."""
        wide = len(self.columns)
        return 1 if wide >= _WIDE else max(1, min(_PARAMETERS, most_parameters) // wide)


def insertion_into(
    table: str, columns: Sequence[str], schema: str | None, on_conflict: str, key: Sequence[str]
) -> Insertion:
    """Return what :meth:`Insertion.into` does, made once for arguments that were there before."""
    try:
        if not isinstance(columns, str) and not isinstance(key, str):
            return _remembered(table, tuple(columns), schema, on_conflict, tuple(key))
    except (TypeError, sqlite3.ProgrammingError):
        pass  # the message shall show what was given
    return Insertion.into(table, columns, schema, on_conflict, key)


_remembered = lru_cache(maxsize=64)(Insertion.into)


def _names(argument: str, names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise sqlite3.ProgrammingError(f"{argument}={names!r}: give a list of column names")
    return tuple(names)


def _list(names: Sequence[str]) -> str:
    return ",".join(map(quote_identifier, names))


def _conflict(columns: Sequence[str], on_conflict: str, key: Sequence[str]) -> str:
    if on_conflict not in ("ignore", "update"):
        return ""
    target = f"({_list(key)}) " if key else ""
    others = [quote_identifier(name) for name in columns if name not in key]
    if on_conflict == "ignore" or not others:
        return f" ON CONFLICT {target}DO NOTHING"
    return f" ON CONFLICT {target}DO UPDATE SET {', '.join(f'{name}=excluded.{name}' for name in others)}"
