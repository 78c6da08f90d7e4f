"""Branches: made from now or from a moment, compared, merged with every strategy, taken back, deleted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from .connections import DATA, SLOTS, Connections
from .merging import ConflictExpected, by_key, copied, defaults_of, merged, write
from .twins import Pair, State, state_of

STRATEGIES = st.sampled_from(["abort", "ours", "theirs"])


class Branching(Connections):
    """Branches of main, compared with what the model makes of them."""

    @rule(slot=SLOTS, data=DATA)
    def branch(self, slot: int, data: Any) -> None:
        pair = self.pairs.get(slot)
        if pair is None or len(self.bases) > 1:
            return
        name = f"b{self.next()}"
        if pair.in_transaction:
            with pytest.raises(sqlite3.OperationalError, match="transaction"):
                pair.ours.create_branch(name)
            return
        if not self.idle("main"):
            return
        past = self.draw_past(data.draw, pair)
        pair.ours.create_branch(name, as_of=past and past[0])
        with (
            closing(sqlite3.connect(self.twin("main"))) as main,
            closing(sqlite3.connect(self.twin(name))) as twin,
        ):
            main.backup(twin)
            if past is not None:
                rows = {
                    table: [dict(zip(columns, row, strict=True)) for row in rows]
                    for table, (columns, rows) in past[1].items()
                }
                write(twin, twin, rows)
            self.bases[name] = state_of(twin)
        self.states[name] = []
        self.settle(name)

    def draw_past(self, draw: Any, pair: Pair) -> Any:
        """Draw a moment to make a branch from, at which the tables were the same, or None for now."""
        if not self.versioned or pair.branch != "main" or not draw(st.booleans(), "from the past"):
            return None
        shapes = {table: columns for table, (columns, _) in state_of(pair.twin).items()}
        fitting = [
            each
            for each in self.states["main"]
            if {table: columns for table, (columns, _) in each[1].items()} == shapes
        ]
        return draw(st.sampled_from(fitting)) if fitting else None

    @rule(slot=SLOTS, data=DATA)
    def compare(self, slot: int, data: Any) -> None:
        pair = self.pairs.get(slot)
        if pair is None or not self.bases or self.sealed:
            return
        name = data.draw(st.sampled_from(sorted(self.bases)), "branch")
        if not self.idle("main", name):
            return
        here, there = self.state("main"), self.state(name)
        expected = differences(here, there)
        found = {
            (change.table, change.key, change.kind)
            for change in pair.ours.compare_branches("main", name, full=True).rows()
            if change.table in here and here[change.table][0] == there.get(change.table, ((), ()))[0]
        }
        assert found == expected, (found, expected)

    @property
    def sealed(self) -> bool:
        """Return whether the same value may be stored in two ways."""
        return "column_key" in self.file

    def state(self, branch: str) -> State:
        """Return what is committed on a branch."""
        with closing(sqlite3.connect(self.twin(branch))) as twin:
            return state_of(twin)

    @rule(slot=SLOTS, strategy=STRATEGIES, undo=st.integers(0, 3), data=DATA)
    def merge(self, slot: int, strategy: str, undo: int, data: Any) -> None:
        pair = self.pairs.get(slot)
        if pair is None or pair.branch != "main" or not self.bases:
            return
        name = data.draw(st.sampled_from(sorted(self.bases)), "branch")
        if not self.idle("main", name) or (self.versioned and not pair.has("enable_time_travel")):
            return
        with closing(sqlite3.connect(self.twin(name))) as source, closing(copied(pair.twin)) as before:
            base, theirs, ours = self.bases[name], state_of(source), state_of(pair.twin)
            try:
                defaults = defaults_of(source) | defaults_of(pair.twin)
                rows = merged(base, ours, theirs, defaults, strategy)
            except ConflictExpected:
                with pytest.raises(sqlite3.IntegrityError):
                    pair.ours.merge_branch(name, strategy=strategy)
                pair.same_rows()
                return
            with closing(copied(pair.twin)) as trial:
                try:
                    write(trial, source, rows)
                except sqlite3.Error:
                    return  # rows that are sound by themselves clash in a UNIQUE column
            pair.ours.merge_branch(name, strategy=strategy, dry_run=True)
            pair.same_rows()
            report = pair.ours.merge_branch(name, strategy=strategy)
            write(pair.twin, source, rows)
            self.settle("main")
            pair.same_rows()
            if undo or not (report.total_row_changes or report.schema):
                self.bases[name] = theirs
                return
            pair.ours.undo_merge(name)
            before.backup(pair.twin)
        self.settle("main")

    @rule(data=DATA)
    def delete_branch(self, data: Any) -> None:
        free = sorted(set(self.bases) - {pair.branch for pair in self.pairs.values()})
        able = [pair for pair in self.pairs.values() if not pair.in_transaction]
        if free and able and self.idle("main"):
            name = data.draw(st.sampled_from(free))
            able[0].ours.delete_branch(name)
            del self.bases[name], self.states[name]


def differences(here: State, there: State) -> set[tuple[str, tuple[Any, ...], str]]:
    """Return the rows that differ in the tables that have the same columns on both sides, and how."""
    found = set()
    for table in here.keys() & there.keys():
        if here[table][0] == there[table][0]:
            mine, other = by_key(here, table, {}), by_key(there, table, {})
            for key in mine.keys() | other.keys():
                if mine.get(key) != other.get(key):
                    kind = "added" if key not in mine else "removed" if key not in other else "changed"
                    found.add((table, key, kind))
    return found
