"""The rows of versioned tables as they were, by as few changes as that takes."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier

from .session import TimeTravel
from .storage import keys
from .storage.conditions import any_of
from .storage.entangled import writing_triggers
from .storage.names import FROM, ID, ROW, SHIFT, TO, in_schema
from .storage.registry import Versioned
from .storage.shape import Shape

_H = "heliosdb_version"  # a superseded row in a query, beside the table of any name
_ROUNDS = 6  # cascades of foreign keys can undo what was restored; a past state holds, so this ends
_BARE = re.compile(r"(?!FOREIGN)[A-Z ]+ constraint failed(: [^:]*)?")  # SQLite's own words alone


def bring_back(travel: TimeTravel, tables: Sequence[Versioned], txn: int) -> Mapping[str, Sequence[int]]:
    """Give the tables the rows of a transaction, and return how many each had deleted, updated and inserted.

    :raises IntegrityError: a row can't come back, or is changed again
    """
    travel.run("PRAGMA defer_foreign_keys = ON")
    try:
        return _in_rounds(travel, tables, txn)
    except sqlite3.IntegrityError as error:
        others = [name for table in tables for name in writing_triggers(travel.run, table.schema, table.name)]
        if not others or not _BARE.fullmatch(str(error)):
            raise
        raise sqlite3.IntegrityError(
            f"{error}: what comes back clashes with what triggers of other tables write "
            f"({', '.join(map(repr, dict.fromkeys(others)))}): drop them, or restore these tables too"
        ) from None


def _in_rounds(travel: TimeTravel, tables: Sequence[Versioned], txn: int) -> Mapping[str, Sequence[int]]:
    done = {table.name: [0, 0, 0] for table in tables}
    for _ in range(_ROUNDS):
        # Rows that point elsewhere now must do so as before when what they point to goes: it would take them along.
        early = [_update(travel, table, table.live, txn) for table in tables]
        deleted = [_delete(travel, table, table.live, txn) for table in tables]
        late = [
            _update_all(travel, tables, table, txn) if count is None else 0
            for table, count in zip(tables, early, strict=True)
        ]
        inserted = [_insert(travel, table, table.live, txn) for table in tables]
        for place, table in enumerate(tables):
            counts = (deleted[place], (early[place] or 0) + late[place], inserted[place])
            done[table.name] = [one + two for one, two in zip(done[table.name], counts, strict=True)]
        changed = [
            table
            for table, *counts in zip(tables, early, deleted, late, inserted, strict=True)
            if any(counts)
        ]
        if not changed:
            break
    else:
        # Rows with NULL in their key, which other rows have taken the rowids of, go on to be put in again.
        if not all(table.nullable for table in changed):
            raise sqlite3.IntegrityError(
                "what comes back is changed again, by triggers of other tables: drop them, or restore these tables too"
            )
    return done


def _then(table: Versioned, txn: int) -> str:
    """Return the condition that a superseded row was the current one."""
    return f"{_H}.{ID} >= {(txn + 1) << SHIFT} AND {_H}.{TO} > {txn} AND {_H}.{FROM} <= {txn}"


def _was(table: Versioned, shape: Shape, txn: int) -> str:
    """Return the condition that a row with the key of ``c``, which is another one now, was there."""
    same = keys.find_row(shape, "c", _H)
    return f"EXISTS (SELECT 1 FROM {table.history} AS {_H} WHERE {same} AND {_then(table, txn)})"


def _rowids(table: Versioned, shape: Shape, where: str) -> str:
    identity = shape.rowid or ", ".join(quote_identifier(name) for name in shape.key)
    if shape.rowid_is_key and shape.key:
        identity = quote_identifier(shape.key[0])
    qualified = (
        ", ".join(f"c.{part}" for part in identity.split(", "))
        if shape.rowid
        else ", ".join(f"c.{quote_identifier(name)}" for name in shape.key)
    )
    return (
        f"({identity}) IN (SELECT {qualified} FROM {in_schema(table.schema, shape.name)} AS c WHERE {where})"
    )


def _delete(travel: TimeTravel, table: Versioned, shape: Shape, txn: int) -> int:
    """Delete the rows that were not there then."""
    start = keys.find_start(shape, "s", keys.of_row(shape, "c"))
    started = f"EXISTS (SELECT 1 FROM {table.starts} AS s WHERE {start} AND s.txn > {txn})"
    where = _rowids(table, shape, f"{started} AND NOT {_was(table, shape, txn)}")
    return int(travel.run(f"DELETE FROM {in_schema(table.schema, shape.name)} WHERE {where}").rowcount)


def _update(travel: TimeTravel, table: Versioned, shape: Shape, txn: int) -> int | None:
    """Give the rows that were there then, and are now, their values of then; None: these clash with those of now."""
    sets, which = _differing(table, shape, txn)
    if not sets:
        return 0
    try:
        with travel.savepoint():
            return _set(travel, table, shape, sets, which)
    except sqlite3.IntegrityError:
        return None


def _update_all(travel: TimeTravel, tables: Sequence[Versioned], table: Versioned, txn: int) -> int:
    """Do so where values that must be unique change places, now that the rows which were not there are gone."""
    shape = table.live
    count = _update(travel, table, shape, txn)
    if count is not None:
        return count
    sets, which = _differing(table, shape, txn)
    try:
        with travel.savepoint():
            _set(
                travel, table, shape, {each: _anything(shape, each) for each in _unique(table, shape)}, which
            )
            return _set(travel, table, shape, sets, which)
    except sqlite3.IntegrityError as error:
        # A CHECK lets the values be none but these: the rows are taken out, and put in again.
        lost = _taken_along(travel, tables, table)
        if lost:
            raise sqlite3.IntegrityError(
                f"{error}: values of table {shape.name!r} that must be unique change places, and to take its rows out "
                f"and put them in again would lose {lost}: change one of them by hand first"
            ) from None
    travel.run(
        f"DELETE FROM {in_schema(table.schema, shape.name)} WHERE {_rowids(table, shape, _was(table, shape, txn))}"
    )
    return 0


def _differing(table: Versioned, shape: Shape, txn: int) -> tuple[dict[str, str], str]:
    """Return what each column is to be set to, and which rows of the history differ from the table's."""
    # Two keys that are one may still be written differently: 'a' and 'A' without case, 1 and 1.0.
    name = quote_identifier(shape.name)
    sets = {
        c.name: f"{_H}.{quote_identifier(k.stored_as)}"
        for c in table.recorded(shape)
        if not c.generated
        and not (shape.rowid_is_key and c.name in shape.key)
        and (k := table.kept(c.name)) is not None
    }
    differ = any_of(
        f"{name}.{quote_identifier(each)} COLLATE BINARY IS NOT {value} "
        f"OR typeof({name}.{quote_identifier(each)}) <> typeof({value})"
        for each, value in sets.items()
    )
    return sets, f"{keys.find_row(shape, name, _H)} AND {_then(table, txn)} AND ({differ})"


