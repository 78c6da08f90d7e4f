"""The virtual tables of a merge: full-text rows one by one, indexes built anew, all others as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Conflict
from ..logs.changes import Key
from ..logs.tables import Table, read_table
from ..logs.virtuals import TOUCHED, Virtual, virtuals
from ..logs.watching import logs
from . import virtual_rows
from .deciding import Decider
from .reading import Alignment, Trio
from .tables import Rows


class VirtualTables:
    """Merges the virtual tables of one merge, after its other rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._here = rows.here
        self._branch = rows.branch
        self._found = rows.found

    def merge(self, new: set[str]) -> None:
        """Merge the rows of the virtual tables that both sides have, those just made among them.

        :param new: the names of those that were just made
        """
        theirs = virtuals(self._branch)
        for name, virtual in virtuals(self._here).items():
            there = theirs.get(name)
            if virtual.external:
                if name in new or self._wrote(virtual.external):
                    virtual_rows.rebuild(self._here, virtual)
            elif there is None or there.module != virtual.module:
                continue
            elif name in new:
                self._copy_virtual(virtual)
            elif virtual.content is not None:
                self._merge_text(virtual, there)
            elif virtual.external == "":
                self._check_contentless(virtual)
            elif virtual_rows.touched(self._branch, name, self._rows.side.spans.get(TOUCHED, ())):
                self._merge_as_a_whole(virtual)

    def _wrote(self, table: str) -> bool:
        return any(
            name.lower() == table.lower() and sheet.counts().total
            for name, (_, sheet) in self._rows.written.items()
        )

    def _merge_text(self, virtual: Virtual, there: Virtual) -> None:
        log = logs(self._branch).get(there.content or "")
        if log is None:
            return
        table = virtual_rows.as_table(self._here, virtual)
        decider = Decider(_itself(table), self._rows.request.strategy, renumber=self._rows.request.renumber)
        found = virtual_rows.text_rows(
            self._here, self._branch, there, table, log, self._rows.side.spans.get(str(log.id), ())
        )
        decider.decide(self._noted_text(virtual, found))
        self._rows.write(table, decider, self._rows.ledger.sheet(table), virtual=True)

    def _noted_text(self, virtual: Virtual, found: Iterator[Trio]) -> Iterator[Trio]:
        """Note the rows of a full-text table that both sides have changed, in the log of its content."""
        content = read_table(self._here, virtual.content or "")
        notes = self._rows.notes(content, content.name, content.columns[1:])
        for trio in found:
            if notes is not None:
                list(notes.add([trio._replace(key=Key((trio.key.rowid,)))]))
            yield trio

    def _copy_virtual(self, virtual: Virtual) -> None:
        if virtual.external == "":
            self._check_contentless(virtual)
            return
        self._write_virtual(virtual, self._difference(virtual))

    def _check_contentless(self, virtual: Virtual) -> None:
        """Note that a full-text table which keeps no content differs: nobody can read what it should be."""
        if not virtual_rows.same_index(self._here, self._branch, virtual):
            reason = "it keeps no content that could be merged: write the same to both sides"
            conflict = Conflict(
                virtual.name, None, None, None, "its index here", "its index on the branch", reason
            )
            self._found.only("ours", [conflict])

    def _merge_as_a_whole(self, virtual: Virtual) -> None:
        decider = self._difference(virtual)
        if not decider.work:
            return
        reason = f"the rows of a virtual table of module {virtual.module} can't be merged one by one"
        conflict = Conflict(virtual.name, None, None, None, "its rows here", "its rows on the branch", reason)
        if self._found.side_of(conflict) == "theirs":
            self._write_virtual(virtual, decider)

    def _write_virtual(self, virtual: Virtual, decider: Decider) -> None:
        table = virtual_rows.as_table(self._here, virtual)
        self._rows.write(table, decider, self._rows.ledger.sheet(table), virtual=True)

    def _difference(self, virtual: Virtual) -> Decider:
        table = virtual_rows.as_table(self._here, virtual)
        decider = Decider(_itself(table), "theirs", renumber=False)
        decider.work = virtual_rows.differences(self._here, self._branch, table)
        return decider


def _itself(table: Table) -> Alignment:
    return Alignment(table, table, tuple((column, column) for column in table.columns), ())
