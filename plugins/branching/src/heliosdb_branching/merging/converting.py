"""Values as the columns of a table store them: what SQLite makes of a text in an INTEGER column, for instance."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite.sql.affinity import affinity_of
from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..logs.tables import Table
from ..running import rows, run, run_many, value
from .ledger import Write

_TABLE = "_heliosdb_converted"


def defaults_of(connection: Any, table: Table) -> dict[str, Any]:
    """Return what a row holds in each column that was added after it: the default, as the column stores it."""
    found: dict[str, Any] = {}
    types = _types(connection, table)
    for column, default in zip(table.columns, table.defaults, strict=True):
        if default is None or default.upper() == "NULL":
            continue
        try:
            run(connection, f"CREATE TEMP TABLE {_TABLE} (c {types[column]} DEFAULT ({default}))")
            run(connection, f"INSERT INTO temp.{_TABLE} DEFAULT VALUES")
            found[column] = value(connection, f"SELECT c FROM temp.{_TABLE}")
            run(connection, f"DROP TABLE temp.{_TABLE}")
        except sqlite3.OperationalError:  # CURRENT_TIME and the like: no column was ever added with it
            continue
    return found


def stored(
    connection: Any, table: Table, columns: Sequence[str], given: Iterable[Sequence[Any]]
) -> list[tuple[Any, ...]]:
    """Return rows as these columns of a table would store them, in the same order."""
    with _like(connection, table, columns) as names:
        marks = ", ".join("?" * len(columns))
        run_many(connection, f"INSERT INTO temp.{_TABLE} ({names}) VALUES ({marks})", given)
        return rows(connection, f"SELECT {names} FROM temp.{_TABLE} ORDER BY seq")


def types_differ(one: Any, table: Table, other: Any, its: Table, columns: Iterable[tuple[str, str]]) -> bool:
    """Return whether some column is declared with another type than the column of another database's table."""
    mine, theirs = _types(one, table), _types(other, its)
    return any(mine[name].upper() != theirs[its_name].upper() for its_name, name in columns)


def as_stored(connection: Any, table: Table, writes: Iterable[Write]) -> list[Write]:
    """Return what is to be written with the values that will be there then."""
    done: list[Write] = []
    groups: dict[tuple[str, ...], list[Write]] = {}
    for write in writes:
        if write.new is None:
            done.append(write)
        else:
            groups.setdefault(write.columns, []).append(write)
    for columns, group in groups.items():
        rows_now = stored(connection, table, columns, [write.new or () for write in group])
        done += [write._replace(new=new) for write, new in zip(group, rows_now, strict=True)]
    return done


def holds(connection: Any, table: Table, columns: Mapping[str, str], copy: str) -> bool:
    """Return whether a table has the rows of another one, as it would store them.

    :param columns: those that are compared, each with its name in the other table
    """
    here, there = ", ".join(map(q, columns)), ", ".join(map(q, columns.values()))
    with _like(connection, table, list(columns)) as names:
        run(connection, f"INSERT INTO temp.{_TABLE} ({names}) SELECT {there} FROM main.{q(copy)}")
        one, other = f"SELECT {here} FROM main.{q(table.name)}", f"SELECT {names} FROM temp.{_TABLE}"
        return not any(
            value(connection, f"SELECT EXISTS (SELECT * FROM ({this} EXCEPT {that}))")
            for this, that in ((one, other), (other, one))
        )


@contextmanager
def _like(connection: Any, table: Table, columns: Sequence[str]) -> Iterator[str]:
    """Make a table with columns of the same types, and give their names there."""
    types = _types(connection, table)
    names = [f"c{place}" for place in range(len(columns))]
    defined = ", ".join(f"{name} {types[column]}" for name, column in zip(names, columns, strict=True))
    run(connection, f"CREATE TEMP TABLE {_TABLE} (seq INTEGER PRIMARY KEY, {defined})")
    try:
        yield ", ".join(names)
    finally:
        run(connection, f"DROP TABLE temp.{_TABLE}")


def _types(connection: Any, table: Table) -> dict[str, str]:
    """Return how each column stores values, as a type that means nothing else to any plugin."""
    described = rows(connection, "SELECT name, type FROM pragma_table_xinfo(?, 'main')", (table.name,))
    return {name: affinity_of(declared, strict=table.strict) for name, declared in described}
