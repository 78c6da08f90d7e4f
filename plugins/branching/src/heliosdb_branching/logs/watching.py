"""Every table of a branch has its log, whoever made or changed the table: checked whenever the schema has changed."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from typing import Any

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..registry.entries import meta, set_meta
from ..running import has_table, rows, run, transaction, value
from .tables import Table, read_table, table_names
from .triggers import (
    Log,
    column_definition,
    create_log,
    create_triggers,
    log_absent,
    log_all,
    log_of_trigger,
    read_log,
)
from .virtuals import TOUCHED, content_tables, watch_others

_TABLES = (
    # The columns that each version of a log's triggers knows: by number, with the name each had then.
    """CREATE TABLE IF NOT EXISTS _heliosdb_log_versions (
        log INTEGER, v INTEGER, columns TEXT NOT NULL, PRIMARY KEY (log, v)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS _heliosdb_commits (seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL)",
)

ARRIVED = "arrived"
"""Under which :func:`positions` tells how many merges there were into the branch, those too that wrote nothing."""
COMPLETE = -1
"""The version under which it is noted that a log has every row of a table that was dropped."""


def logs(connection: Any) -> dict[str, Log]:
    """Return the logs of a branch, by the name that each one's table has now."""
    found = {}
    for name, table, sql in rows(
        connection,
        "SELECT name, tbl_name, sql FROM main.sqlite_master WHERE type = 'trigger' AND name LIKE '%_ad'",
    ):
        known = log_of_trigger(name)
        if known is not None:
            version, columns = read_log(sql)
            found[table] = Log(known[0], version, columns)
    return found


def is_watched(connection: Any) -> bool:
    """Return whether nothing has happened to the schema since :func:`watch` looked."""
    return bool(meta(connection, "watched") == value(connection, "PRAGMA main.schema_version"))


def watch(connection: Any) -> None:
    """See to it that every table has a log that knows all its columns; begins a transaction if none is open."""
    if is_watched(connection):
        return
    if connection.in_transaction:
        _watch(connection)
        return
    with transaction(connection):
        _watch(connection)


def _watch(connection: Any) -> None:
    for statement in _TABLES:
        run(connection, statement)
    known = logs(connection)
    is_new = meta(connection, "watched") is None
    for name in (*table_names(connection), *content_tables(connection)):
        table = read_table(connection, name)
        if not table.has_identity:
            continue
        log = known.get(name)
        if log is None:
            _begin(connection, table)
            if not is_new:  # made by a program that HeliosDB did not see: it may have rows already
                run(connection, log_absent(table, logs(connection)[name]))
        elif not _is_current(connection, table, log):
            _renew(connection, table, log)
    watch_others(connection)
    set_meta(connection, "watched", value(connection, "PRAGMA main.schema_version"))


def _begin(connection: Any, table: Table) -> None:
    last = value(connection, "SELECT max(log) FROM _heliosdb_log_versions") or 0
    log = Log(last + 1, 1, {column: number for number, column in enumerate(table.columns)})
    run(connection, create_log(table, log))
    _attach(connection, table, log)


def _renew(connection: Any, table: Table, log: Log) -> None:
    """Let the log know the columns that the table has got; what it has lost stays in the log."""
    unwatch(connection, log.id)
    used = [
        *log.columns.values(),
        *(number for each in versions(connection, log.id).values() for number in each),
    ]
    following = max(used, default=-1) + 1
    columns = {}
    for column in table.columns:
        if column in log.columns:
            columns[column] = log.columns[column]
        else:
            columns[column] = following
            run(
                connection,
                f"ALTER TABLE {q(log.table)} ADD COLUMN {column_definition(table, column, following)}",
            )
            following += 1
    latest = value(connection, "SELECT max(v) FROM _heliosdb_log_versions WHERE log = ?", (log.id,)) or 0
    _attach(connection, table, Log(log.id, latest + 1, columns))


