"""The triggers that write history: SQLite's own functions alone, so that every program that writes is recorded.

What each has to cope with:

* A row that is replaced (``OR REPLACE``, ``ON CONFLICT REPLACE``) goes without a DELETE trigger. So whatever a new row
  clashes with is saved before, as *pending*, with a negative end, and looked at again after: if it has gone, the saved
  row is history, else (``OR IGNORE``, an UPSERT) it was nothing.
* The conflict clause of the user's statement overrides those in triggers. So none of these statements can conflict.
* A row may have had thousands of versions. What is asked of them is bounded by their ids, which are in the order of
  ends: the index of the history by key then goes to the latest ones at once.
* A version that the open transaction began and ends is no version: nobody else has seen it.
* Foreign keys and the user's triggers may come back to the table amid a change: ``eager`` has the triggers for those.
"""

from __future__ import annotations

from collections.abc import Sequence

from heliosdb_sqlite.sql.quoting import quote_identifier

from . import keys
from .conditions import any_of
from .names import BY_STATEMENT, COMMITS, FROM, ID, NOW, OPEN, ROW, SHIFT, TO, history, starts, trigger
from .shape import ROWID_NAMES, Column, Shape

TXN = f"(SELECT txn FROM {COMMITS} ORDER BY txn DESC LIMIT 1)"
# The first transaction of a version and the open one; no column has such a name.
F, N = "heliosdb_f", "heliosdb_n"
LATEST = f"(SELECT state FROM {COMMITS} ORDER BY txn DESC LIMIT 1)"
NOT_OPEN = f"{LATEST} IS NOT {OPEN}"
EVENTS = (
    "before_update",
    "before_delete",
    "clash",
    "update_clash",
    "replace",
    "insert",
    "update_replace",
    "move",
    "update",
    "forget",
    "delete",
)
"""The triggers of each table. The newest fires first: of two for one event the later here comes before the earlier."""
CLOCK = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000"
"""Microseconds since 1970, by SQLite's clock, which has milliseconds and stands still during a statement."""


def begin_plain(name: str) -> str:
    """Return the trigger that gives a writer without time travel its commit: one for each moment of a statement.

    A row that this very commit began begins another one when it changes again: it may have been committed in between.
    """
    return (
        f"CREATE TRIGGER {name} INSTEAD OF INSERT ON {NOW} WHEN NOT coalesce((SELECT state = {OPEN} OR "
        f"(state = {BY_STATEMENT} AND coalesce(wall, time) = {CLOCK} AND NEW.seen IS NOT txn) "
        f"FROM {COMMITS} ORDER BY txn DESC LIMIT 1), 0) BEGIN "
        f"INSERT INTO {COMMITS} (time, state, wall) SELECT max(now, last + 1), {BY_STATEMENT}, "
        f"CASE WHEN last >= now THEN now END FROM (SELECT {CLOCK} AS now, "
        f"coalesce((SELECT time FROM {COMMITS} ORDER BY txn DESC LIMIT 1), 0) AS last); END"
    )


def begin_here(name: str, time: int) -> str:
    """Return the TEMP trigger that opens one commit for the whole transaction of this connection.

    :param time: what stands for its time until it commits
    """
    return (
        f"CREATE TEMP TRIGGER {name} INSTEAD OF INSERT ON main.{NOW} WHEN {LATEST} IS NOT {OPEN} BEGIN "
        f"INSERT INTO {COMMITS} (time, state) VALUES ({time}, {OPEN}); END"
    )


