"""Tables that nothing but the rowid identifies: their history follows when rowids change behind its back.

A dump does not keep the rowids of such a table: the rows come back in their order, numbered from 1. The table's first
page is then another one, by which it is noticed. (VACUUM changes that page too; an index has it keep the rowids.)
"""

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..errors import warn
from . import keys
from .names import ROW, SETTINGS, in_schema
from .registry import Versioned
from .shape import Run


def is_affected(table: Versioned) -> bool:
    """Return whether only the rowid identifies the rows of the table, or those of them whose key is NULL."""
    return table.shape is not None and (table.nullable or (table.rowid_is_key and not table.key))


def root_page(run: Run, table: Versioned) -> int:
    """Return the table's first page."""
    q = quote_identifier(table.schema)
    (page,) = run(
        f"SELECT rootpage FROM {q}.sqlite_master WHERE type = 'table' AND name = ?", (table.name,)
    ).fetchone()
    return int(page)


def has_moved(run: Run, table: Versioned) -> bool:
    """Return whether the table may have got other rowids since :func:`remember`."""
    known = run(
        f"SELECT value FROM {in_schema(table.schema, SETTINGS)} WHERE name = ?", (f"page:{table.number}",)
    ).fetchone()
    return is_affected(table) and (known is None or known[0] != root_page(run, table))


def remember(run: Run, table: Versioned) -> None:
    """Remember where the table is."""
    run(
        f"INSERT INTO {in_schema(table.schema, SETTINGS)} VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (f"page:{table.number}", root_page(run, table)),
    )


def realign(run: Run, table: Versioned) -> bool:
    """Give the history the rowids that the table has now; return False if it can't be told which was which."""
    rowid = table.live.rowid
    user_table = in_schema(table.schema, table.name)
    part = keys.parts(table.live)[-1]
    own = f"SELECT {keys.of_row(table.live, 'c')[-1]} FROM {user_table} AS c"  # '' where the key identifies the row
    different = run(
        f"SELECT EXISTS (SELECT {part} FROM {table.starts} EXCEPT {own}) OR "
        f"EXISTS ({own} EXCEPT SELECT {part} FROM {table.starts})"
    ).fetchone()[0]
    if not different:
        return True
    if table.nullable:
        warn(
            f"the rows of table {table.name!r} whose key is NULL have other rowids than those that its history knows, "
            "and nothing else identifies them: its history begins anew"
        )
        return False
    (before,) = run(f"SELECT count(*) FROM {table.starts}").fetchone()
    (now, highest) = run(f"SELECT count(*), coalesce(max({rowid}), 0) FROM {user_table}").fetchone()
    if before != now:
        warn(
            f"the rows of table {table.name!r} have other rowids than those that its history knows, and nothing else "
            "identifies them: its history begins anew"
        )
        return False
    moved = "temp.heliosdb_timetravel_moved"
    run(f"DROP TABLE IF EXISTS {moved}")
    run(
        f"CREATE TEMP TABLE heliosdb_timetravel_moved AS SELECT s.k1 AS old, t.new, s.txn FROM "
        f"(SELECT k1, txn, row_number() OVER (ORDER BY k1) AS place FROM {table.starts}) AS s JOIN "
        f"(SELECT {rowid} AS new, row_number() OVER (ORDER BY {rowid}) AS place FROM {user_table}) AS t USING (place)"
    )
    run("CREATE INDEX temp.heliosdb_timetravel_moved_old ON heliosdb_timetravel_moved (old)")
    # Rows that are gone give way to those that are there.
    (last,) = run(f"SELECT max(?, coalesce(max({ROW}), 0)) FROM {table.history}", (highest,)).fetchone()
    run(
        f"UPDATE {table.history} SET {ROW} = coalesce((SELECT new FROM {moved} WHERE old = {ROW}), {ROW} + ?)",
        (last,),
    )
    run(f"DELETE FROM {table.starts}")
    run(f"INSERT INTO {table.starts} SELECT new, txn FROM {moved}")
    run(f"DROP TABLE {moved}")
    return True


def give_up(run: Run, table: Versioned, txn: int) -> None:
    """Have the rows that only rowids identify begin with ``txn``: what they were before is not known any more."""
    key = keys.of_row(table.live, "c")
    run(f"DELETE FROM {table.starts} WHERE {keys.parts(table.live)[-1]} <> ''")
    run(
        f"INSERT INTO {table.starts} SELECT {', '.join(key)}, ? "
        f"FROM {in_schema(table.schema, table.name)} AS c WHERE {key[-1]} <> ''",
        (txn,),
    )
