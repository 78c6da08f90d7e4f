"""The rows of a merge, table by table: decided, written, counted, and noted for an undo."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..errors import Conflict
from ..logs.changes import Key
from ..logs.tables import Table, read_table
from ..logs.watching import logs
from ..names import MAIN, is_internal
from ..registry.entries import canary
from ..results import TableChanges
from ..running import has_table, rows, run
from ..schema.planning import Pair, TablePlan
from ..schema.replaying import sequence_of, set_sequence
from ..schema.shapes import Thing
from . import foreign_keys
from .applying import Writer
from .asking import sealed
from .converting import as_stored, defaults_of, types_differ
from .deciding import Decider
from .found import Found
from .inside import IS_POSSIBLE, InsideMerge, fits, is_attached
from .ledger import Ledger, Sheet, numbered
from .meeting import Notes
from .reading import (
    Alignment,
    Side,
    align,
    gone_here,
    in_our_types,
    interwoven_trios,
    key_matches,
    touched_cells,
    trios,
)
from .rows import same_row, same_value, settled
from .seeing import as_read
from .sheets import carry_out

if TYPE_CHECKING:
    from .job import Request


class Rows:
    """Merges the rows of one merge."""

    def __init__(
        self,
        side: Side,
        request: Request,
        source: str,
        target: str,
        start: int | None,
        ledger: Ledger,
        found: Found,
    ) -> None:
        self.side = side
        self.here = side.target
        self.branch = side.branch
        self.request = request
        self.source = source
        self.target = target
        self.start = start
        self.ledger = ledger
        self.found = found
        self.counts: dict[str, TableChanges] = {}
        self.renumbered: dict[str, dict[int, int]] = {}
        self.written: dict[str, tuple[Table, Sheet]] = {}
        self.suspended: list[Thing] = []
        """The user's triggers of the tables that were written: taken away, to be made again."""
        self.attached = IS_POSSIBLE and is_attached(self.here)
        """The branch can be read on the target's connection."""

    def merge(self, plan: TablePlan) -> None:
        """Merge the rows of a table whose definition is merged already."""
        pair = plan.pair
        if pair.theirs is None:
            return
        if pair.ours is None and not plan.create:
            self._rows_of_gone_table(pair)
            return
        name = pair.theirs.name if plan.create else (plan.rename_to or (pair.ours.name if pair.ours else ""))
        ours, theirs = read_table(self.here, name), read_table(self.branch, pair.theirs.name)
        if not theirs.has_identity:
            raise sqlite3.NotSupportedError(
                f"table {name!r} has columns named rowid, _rowid_ and oid and no primary key, so that its rows "
                "can't be told apart: rename one of them"
            )
        alignment = align(ours, theirs)
        if not key_matches(alignment):
            reason = "another primary key"
            conflict = Conflict(name, None, None, None, str(ours.key), str(theirs.key), reason)
            self.found.only("ours", [conflict])
            return
        renumber = not theirs.key or (self.request.renumber and ours.alias and not self._is_referenced(name))
        decider = Decider(alignment, self.request.strategy, renumber=renumber)
        log = pair.theirs.log
        self._lost_cells(pair, alignment)
        sheet = self.ledger.sheet(ours)
        notes = self.notes(ours, ours.name, alignment.names)
        self._decide(decider, pair, alignment, sheet, notes)
        if decider.by_rowid and pair.base is not None:
            self._check_canary(name)
        self._keep_numbers(name, log, decider, self.write(ours, decider, sheet))
        self._keep_sequence(ours.name, theirs.name)

    def notes(self, table: Table, logged: str, columns: Sequence[str]) -> Notes | None:
        """Return what takes note of rows that both sides have changed: main brings nothing back, and needs none."""
        if self.target == MAIN or (log := logs(self.here).get(logged)) is None:
            return None
        return Notes(self.here, table, log, columns)

    def _decide(
        self, decider: Decider, pair: Pair, alignment: Alignment, sheet: Sheet, notes: Notes | None
    ) -> None:
        """Decide what becomes of each row that the branch touched: inside SQLite, as far as nobody has to be asked."""
        assert pair.theirs is not None  # noqa: S101 - its rows are what is merged
        known = logs(self.branch).get(alignment.theirs.name) if pair.base is not None else None
        before = self._renumbered_before(pair.theirs.log, alignment.ours.name)
        otherwise = types_differ(self.here, alignment.ours, self.branch, alignment.theirs, alignment.columns)
        if pair.rebuilt or before or otherwise or not self.attached or not fits(alignment):
            found = trios(self.side, pair, alignment, before)
            found = in_our_types(self.here, alignment, found) if otherwise else found
            decider.decide(as_read(self.here, notes.add(found) if notes is not None else found))
        else:
            spans = self.side.of(known.id) if known is not None else ()
            defaults = defaults_of(self.branch, alignment.theirs)
            inside = InsideMerge(self.here, self.branch, alignment, known, spans, defaults)
            decider.decide(as_read(self.here, inside.enter(sheet, notes)))
            found = interwoven_trios(self.side, pair, alignment)
            decider.decide(as_read(self.here, notes.add(found) if notes is not None else found))
            decider.by_rowid = decider.by_rowid or inside.by_rowid
        if notes is not None:
            notes.strike(decider.theirs_keys)
        if len(alignment.columns) < len(alignment.ours.columns):
            decider.keep_whole(self.here)

    def write(self, table: Table, decider: Decider, sheet: Sheet, *, virtual: bool = False) -> dict[Key, int]:
        """Write what was decided and entered; return the rows that got another rowid."""
        if decider.work or sheet.upto > sheet.after:
            self._suspend_triggers(table.name)
        if callable(self.request.strategy):
            decider.work = as_stored(self.here, table, sealed(self.here, table, decider.work))
        sheet.add(each for each in decider.work if not each.renumber)
        failures = carry_out(self.here, table, sheet, virtual=virtual)
        sheet.strike(failure.write.key for failure in failures)
        writer = Writer(self.here, table)
        failures += writer.write([each for each in decider.work if each.renumber])
        sheet.add(
            numbered(each, table, writer.renumbered[each.key])
            for each in decider.work
            if each.renumber and each.key in writer.renumbered
        )
        decider.failed(failures)
        self.found.conflicts += decider.conflicts
        self.found.open += decider.open
        self.counts[table.name] = sheet.counts()
        self.written[table.name] = (table, sheet)
        return writer.renumbered

    def _suspend_triggers(self, table: str) -> None:
        """Take the user's triggers of a table away while it is written: the branch's rows have what they did there."""
        for each in rows(
            self.here,
            "SELECT type, name, tbl_name, sql FROM main.sqlite_master"
            " WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY rowid",
            (table,),
        ):
            trigger = Thing(*each)
            if not is_internal(trigger.name):
                run(self.here, f"DROP TRIGGER main.{q(trigger.name)}")
                self.suspended.append(trigger)

    def _lost_cells(self, pair: Pair, alignment: Alignment) -> None:
        """Note what the branch wrote into columns that our side has dropped since."""
        if not alignment.only_theirs or pair.base is None:
            return
        names = alignment.only_theirs
        found = [
            Conflict(
                alignment.ours.name,
                change.key.shown,
                name,
                None if change.base is None else (settled(change.base) or ())[place],
                None,
                change.theirs[place],
                "the column was dropped or renamed here",
            )
            for change in touched_cells(self.side, alignment, names)
            if change.theirs is not None
            for place, name in enumerate(names)
            if not same_value(None if change.base is None else change.base[place], change.theirs[place])
        ]
        self.found.only("ours", found)

    def _rows_of_gone_table(self, pair: Pair) -> None:
        """Rows that the branch changed in a table which our side has dropped or renamed."""
        if pair.theirs is None or pair.base is None:
            return
        columns = read_table(self.branch, pair.theirs.name).columns
        found = [
            Conflict(
                pair.base.name,
                change.key.shown,
                None,
                None if change.base is None else dict(zip(columns, settled(change.base) or (), strict=True)),
                None,
                None if change.theirs is None else dict(zip(columns, change.theirs, strict=True)),
                "its table was dropped or renamed here",
            )
            for change in gone_here(self.side, pair)
            if not same_row(change.base, change.theirs)
        ]
        self.found.only("ours", found)

    def _check_canary(self, name: str) -> None:
        """Refuse to match rows by rowids that VACUUM has dealt out anew."""
        for connection, where in ((self.here, self.request.into), (self.branch, self.request.name)):
            if canary(connection) != self.start:
                raise sqlite3.NotSupportedError(
                    f"table {name!r} has no primary key, and VACUUM has renumbered the rows of {where!r} since the "
                    "branch was made, so that they can't be told apart: give it a primary key, and make a new branch"
                )

    def _renumbered_before(self, log: int | None, table: str) -> Mapping[int, int]:
        """Return which row of the branch is which here: either side may have given the other's another number."""
        found = dict(
            rows(
                self.here,
                "SELECT theirs, ours FROM _heliosdb_renumbered WHERE branch = ? AND log IS ?",
                (self.source, log),
            )
        )
        mine = logs(self.here).get(table)
        if mine is not None and has_table(self.branch, "_heliosdb_renumbered"):
            found |= dict(
                rows(
                    self.branch,
                    "SELECT ours, theirs FROM _heliosdb_renumbered WHERE branch = ? AND log IS ?",
                    (self.target, mine.id),
                )
            )
        return found

    def _keep_numbers(
        self, name: str, log: int | None, decider: Decider, renumbered: Mapping[Key, int]
    ) -> None:
        for key, rowid in renumbered.items():
            theirs = decider.theirs_keys[key]
            number = theirs.rowid if theirs.rowid is not None else theirs.values[0]
            self.renumbered.setdefault(name, {})[number] = rowid
            run(
                self.here,
                "INSERT OR REPLACE INTO _heliosdb_renumbered VALUES (?, ?, ?, ?, ?)",
                (self.source, log, number, rowid, self.ledger.merge),
            )

    def _keep_sequence(self, ours: str, theirs: str) -> None:
        """AUTOINCREMENT never gives a number twice, whichever side gave it first."""
        there, here = sequence_of(self.branch, theirs), sequence_of(self.here, ours)
        if there is not None and (here is None or there > here):
            set_sequence(self.here, ours, there)

    def _is_referenced(self, table: str) -> bool:
        return any(each.parent.lower() == table.lower() for each in foreign_keys.references(self.here))
