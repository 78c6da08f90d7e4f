"""The triggers of an entangled table: what a change may end is recorded before it, whatever comes of the change.

While SQLite replaces a row, foreign keys and triggers may change and delete others of the table, may change the new row
itself or take it along. Nobody can tell then which of the rows that were to be replaced are still to go. So each is
made history at once, and goes on as a version of its own: what was is right from then on, for a row that goes, that
changes, and that stays.

A row that stays as it was (``OR IGNORE``) would have begun a version that says nothing new. A *mark* for each, which is
a copy with a negative end, lets :func:`tidy` join the two when the statement is over for sure.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import keys
from .conditions import any_of
from .names import BY_STATEMENT, COMMITS, FROM, ID, NOW, OPEN, SHIFT, TO, in_schema
from .triggers import CLOCK, NOT_OPEN, N, Triggers

_SIGN = "heliosdb_s"
OVER = (
    f"(SELECT txn FROM {COMMITS} WHERE NOT (state = {OPEN} OR "
    f"(state = {BY_STATEMENT} AND coalesce(wall, time) = {CLOCK})) ORDER BY txn DESC LIMIT 1)"
)
"""The last transaction that is over: not the open one, none that may be of the statement that runs."""
NEVER = "WHEN 0 BEGIN SELECT 1; END"
"""What a trigger does that the others leave nothing to do."""


class EagerTriggers(Triggers):
    """The triggers of one versioned table that is entangled."""

    # -- one row -----------------------------------------------------------------------------------------------------
    def _before_update(self) -> str:
        found = f"EXISTS (SELECT 1 FROM {self._table} AS c WHERE {keys.find_same(self.shape, 'c', 'NEW')})"
        moves = f"NOT ({keys.same(self.shape, 'OLD', 'NEW')}) AND NOT {found}"
        return f"WHEN {self._changes()} BEGIN {self._end_old()} {self._start('NEW', moves)} END"

    def _before_delete(self) -> str:
        return f"BEGIN {self._end_old()} END"

    def _end_old(self) -> str:
        """Record the row as it is before the change, in a transaction in which it has not begun."""
        older = f" WHERE {self._is_older('OLD')}"
        touch = f"INSERT INTO {NOW} (seen) SELECT {self._begun('OLD')} WHERE {NOT_OPEN};"
        return f"{touch} {self._record_old(older)} {self._start('OLD')}"

    def _begun(self, row: str) -> str:
        """Return the transaction that began a row, NULL if it did so only because the row might have gone."""
        start = keys.find_start(self.shape, "s", self._key(row))
        marked = keys.find_marks(self.shape, "p", row)
        return (
            f"(SELECT s.txn FROM {self._starts} AS s WHERE {start} AND NOT EXISTS "
            f"(SELECT 1 FROM {self._history} AS p WHERE {marked} AND p.{ID} >= s.txn << {SHIFT} AND +p.{TO} = -s.txn))"
        )

    def _after_update(self) -> str:
        return NEVER

    def _after_move(self) -> str:
        when = f"NOT ({keys.same(self.shape, 'OLD', 'NEW')})"
        return f"WHEN {when} BEGIN {self._forget_old()} {self._start('NEW')} END"

    def _after_delete(self) -> str:
        return NEVER

    def _forget_old(self) -> str:
        """Another row may have come under its key meanwhile."""
        start = keys.find_start(self.shape, self._starts, self._key("OLD"))
        found = f"EXISTS (SELECT 1 FROM {self._table} AS c WHERE {keys.find_same(self.shape, 'c', 'OLD')})"
        return f"DELETE FROM {self._starts} WHERE {start} AND NOT {found};"

    # -- rows that are replaced --------------------------------------------------------------------------------------
    def _before_insert(self) -> str:
        clashes = self._clashes()
        when = any_of([NOT_OPEN, *self._found(clashes), self._is_due()])
        ends = " ".join(map(self._end_all, clashes))
        return f"WHEN {when} BEGIN {self._touch('NULL')} {self._tidy()} {ends} END"

    def _before_update_clash(self) -> str:
        other = f"NOT ({keys.same(self.shape, 'c', 'OLD')})"
        clashes = [f"{clash} AND {other}" for clash in self._clashes()]
        found = any_of(self._found(clashes))
        ends = " ".join(map(self._end_all, clashes))
        # The change may be ignored for what it clashes with: then this row stays as it was too.
        own = self._end_all(f"{keys.find_same(self.shape, 'c', 'OLD')} AND ({self._changes()}) AND ({found})")
        touch = self._touch(self._begun("OLD"))
        return (
            f"WHEN ({self._moved()}) AND ({found} OR {self._is_due()}) "
            f"BEGIN {touch} {self._tidy()} {own} {ends} END"
        )

    def _after_replacing(self) -> str:
        return f"WHEN {self._pending()} BEGIN {self._unmark_new()} END"

    def _after_update_replacing(self) -> str:
        return f"WHEN ({self._moved()}) AND {self._pending()} BEGIN {self._unmark_new()} END"

    def _found(self, clashes: Sequence[str]) -> list[str]:
        return [f"EXISTS (SELECT 1 FROM {self._table} AS c WHERE {clash})" for clash in clashes]

    def _end_all(self, condition: str) -> str:
        """Make rows ``c`` history and have them begin again, with a mark for each."""
        older = f"({condition}) AND {self._since('c')} < {N}"
        now = f"(SELECT max(txn) AS {N} FROM {COMMITS})"
        parts = ", ".join(keys.parts(self.shape))
        return (
            f"INSERT INTO {self._history} ({self._columns()}) SELECT "
            f"max(coalesce((SELECT max({ID}) FROM {self._history}), 0), {N} << {SHIFT}) + row_number() OVER (), "
            f"{self._since('c')}, {N} * {_SIGN}, {self._values('c')} FROM {self._table} AS c, {now}, "
            f"(SELECT 1 AS {_SIGN} UNION ALL SELECT -1) WHERE {older}; "
            f"INSERT INTO {self._starts} ({parts}, txn) SELECT {', '.join(self._key('c'))}, {N} "
            f"FROM {self._table} AS c, {now} WHERE {older} ON CONFLICT ({parts}) DO UPDATE SET txn = excluded.txn;"
        )

    def _unmark_new(self) -> str:
        """The new row is another one than that which it took the place of, be it the same in all."""
        marked = keys.find_marks(self.shape, self._history, "NEW")
        return f"DELETE FROM {self._history} WHERE {marked} AND {ID} > coalesce({OVER}, 0) << {SHIFT};"

    def _is_due(self) -> str:
        """Return the condition that there are marks to tidy: those of the open transaction wait for its end."""
        return (
            f"({self._pending()} AND EXISTS "
            f"(SELECT 1 FROM {self._history} AS p WHERE p.{TO} < 0 AND p.{TO} >= -{OVER}))"
        )

    def _tidy(self) -> str:
        return " ".join(f"{each};" for each in self.tidy(OVER))

    def tidy(self, over: str = "", schema: str = "") -> list[str]:
        """Return the statements that join the versions of rows that stayed as they were, and forget the marks.

        :param over: an expression for the last transaction whose statements are over; "" where all are
        :param schema: the database to name; "" in a trigger, which may name none
        """
        history, starts, table = self._history, self._starts, self._table
        if schema:
            history, starts = in_schema(schema, history), in_schema(schema, starts)
            table = in_schema(schema, self.shape.name)
        marked = f"p.{TO} < 0{over and f' AND p.{TO} >= -{over}'}"
        version = ", ".join(keys.of_version(self.shape, "p"))
        parts = ", ".join(keys.parts(self.shape))
        start = keys.find_start(self.shape, "s", keys.of_version(self.shape, "p"))
        row = keys.find_row(self.shape, "c", "p")
        # What stays as it was began when it did before.
        goes_on = (
            f"INSERT INTO {starts} ({parts}, txn) SELECT {version}, p.{FROM} FROM {history} AS p "
            f"CROSS JOIN {table} AS c ON {row} CROSS JOIN {starts} AS s ON {start} "
            f"WHERE {marked} AND s.txn = -p.{TO} AND NOT ({self._differ('c', 'p')}) "
            f"ON CONFLICT ({parts}) DO UPDATE SET txn = excluded.txn"
        )
        joined = (
            f"DELETE FROM {history} WHERE {ID} IN (SELECT h.{ID} FROM {history} AS p "
            f"CROSS JOIN {history} AS h ON {keys.find_version(self.shape, 'h', 'p')} "
            f"CROSS JOIN {starts} AS s ON {start} "
            f"WHERE {marked} AND h.{ID} >= -p.{TO} << {SHIFT} AND h.{FROM} = p.{FROM} AND h.{TO} = -p.{TO} "
            f"AND s.txn = p.{FROM})"
        )
        # What went without a DELETE trigger began at no time.
        forgotten = (
            f"DELETE FROM {starts} WHERE ({parts}) IN (SELECT {version} FROM {history} AS p "
            f"WHERE {marked} AND NOT EXISTS (SELECT 1 FROM {table} AS c WHERE {row}))"
        )
        marks = f"DELETE FROM {history} WHERE {marked.replace('p.', '')}"
        return [goes_on, joined, forgotten, marks]