def _set(travel: TimeTravel, table: Versioned, shape: Shape, sets: Mapping[str, str], which: str) -> int:
    if not sets:
        return 0
    assigned = ", ".join(f"{quote_identifier(name)} = {value}" for name, value in sets.items())
    # OR ABORT, whatever the table's constraints say of conflicts: no row may give way, and none be left out.
    return int(
        travel.run(
            f"UPDATE OR ABORT {in_schema(table.schema, shape.name)} SET {assigned} "
            f"FROM {table.history} AS {_H} WHERE {which}"
        ).rowcount
    )


def _unique(table: Versioned, shape: Shape) -> list[str]:
    """Return columns that, with values that no row has, make no two rows clash, save by their primary key."""
    key = {name.lower() for name in shape.key}
    free = [c for c in table.recorded(shape) if not c.generated and c.name.lower() not in key]
    names = [c.name for c in free]
    found: list[str] = []
    for unique in shape.uniques:
        terms = [expression for expression, _ in unique.terms]
        plain = [name for name in names if quote_identifier(name) in terms]
        if plain:
            found.append(plain[0])
            continue
        read = {token.name.lower() for term in terms if term.startswith("(") for token in tokenize(term)}
        computed = any(c.generated and quote_identifier(c.name) in terms for c in shape.columns)
        found += [name for name in names if computed or name.lower() in read]
    return list(dict.fromkeys(found))