def let_go(connection: Any, name: str, column: str) -> None:
    """Have a table's log do without a column that is about to be dropped: one that a trigger names can't be."""
    table, log = read_table(connection, name), logs(connection)[name]
    lowered = column.lower()
    kept = tuple(each for each in table.columns if each.lower() != lowered)
    places = [place for place, each in enumerate(table.columns) if each.lower() != lowered]
    slim = replace(
        table,
        columns=kept,
        defaults=tuple(table.defaults[place] for place in places),
        generated=tuple(each for each in table.generated if each.lower() != lowered),
        uniques=tuple(
            unique
            for unique in table.uniques
            if not any(
                tokenize(term)[0].name.lower() == lowered for term, _, is_column in unique.terms if is_column
            )
        ),
    )
    _renew(connection, slim, log)


def _attach(connection: Any, table: Table, log: Log) -> None:
    numbered = json.dumps({number: column for column, number in log.columns.items()})
    run(connection, "INSERT INTO _heliosdb_log_versions VALUES (?, ?, ?)", (log.id, log.version, numbered))
    for statement in create_triggers(table, log):
        run(connection, statement)


def unwatch(connection: Any, log: int) -> None:
    """Take a log's triggers away, in the transaction that is open: a column that they name can't be dropped."""
    for (name,) in rows(connection, "SELECT name FROM main.sqlite_master WHERE type = 'trigger'"):
        known = log_of_trigger(name)
        if known is not None and known[0] == log:
            run(connection, f"DROP TRIGGER main.{q(name)}")


def versions(connection: Any, log: int) -> dict[int, dict[int, str]]:
    """Return the columns that each version of a log's triggers knew: their names then, by number.

    :raises DatabaseError: what stands there is not what was written
    """
    found = rows(connection, "SELECT v, columns FROM _heliosdb_log_versions WHERE log = ?", (log,))
    try:
        return {
            v: {int(number): name for number, name in json.loads(columns).items()} for v, columns in found
        }
    except (TypeError, ValueError, AttributeError):
        raise sqlite3.DatabaseError(
            "the branch's log of changes is damaged, somebody has written to _heliosdb_log_versions: copy what you need"
            " out of the branch, and make another one"
        ) from None


def positions(connection: Any) -> dict[str, int]:
    """Return how far each log has come, by its id, and the version of the schema, under an empty id."""
    found = {"": value(connection, "PRAGMA main.schema_version")}
    if has_table(connection, "_heliosdb_log_versions"):
        for (log,) in rows(connection, "SELECT DISTINCT log FROM _heliosdb_log_versions"):
            found[str(log)] = value(connection, f"SELECT coalesce(max(seq), 0) FROM _heliosdb_log_{int(log)}")
        found[TOUCHED] = value(connection, "SELECT coalesce(max(seq), 0) FROM _heliosdb_touched")
        if has_table(connection, "_heliosdb_arrived"):
            found[ARRIVED] = value(connection, "SELECT coalesce(max(seq), 0) FROM _heliosdb_arrived")
    return found


def _is_current(connection: Any, table: Table, log: Log) -> bool:
    """Return whether the triggers are those that would be made now, but for the way their names are quoted."""
    if [column for column in table.columns if column not in log.columns]:
        return False
    wanted = {_spelled(statement) for statement in create_triggers(table, log)}
    there = {
        _spelled(sql)
        for name, sql in rows(
            connection,
            "SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger' AND tbl_name = ?",
            (table.name,),
        )
        if (known := log_of_trigger(name)) is not None and known[0] == log.id
    }
    return wanted == there


def _spelled(sql: str) -> tuple[str, ...]:
    return tuple(
        token.name.lower() if token.kind.value in ("word", "quoted") else token.text
        for token in tokenize(sql)
    )


def is_complete(connection: Any, log: int) -> bool:
    """Return whether a log has every row of its table: the table was dropped by way of :func:`log_everything`."""
    return bool(
        value(connection, "SELECT 1 FROM _heliosdb_log_versions WHERE log = ? AND v = ?", (log, COMPLETE))
    )


def log_everything(connection: Any, name: str) -> None:
    """Log every row of a table that is about to be dropped, in the transaction that is open."""
    table, log = read_table(connection, name), logs(connection).get(name)
    if log is None or not table.has_identity:
        return
    run(connection, log_all(table, log))
    run(connection, "INSERT OR REPLACE INTO _heliosdb_log_versions VALUES (?, ?, '{}')", (log.id, COMPLETE))
