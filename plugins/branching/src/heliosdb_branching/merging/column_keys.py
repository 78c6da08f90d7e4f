"""The keys of encrypted columns go with the values: what a merge brings can be read where it arrives.

They stand in a table that the crypto plugin keeps (docs/formats/crypto.md), each wrapped by a key of the user's: they
are copied as they are, and only who could read the branch can read what came from it. The newest key writes, the
oldest one writes deterministic columns, all of them read.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from ..running import has_table, rows, run, run_many, value

_TABLE = "heliosdb_crypto_keys"


def bring(here: Any, branch: Any, names: tuple[str, str]) -> None:
    """Add the branch's keys that are not here yet, behind those that are.

    :param names: the branch's, and that of what it is merged into
    :raises NotSupportedError: deterministic columns of the two are sealed with different keys
    """
    if not has_table(branch, _TABLE):
        return
    if not has_table(here, _TABLE):
        run(here, value(branch, "SELECT sql FROM main.sqlite_master WHERE name = ?", (_TABLE,))).close()
    ours, theirs = (
        rows(each, f"SELECT id, derivation, envelope FROM main.{_TABLE} ORDER BY place, id")
        for each in (here, branch)
    )
    known = {key for key, *_ in ours}
    if ours and theirs and ours[0][0] != theirs[0][0]:
        _check_deterministic(branch, names)
    run_many(
        here,
        f"INSERT INTO main.{_TABLE} SELECT ?, coalesce(max(place), 0) + 1, ?, ? FROM main.{_TABLE}",
        [row for row in theirs if row[0] not in known],
    )


def _check_deterministic(branch: Any, names: tuple[str, str]) -> None:
    """Raise where the branch has a column whose values would not be equal to those that are sealed here."""
    for (table,) in rows(branch, "SELECT name FROM main.sqlite_master WHERE type = 'table'"):
        column = value(
            branch,
            "SELECT name FROM pragma_table_xinfo(?, 'main') "
            "WHERE upper(type) LIKE '%ENCRYPTED%DETERMINISTIC%'",
            (table,),
        )
        if column is not None:
            source, target = names
            raise sqlite3.NotSupportedError(
                f"{source!r} and {target!r} have made their first column keys apart from each other, and what column "
                f"{column!r} of table {table!r} holds would not be found by its values in {target!r}: nothing was "
                "merged. Make the column on one of them only, or have a program copy its rows"
            )