def _anything(shape: Shape, name: str) -> str:
    """Return an expression of another value for each row, which a column takes and no row has."""
    column = shape.column(name)
    declared = column.type.upper() if column is not None else ""
    return "randomblob(16)" if declared == "BLOB" else "random()"


def _taken_along(travel: TimeTravel, tables: Sequence[Versioned], table: Versioned) -> str:
    """Return what would not come back if rows of a table were deleted and inserted again; "" for nothing."""
    (enforced,) = travel.run("PRAGMA foreign_keys").fetchone()
    coming_back = {each.name.lower(): each for each in tables}
    names = [table.name]
    for name in names:  # which grows
        each = coming_back.get(name.lower())
        if each is None:
            return f"rows of table {name!r}, which refer to them"
        if each.excluded:
            return f"what {', '.join(map(repr, each.excluded))} of table {name!r} has no history of"
        if enforced:
            referring = travel.run(
                f"SELECT DISTINCT m.name FROM {quote_identifier(table.schema)}.sqlite_master AS m, "
                "pragma_foreign_key_list(m.name, ?) AS f WHERE m.type = 'table' "
                "AND f.\"table\" = ? COLLATE NOCASE AND f.on_delete NOT IN ('NO ACTION', 'RESTRICT')",
                (table.schema, name),
            ).fetchall()
            names += [other for (other,) in referring if other not in names]
    return ""


def _insert(travel: TimeTravel, table: Versioned, shape: Shape, txn: int) -> int:
    """Insert the rows that were there then and are not now."""
    user_table = in_schema(table.schema, shape.name)
    columns = [c for c in table.recorded(shape) if not c.generated]
    names = [quote_identifier(c.name) for c in columns]
    values = [
        f"{_H}.{quote_identifier(k.stored_as)}" for c in columns if (k := table.kept(c.name)) is not None
    ]
    if shape.rowid_is_key and not shape.key:
        names, values = [shape.rowid, *names], [f"{_H}.{ROW}", *values]
    elif shape.nullable:  # the rowid that it had, unless another row has that now
        taken = f"EXISTS (SELECT 1 FROM {user_table} AS o WHERE o.{shape.rowid} = {_H}.{ROW})"
        free = f"CASE WHEN {_H}.{ROW} <> '' AND NOT {taken} THEN {_H}.{ROW} END"
        names, values = [shape.rowid, *names], [free, *values]
    # Those that keep a rowid come first: SQLite gives the others what is left.
    order = f" ORDER BY {free} IS NULL" if shape.nullable else ""
    there = f"EXISTS (SELECT 1 FROM {user_table} AS c WHERE {keys.find_row(shape, 'c', _H)})"
    sql = (
        f"INSERT OR ABORT INTO {user_table} ({', '.join(names)}) SELECT {', '.join(values)} "
        f"FROM {table.history} AS {_H} WHERE {_then(table, txn)} AND NOT {there}{order}"
    )
    try:
        return int(travel.run(sql).rowcount)
    except sqlite3.IntegrityError as error:
        if not table.excluded:
            raise
        left_out = ", ".join(map(repr, table.excluded))
        raise sqlite3.IntegrityError(
            f"{error}: rows of table {shape.name!r} that are gone can't come back with what is left out of its history "
            f"({left_out}): INSERT them with values of your own there (SELECT ... AS OF has the others), and restore "
            "again"
        ) from None