class Triggers:
    """The triggers of one versioned table."""

    def __init__(self, number: int, shape: Shape, adopted: int | None, recorded: Sequence[Column]) -> None:
        """Keep what the triggers are made of.

        :param adopted: the transaction in which the table's rows were adopted, which have no start of their own
        """
        self.shape = shape
        self._number = number
        self._unstarted = TXN if adopted is None else str(adopted)
        self._recorded = recorded
        self._table = quote_identifier(shape.name)
        self._history = history(number)
        self._starts = starts(number)

    def all(self) -> dict[str, str]:
        """Return the text of each trigger, by its name."""
        of = self._of_uniques()
        made = {
            "before_update": ("BEFORE UPDATE", self._before_update()),
            "before_delete": ("BEFORE DELETE", self._before_delete()),
            "clash": ("BEFORE INSERT", self._before_insert()),
            "update_clash": (f"BEFORE UPDATE{of}", self._before_update_clash()),
            "replace": ("AFTER INSERT", self._after_replacing()),
            "insert": ("AFTER INSERT", f"BEGIN {self._start('NEW')} END"),
            "update_replace": (f"AFTER UPDATE{of}", self._after_update_replacing()),
            "move": (f"AFTER UPDATE{self._of_key()}", self._after_move()),
            "update": ("AFTER UPDATE", self._after_update()),
            "forget": ("AFTER DELETE", f"BEGIN {self._forget_old()} END"),
            "delete": ("AFTER DELETE", self._after_delete()),
        }
        named = {trigger(self._number, event): made[event] for event in EVENTS}
        return {
            name: f"CREATE TRIGGER {name} {when} ON {self._table} {body}"
            for name, (when, body) in named.items()
        }

    # -- one row -----------------------------------------------------------------------------------------------------
    def _before_update(self) -> str:
        return f"WHEN {NOT_OPEN} AND ({self._changes()}) BEGIN {self._touch(self._start_of('OLD'))} END"

    def _before_delete(self) -> str:
        return f"WHEN {NOT_OPEN} BEGIN {self._touch(self._start_of('OLD'))} END"

    def _after_update(self) -> str:
        """The row is another one under the same key; one that this transaction began goes on as it began."""
        when = f"{keys.same(self.shape, 'OLD', 'NEW')} AND ({self._differ('OLD', 'NEW')}) AND {self._is_older('OLD')}"
        return f"WHEN {when} BEGIN {self._record_old()} {self._start('NEW')} END"

    def _after_move(self) -> str:
        """The row has another key now."""
        when = f"NOT ({keys.same(self.shape, 'OLD', 'NEW')})"
        record = self._record_old(f" WHERE {self._is_older('OLD')}")
        return f"WHEN {when} BEGIN {record} {self._forget_old()} {self._start('NEW')} END"

    def _after_delete(self) -> str:
        return f"WHEN {self._is_older('OLD')} BEGIN {self._record_old()} {self._forget_old()} END"

    def _changes(self) -> str:
        return f"NOT ({keys.same(self.shape, 'OLD', 'NEW')}) OR {self._differ('OLD', 'NEW')}"

    # -- rows that are replaced --------------------------------------------------------------------------------------
    def _before_insert(self) -> str:
        return self._save(self._clashes(), also=NOT_OPEN)

    def _before_update_clash(self) -> str:
        other = f"NOT ({keys.same(self.shape, 'c', 'OLD')})"
        changed = self._moved()
        clashes = [f"{clash} AND {other}" for clash in self._clashes()]
        return self._save(clashes, condition=changed, seen=self._start_of("OLD"))

    def _after_replacing(self) -> str:
        return f"WHEN {self._pending()} BEGIN {self._settle_after()} END"

    def _after_update_replacing(self) -> str:
        return f"WHEN ({self._moved()}) AND {self._pending()} BEGIN {self._settle_after()} END"

    def _save(
        self, clashes: Sequence[str], *, also: str = "", condition: str = "", seen: str = "NULL"
    ) -> str:
        """Save the rows that may be about to be replaced.

        :param also: do so not only where there are some, but here too
        :param condition: do so only here
        :param seen: the start of the row that changes: what is saved must be of the commit that ends it
        """
        found = [f"EXISTS (SELECT 1 FROM {self._table} AS c WHERE {clash})" for clash in clashes]
        when = any_of([*([also] if also else []), *found, self._pending()])
        when = f"({condition}) AND ({when})" if condition else when
        version = keys.of_version(self.shape, "p")
        same = keys.equal(version, self._key("c"))
        saved = f"EXISTS (SELECT 1 FROM {self._history} AS p WHERE p.{TO} < 0 AND {same} AND p.{ID} > {N} << {SHIFT})"
        saves = [
            f"INSERT INTO {self._history} ({self._columns()}) SELECT "
            f"max(coalesce((SELECT max({ID}) FROM {self._history}), 0), {N} << {SHIFT}) + row_number() OVER (), "
            f"{self._since('c')}, -{N}, {self._values('c')} FROM {self._table} AS c, "
            f"(SELECT max(txn) AS {N} FROM {COMMITS}) WHERE {clash} AND NOT {saved};"
            for clash in clashes
        ]
        same = f"{keys.find_row(self.shape, 'c', self._history)} AND NOT ({self._differ('c', self._history)})"
        gone = f"NOT EXISTS (SELECT 1 FROM {self._table} AS c WHERE {same})"
        return f"WHEN {when} BEGIN {self._touch(seen)} {self._settle(gone)} {' '.join(saves)} END"

    def _settle_after(self) -> str:
        found = f"EXISTS (SELECT 1 FROM {self._table} AS c WHERE {keys.find_row(self.shape, 'c', 'h')})"
        own = keys.equal(keys.of_version(self.shape, self._history), self._key("NEW"))
        here = (
            f"EXISTS (SELECT 1 FROM {self._table} AS c WHERE {keys.find_row(self.shape, 'c', self._history)})"
        )
        parts = ", ".join(keys.parts(self.shape))
        version = ", ".join(keys.of_version(self.shape, "h"))
        forget = (
            f"DELETE FROM {self._starts} WHERE ({parts}) IN "
            f"(SELECT {version} FROM {self._history} AS h WHERE h.{TO} < 0 AND NOT {found});"
        )
        # All that is pending is of this change, even if it made other tables do what is of a later transaction.
        return f"{forget} {self._settle(f'({own} OR NOT {here})', '')}"

    def _settle(self, gone: str, of_now: str = f" AND -{TO} = {TXN}") -> str:
        """Make the pending rows that are gone history, unless they are already, and forget the others."""
        version = keys.find_version(self.shape, "h", self._history)
        logged = (
            f"EXISTS (SELECT 1 FROM {self._history} AS h WHERE {version} AND h.{FROM} = {self._history}.{FROM} "
            f"AND h.{ID} > {self._history}.{FROM} << {SHIFT} AND h.{TO} > 0)"
        )
        return (
            f"UPDATE {self._history} SET {TO} = -{TO} WHERE {TO} < 0{of_now} AND {FROM} < -{TO} "
            f"AND NOT {logged} AND {gone}; DELETE FROM {self._history} WHERE {TO} < 0;"
        )

    def _clashes(self) -> list[str]:
        """Return a condition for each reason for which an existing row ``c`` may have to give way to NEW."""
        found = []
        if self.shape.rowid:
            name = (
                quote_identifier(self.shape.key[0])
                if self.shape.rowid_is_key and self.shape.key
                else self.shape.rowid
            )
            found.append(f"c.{name} = NEW.{name}")
        news = ", ".join(
            f"{self._new(column)} AS {quote_identifier(column.name)}" for column in self.shape.columns
        )
        for unique in self.shape.uniques:
            terms = []
            for expression, collation in unique.terms:
                collate = f" COLLATE {quote_identifier(collation)}" if collation else ""
                if expression.startswith("("):
                    new = f"(SELECT {expression} FROM (SELECT {news}))"
                    terms.append(f"{expression} = {new}{collate}")
                else:
                    column = next(
                        each for each in self.shape.columns if quote_identifier(each.name) == expression
                    )
                    terms.append(f"c.{expression} = {self._new(column)}{collate}")
            found.append(" AND ".join(terms))
        return found

    def _new(self, column: Column) -> str:
        """Return the value that a column will have, should it be NULL and get its default by OR REPLACE."""
        new = f"NEW.{quote_identifier(column.name)}"
        return f"coalesce({new}, {column.default})" if column.default and not column.generated else new

    def _of_key(self) -> str:
        """Return the columns of which an UPDATE can give a row another key."""
        rowid = self._names_of_rowid() if self.shape.rowid_is_key or self.shape.nullable else []
        return f" OF {', '.join([*map(quote_identifier, self.shape.key), *rowid])}"

    def _of_uniques(self) -> str:
        """Return the columns of which an UPDATE can replace other rows; "" where SQL can't name them all."""
        if self.shape.rowid and not (self.shape.rowid_is_key and self.shape.key):
            return ""
        terms = [expression for unique in self.shape.uniques for expression, _ in unique.terms]
        if any(map(self._is_computed, terms)):
            return ""
        named = [*map(quote_identifier, self.shape.key), *terms, *self._names_of_rowid()]
        return f" OF {', '.join(dict.fromkeys(named))}"

    def _names_of_rowid(self) -> list[str]:
        """Return the names by which an UPDATE can change the rowid: SQLite goes by the name that is written."""
        taken = {column.name.lower() for column in self.shape.columns}
        return [name for name in ROWID_NAMES if name not in taken] if self.shape.rowid else []

    def _is_computed(self, term: str) -> bool:
        """Return whether a term of a unique index changes without being named: an expression, a generated column."""
        generated = [quote_identifier(column.name) for column in self.shape.columns if column.generated]
        return term.startswith("(") or term in generated

    def _moved(self) -> str:
        """Return the condition that an UPDATE changed what must be unique."""
        terms = [expression for unique in self.shape.uniques for expression, _ in unique.terms]
        if any(map(self._is_computed, terms)):
            return "1"
        named = [*map(quote_identifier, self.shape.key), *terms]
        if self.shape.rowid and not (self.shape.rowid_is_key and self.shape.key):
            named.append(self.shape.rowid)
        return any_of(f"OLD.{name} IS NOT NEW.{name}" for name in dict.fromkeys(named))

    # -- statements --------------------------------------------------------------------------------------------------
    def _touch(self, seen: str) -> str:
        return f"INSERT INTO {NOW} (seen) VALUES ({seen});"

    def _record_old(self, where: str = "") -> str:
        """Write the row as it was into the history."""
        # NULL: the next one. SQLite then appends without looking for the place, which touches fewer pages.
        first = f"{TXN} << {SHIFT}"
        identity = f"CASE WHEN (SELECT max({ID}) FROM {self._history}) >= {first} THEN NULL ELSE {first} END"
        values = f"{identity}, {self._since('OLD')}, {TXN}, {self._values('OLD')}"
        source = f"SELECT {values}{where}" if where else f"VALUES ({values})"
        return f"INSERT INTO {self._history} ({self._columns()}) {source};"

    def _start(self, row: str, condition: str = "") -> str:
        parts = ", ".join(keys.parts(self.shape))
        values = f"{', '.join(self._key(row))}, {TXN}"
        source = f"SELECT {values} WHERE {condition}" if condition else f"VALUES ({values})"
        return (
            f"INSERT INTO {self._starts} ({parts}, txn) {source} "
            f"ON CONFLICT ({parts}) DO UPDATE SET txn = excluded.txn;"
        )

    def _forget_old(self) -> str:
        return (
            f"DELETE FROM {self._starts} WHERE {keys.find_start(self.shape, self._starts, self._key('OLD'))};"
        )

    # -- expressions -------------------------------------------------------------------------------------------------
    def _key(self, row: str) -> list[str]:
        return keys.of_row(self.shape, row)

    def _pending(self) -> str:
        return f"EXISTS (SELECT 1 FROM {self._history} WHERE {TO} < 0)"

    def _start_of(self, row: str) -> str:
        """Return the transaction that began a row, NULL if its start is not kept."""
        return f"(SELECT s.txn FROM {self._starts} AS s WHERE {keys.find_start(self.shape, 's', self._key(row))})"

    def _since(self, row: str) -> str:
        """Return the transaction that began a row; a row without a start was adopted, or is just being inserted."""
        return f"coalesce({self._start_of(row)}, {self._unstarted})"

    def _is_older(self, row: str) -> str:
        """Return the condition that a row was begun by an earlier transaction than that of the change."""
        return f"{self._since(row)} < {TXN}"

    def _columns(self) -> str:
        row = [ROW] if keys.row_part(self.shape, "c") else []
        return ", ".join([ID, FROM, TO, *row, *(quote_identifier(each.name) for each in self._stored())])

    def _values(self, row: str) -> str:
        part = keys.row_part(self.shape, row)
        return ", ".join(
            [*([part] if part else []), *(f"{row}.{quote_identifier(each.name)}" for each in self._stored())]
        )

    def _stored(self) -> list[Column]:
        return [column for column in self._recorded if not column.generated]

    def _differ(self, one: str, other: str) -> str:
        """Return the condition that two rows differ in something that is recorded, be it the case of a letter."""
        found = []
        for column in self._stored():
            name = quote_identifier(column.name)
            found.append(f"{one}.{name} COLLATE BINARY IS NOT {other}.{name}")
            if has_any_type(column, strict=self.shape.strict):
                found.append(f"typeof({one}.{name}) <> typeof({other}.{name})")
        return any_of(found)


def has_any_type(column: Column, *, strict: bool) -> bool:
    """Return whether values of the column keep their type, so that 1 and 1.0 are two."""
    declared = column.type.upper()
    if strict:
        return declared == "ANY"
    if "INT" in declared or any(each in declared for each in ("CHAR", "CLOB", "TEXT")):
        return False
    return not declared or "BLOB" in declared
