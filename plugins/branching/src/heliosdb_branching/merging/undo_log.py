"""What a merge changed, kept in the target's own file until the branch is merged again or deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..encoding import encode
from ..logs.changes import Key, lookup
from ..logs.tables import Table
from ..running import rows, run
from .applying import Write

_CHUNK = 500


class UndoLog:
    """Collects what one merge changes."""

    def __init__(self, connection: Any, merge: int) -> None:
        self._connection = connection
        self.merge = merge
        self._parts: list[str] = []

    def add(self, table: Table, work: Sequence[Write], renumbered: Mapping[Key, int]) -> None:
        """Note the rows that were written in a table."""
        groups: dict[tuple[str, ...], list[list[Any]]] = {}
        for write in work:
            key = write.key
            if write.renumber:
                rowid = renumbered[key]
                key = Key((rowid,)) if table.alias else Key(key.values, rowid)
            new = write.new
            if new is not None:  # the row by the key that it has now
                cells = dict(zip(write.columns, new, strict=True))
                if table.alias and write.renumber:
                    cells[table.key[0]] = key.values[0]
                    new = tuple(cells[column] for column in write.columns)
                elif key.rowid is None:
                    key = Key(
                        tuple(
                            cells.get(column, was) for column, was in zip(table.key, key.values, strict=True)
                        )
                    )
            groups.setdefault(write.columns, []).append([list(key.values), key.rowid, write.old, new])
        for columns, entries in groups.items():
            for start in range(0, len(entries), _CHUNK):
                self._parts.append(
                    encode({"table": table.name, "columns": columns, "rows": entries[start : start + _CHUNK]})
                )

    def keep_whole(self, table: Table, work: Sequence[Write]) -> list[Write]:
        """Return the removals with all their cells, those too that the branch knows nothing of."""
        removed = [write for write in work if write.new is None]
        whole = lookup(self._connection, table, table.columns, [write.key for write in removed])
        return [
            write._replace(columns=table.columns, old=row)
            for write, row in zip(removed, whole, strict=True)
            if row is not None
        ]

    def flush(self) -> None:
        """Write it all down."""
        for number, part in enumerate(self._parts):
            run(
                self._connection,
                "INSERT INTO _heliosdb_merge_undo VALUES (?, ?, ?)",
                (self.merge, number, part),
            )

    def forget_older(self, branch: str) -> None:
        """Drop what was kept of earlier merges of the same branch."""
        for (merge,) in rows(
            self._connection,
            "SELECT id FROM _heliosdb_merges WHERE branch = ? AND id < ?",
            (branch, self.merge),
        ):
            forget(self._connection, merge)


def forget(connection: Any, merge: int) -> None:
    """Drop what was kept of a merge."""
    run(connection, "DELETE FROM _heliosdb_merge_undo WHERE merge = ?", (merge,))
    for (name,) in rows(
        connection,
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name GLOB ?",
        (f"_heliosdb_undo_{merge}_*",),
    ):
        run(connection, f"DROP TABLE main.{q(name)}")
