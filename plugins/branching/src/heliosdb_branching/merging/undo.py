"""The last merge of a branch taken back: rows, schema, and how far the branch's changes had come."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..errors import Conflict, MergeConflict, is_busy
from ..files.state import clean_up, wait_for_copy
from ..lineage import arrived, merged
from ..logs.dropping import logged
from ..logs.tables import Table, read_table
from ..logs.virtuals import virtuals
from ..logs.watching import watch
from ..names import MAIN, is_internal
from ..opening import Opener
from ..registry.entries import check_belongs, entries, find, now_us
from ..results import TableChanges, UndoReport, moment
from ..running import has_table, rows, run, value
from ..schema.alterations import Alteration, rename_table
from ..schema.replaying import Replay, columns_of, set_sequence
from ..schema.shapes import Thing
from . import foreign_keys, virtual_rows
from .asking import shown
from .converting import defaults_of, holds
from .ledger import Sheet, forget, sheets_of
from .sheets import carry_out, changed_since


def _nothing(_: str) -> None:
    """Be told of each step: the place for a test to end the process."""


def undo(opener: Opener, name: str, into: str = MAIN, step: Any = _nothing) -> UndoReport:
    """Take the last merge of a branch back.

    :raises MergeConflict: something that it wrote has been changed since
    """
    with ExitStack() as stack:
        main = stack.enter_context(opener.opened(opener.database))
        clean_up(opener, main)
        here = main
        if into != MAIN:
            target = find(main, into)
            here = stack.enter_context(opener.opened(wait_for_copy(opener.database, target)))
            check_belongs(here, main, target)
            watch(here)
        branch = next((entry.id for entry in entries(main) if entry.name == name), None)
        run(here, "PRAGMA foreign_keys = OFF")
        try:
            run(here, "BEGIN IMMEDIATE")
            report = _Undo(here, name, into, branch).run()
            if into != MAIN:
                watch(here)
            step("applied")
            here.execute("COMMIT")
        except BaseException as error:
            if here.in_transaction:
                run(here, "ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) and is_busy(error):
                raise sqlite3.OperationalError(
                    f"database is locked: {into!r} was in use for as long as this connection's timeout; the merge "
                    "was not undone: finish the other transaction or query"
                ) from None
            raise
        return report


class _Undo:
    """One merge taken back, inside the transaction on the target."""

    def __init__(self, here: Any, name: str, into: str, branch: str | None) -> None:
        self.here = here
        self.name = name
        self.into = into
        self.branch = branch
        self.conflicts: list[Conflict] = []
        self.written: dict[str, tuple[Table, Sheet]] = {}
        self.counts: dict[str, TableChanges] = {}
        self.words: list[str] = []
        self._between: dict[str, str] = {}
        """What names for the meantime stand for."""

    def run(self) -> UndoReport:
        merge, merged_us, before, steps = self._merge()
        suspended = self._suspend_triggers()
        made = [Thing(*step["thing"]) for step in reversed(steps) if step["did"] == "create"]
        dropped = [Thing(*step["thing"]) for step in reversed(steps) if step["did"] == "drop"]
        suspended = self._drop(made, suspended)
        for step in reversed(steps):
            if step["did"] == "require":
                Replay(self.here, merge).rebuild(step["name"], step["sql"])
        self._undo_rows(merge)
        self._stop_at_conflicts()
        for thing in made:
            if thing.kind == "virtual":
                self.here.execute(f"DROP TABLE main.{q(thing.name)}").close()
        self._rebuild_indexes()
        self._create(suspended)  # they follow renames
        for step in reversed(steps):
            if "thing" not in step and not self.conflicts:
                self._undo_table_if_there(step)
        self._stop_at_conflicts()
        self._create(dropped)
        self._create(each for each in suspended if self._has(each.table))
        self.conflicts += foreign_keys.check(self.here, self.written, back=True)
        self._stop_at_conflicts()
        for branch, known in before.items():
            if known is None:
                merged.forget(self.here, branch)
            else:
                merged.record(self.here, branch, merged.Through(*known))
        run(self.here, "DELETE FROM _heliosdb_renumbered WHERE merge = ?", (merge,))
        run(self.here, "UPDATE _heliosdb_merges SET undone_us = ? WHERE id = ?", (now_us(), merge))
        forget(self.here, merge)
        arrived.forget(self.here, merge)
        return UndoReport(self.name, moment(merged_us), MappingProxyType(self.counts), tuple(self.words))

    def _merge(self) -> tuple[int, int, dict[str, Any], list[dict[str, Any]]]:
        """Return the merge that is to be undone."""
        found = []
        if has_table(self.here, "_heliosdb_merges"):
            found = rows(
                self.here,
                "SELECT id, merged_us, before, steps, undone_us FROM _heliosdb_merges WHERE name = ? AND branch IS ?"
                " ORDER BY id DESC LIMIT 1",
                (self.name, self.branch),
            )
        if self.branch is None:
            raise sqlite3.OperationalError(
                f"no such branch: {self.name!r}: a merge can be undone as long as its branch is there"
            )
        if not found:
            raise sqlite3.OperationalError(f"branch {self.name!r} has not been merged into {self.into!r}")
        merge, merged_us, before, steps, undone = found[0]
        if undone is not None:
            raise sqlite3.OperationalError(
                f"the last merge of branch {self.name!r} into {self.into!r} is undone already"
            )
        return merge, merged_us, json.loads(before), json.loads(steps)

    def _stop_at_conflicts(self) -> None:
        if not self.conflicts:
            return
        listed = "; ".join(str(each) for each in self.conflicts[:5])
        raise MergeConflict(
            f"the merge of branch {self.name!r} can't be undone, and {self.into!r} was left as it is: what it wrote "
            f"was changed since: {listed}. Undo these changes first, or correct the rows by hand",
            shown(self.here, self.conflicts),
        )

    # -- rows --------------------------------------------------------------------------------------------------------
    def _undo_rows(self, merge: int) -> None:
        known = virtuals(self.here)
        for sheet in sheets_of(self.here, merge):
            virtual = known.get(sheet.table)
            if virtual is None and not has_table(self.here, sheet.table):
                reason = "there is no such table any more"
                self.conflicts.append(Conflict(sheet.table, None, None, "the table", None, None, reason))
                continue
            table = (
                virtual_rows.as_table(self.here, virtual)
                if virtual is not None
                else read_table(self.here, sheet.table)
            )
            self.conflicts += changed_since(self.here, table, sheet)
            if self.conflicts:
                continue
            for failure in carry_out(self.here, table, sheet, back=True, virtual=virtual is not None):
                cells = dict(zip(failure.write.columns, failure.write.new or (), strict=False))
                self.conflicts.append(
                    Conflict(sheet.table, failure.write.key.shown, None, cells, None, None, failure.reason)
                )
            done = sheet.counts()
            self.counts[sheet.table] = TableChanges(done.removed, done.changed, done.added)
            self.written[sheet.table] = (table, sheet)

    def _rebuild_indexes(self) -> None:
        """Have full-text indexes of the tables that were written read them anew: their triggers were not there."""
        written = {name.lower() for name in self.written}
        for virtual in virtuals(self.here).values():
            if virtual.external and virtual.external.lower() in written:
                virtual_rows.rebuild(self.here, virtual)

    # -- schema ------------------------------------------------------------------------------------------------------
    def _suspend_triggers(self) -> list[Thing]:
        found = [
            Thing(*each)
            for each in rows(
                self.here,
                "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE type = 'trigger' ORDER BY rowid",
            )
        ]
        mine = [each for each in found if not is_internal(each.name)]
        for each in mine:
            run(self.here, f"DROP TRIGGER main.{q(each.name)}")
        return mine

    def _drop(self, made: list[Thing], suspended: list[Thing]) -> list[Thing]:
        """Drop what the merge made; return the triggers that are to come back."""
        for thing in made:
            self.words.append(f"drop {thing.kind} {thing.name}")
            if thing.kind in ("index", "view"):
                self.here.execute(f"DROP {thing.kind.upper()} IF EXISTS main.{q(thing.name)}").close()
        gone = {thing.name for thing in made if thing.kind == "trigger"}
        return [each for each in suspended if each.name not in gone]

    def _create(self, things: Iterable[Thing]) -> None:
        """Make what is not there: tables that came back have brought theirs."""
        for thing in things:
            if not self._has(thing.name):
                self.here.execute(thing.sql).close()

    def _has(self, name: str) -> bool:
        return bool(value(self.here, "SELECT 1 FROM main.sqlite_master WHERE name = ?", (name,)))

    def _undo_table_if_there(self, step: dict[str, Any]) -> None:
        """Undo it; note a table or column that is gone, or something else of its name, as changed since."""
        try:
            self._undo_table(step)
        except sqlite3.OperationalError as error:
            if not any(words in str(error) for words in ("no such", "already", "error in", "cannot drop")):
                raise
            name = step.get("table", step["name"])
            self.conflicts.append(Conflict(name, None, None, step["did"], None, None, str(error)))

    def _undo_table(self, step: dict[str, Any]) -> None:
        did, name = step["did"], step.get("name", "")
        if did == "create table":
            if value(self.here, f"SELECT EXISTS (SELECT 1 FROM main.{q(name)})"):
                self.conflicts.append(
                    Conflict(name, None, None, None, "rows", None, "it was written to since")
                )
                return
            self.words.append(f"drop table {name}")
            with logged(self.here, name, None):
                self.here.execute(f"DROP TABLE main.{q(name)}").close()
        elif did == "rename table":
            self._rename(rename_table(name, step["was"]))
        elif did == "rename column":
            self._rename(Alteration(did, step["table"], name, step["was"]))
        elif did == "add column":
            self._drop_added(step["table"], name)
        elif did != "require":
            self._bring_back(step)

    def _rename(self, back: Alteration) -> None:
        """Rename a table or a column; what is told leaves names out that it had in between."""
        self.here.execute(back.sql("main.")).close()
        table = f"{back.table}." if back.did == "rename column" else ""
        old = self._between.pop(f"{table}{back.old}", back.old)
        if is_internal(back.new):
            self._between[f"{table}{back.new}"] = old
        else:
            self.words.append(f"{back.did} {table}{old} to {back.new}")

    def _drop_added(self, table: str, column: str) -> None:
        default = defaults_of(self.here, read_table(self.here, table)).get(column)
        if value(self.here, f"SELECT 1 FROM main.{q(table)} WHERE {q(column)} IS NOT ? LIMIT 1", (default,)):
            self.conflicts.append(
                Conflict(table, None, column, None, "values", None, "it was written to since")
            )
            return
        self.words.append(f"drop column {table}.{column}")
        with logged(self.here, table, column):
            self.here.execute(Alteration("drop column", table, column).sql("main.")).close()

    def _bring_back(self, step: dict[str, Any]) -> None:
        """Put a table back that was dropped or made anew, with the rows that it had."""
        name, copy = step["name"], step["copy"]
        now = step.get("now")
        if now is not None:
            if not self._is_copy(now, copy, step.get("renamed", {})):
                self.conflicts.append(
                    Conflict(now, None, None, None, "rows", None, "it was written to since")
                )
                return
            run(self.here, f"DROP TABLE main.{q(now)}")
        if now is not None and is_internal(name):
            self._between[name] = now
        self.words.append(f"restore table {self._between.get(name, name)}")
        run(self.here, step["sql"])
        columns = ", ".join(q(column) for column in columns_of(self.here, name))
        targets, sources = columns, columns
        if step["rowid"]:
            targets, sources = f"{step['rowid']}, {columns}", f"_heliosdb_rowid, {columns}"
        run(self.here, f"INSERT INTO main.{q(name)} ({targets}) SELECT {sources} FROM main.{q(copy)}")
        if step["sequence"] is not None:
            set_sequence(self.here, name, step["sequence"])
        for thing in self._hanging(step):
            run(self.here, thing.sql)

    def _hanging(self, step: dict[str, Any]) -> Iterator[Thing]:
        for each in step["hanging"]:
            thing = Thing(*each)
            if not self._has(thing.name):
                yield thing

    def _is_copy(self, name: str, copy: str, renamed: Mapping[str, str]) -> bool:
        """Return whether a table still has the rows that were kept, as far as both have the columns.

        :param renamed: the columns of the copy that have other names in the table
        """
        now = {column: renamed.get(column, column).lower() for column in columns_of(self.here, copy)}
        kept = {name: column for column, name in now.items() if column not in renamed}
        kept |= {name: column for column, name in now.items() if column in renamed}
        table = read_table(self.here, name)
        shared = {each: kept[each.lower()] for each in table.columns if each.lower() in kept}
        return holds(self.here, table, shared, copy)
