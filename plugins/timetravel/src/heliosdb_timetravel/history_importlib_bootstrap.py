"""conn.history(): the versions of one row, with what changed from each to the next.

Adapters and converters of CPython 3.12 and later warn about the line that called. Python steps over the frames of a
file there for one reason only: its name has both "importlib" and "_bootstrap" in it. So what runs the query stands by
itself in this file, and such warnings name the line of the program.
"""

from __future__ import annotations

from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from .session import of
from .versions import SYSTEM, Version, condition, dropped_columns, find_past, versions


def history(connection: Any, table: str, key: Any, *, dropped: bool = False) -> list[Version]:
    """Return the versions of one row, the oldest first: who made it what it was, when, and what that changed.

    :param table: the table's name, ``schema.table`` for another database than main
    :param key: the value of the primary key, a tuple where it has several columns, a rowid where there is no key
    :param dropped: show the columns that the table has no more, too
    :raises OperationalError: the table keeps no history
    """
    travel = of(connection, "history()")
    travel.look_again()
    past = find_past(travel, table)
    where, values = condition(past, key)
    gone = dropped_columns(past) if dropped else []
    columns = [*(name for name in past.columns if name.lower() not in past.excluded), *gone]
    source = f"{quote_identifier(past.now.schema)}.{quote_identifier(past.name)} FOR SYSTEM_TIME ALL AS v"
    # Whatever the text_factory makes of texts, these are bytes.
    known = [f"CAST({name} AS BLOB)" for name in SYSTEM]
    listed = ", ".join(
        [
            "system_transaction",
            "system_transaction_end",
            *known,
            *(f"v.{quote_identifier(name)}" for name in columns),
        ]
    )
    cursor = connection.cursor()
    cursor.row_factory = None
    rows = cursor.execute(
        f"SELECT {listed} FROM {source} WHERE {where} ORDER BY system_transaction", values
    ).fetchall()
    return versions(travel, past, columns, rows)
