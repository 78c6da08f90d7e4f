"""What looks: at the nearest vectors, at the past, at all versions; and what brings the past back."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .connections import DATA, SLOTS, Connections
from .merging import write
from .statements import own_columns
from .twins import Pair, read, state_of, tables

PLACES = st.lists(st.integers(0, 6).map(float), min_size=3, max_size=3)


def vector_columns(pair: Pair) -> list[tuple[str, str]]:
    """Return the vectors' columns and their tables."""
    return [
        (table, name)
        for table in tables(pair.twin)
        for name in own_columns(pair.twin, table)
        if name[0] == "v"
    ]


class Looking(Connections):
    """Searches, and queries of the past, each compared with what was remembered."""

    # ---- vectors ----

    @precondition(lambda self: self.vectors)
    @rule(slot=SLOTS, query=PLACES, limit=st.integers(1, 4), data=DATA)
    def search(self, slot: int, query: list[float], limit: int, data: Any) -> None:
        pair = self.pairs.get(slot)
        if pair is None or not pair.has("enable_vector_search") or not (found := vector_columns(pair)):
            return
        table, name = data.draw(st.sampled_from(found))
        where = f"{name} IS NOT NULL"
        numbers = [each for each in own_columns(pair.twin, table) if each[0] == "i"]
        if numbers and data.draw(st.booleans(), "filtered"):
            where += f" AND {numbers[0]} < 4"
        far = f"vector_distance({name}, ?, 'l2') AS far"
        nearest = f"SELECT {name}, {far} FROM {table} WHERE {where} ORDER BY far LIMIT {limit}"
        rows = pair.ours.execute(nearest, (query,)).fetchall()
        there = [
            struct.unpack("<3f", v) for (v,) in pair.twin.execute(f"SELECT {name} FROM {table} WHERE {where}")
        ]
        best = sorted(math.dist(each, query) for each in there)[:limit]
        assert [far for _, far in rows] == pytest.approx(best), (nearest, query, rows, best)
        for vector, distance in rows:
            assert math.dist(vector, query) == pytest.approx(distance)

    @precondition(lambda self: self.vectors)
    @rule(slot=SLOTS, data=DATA)
    def vector_index(self, slot: int, data: Any) -> None:
        pair = self.writer(slot)
        if pair is None or not pair.has("enable_vector_search") or pair.in_transaction:
            return
        found = [(table, name) for table, name in vector_columns(pair) if table[0] != "w"]
        if found:
            table, name = data.draw(st.sampled_from(found))
            index = f"CREATE INDEX IF NOT EXISTS near_{table}_{name} ON {table}"
            pair.run(f"{index} USING bits ({name} vector_l2_ops)", (), f"{index} ({name})")
            self.settle(pair.branch)

    # ---- the past ----

    @precondition(lambda self: self.versioned)
    @rule(slot=SLOTS, data=DATA)
    def look_back(self, slot: int, data: Any) -> None:
        pair = self.pairs.get(slot)
        if pair and pair.has("enable_time_travel") and self.states[pair.branch]:
            moment, state = data.draw(st.sampled_from(self.states[pair.branch]))
            self.check_past(pair, state, "AS OF TIMESTAMP ?", moment)

    @precondition(lambda self: self.versioned)
    @rule(slot=SLOTS)
    def tag(self, slot: int) -> None:
        pair = self.writer(slot)
        if pair and pair.has("enable_time_travel") and pair.branch == "main" and not pair.in_transaction:
            name = f"tag {self.next()}"
            pair.ours.tag(name)
            self.tags[name] = state_of(pair.twin)

    @precondition(lambda self: self.tags)
    @rule(slot=SLOTS, data=DATA)
    def look_at_a_tag(self, slot: int, data: Any) -> None:
        pair = self.pairs.get(slot)
        if pair and pair.has("enable_time_travel") and pair.branch == "main":
            name = data.draw(st.sampled_from(sorted(self.tags)))
            self.check_past(pair, self.tags[name], "AS OF TAG ?", name)

    @precondition(lambda self: self.versioned)
    @rule(slot=SLOTS)
    def versions(self, slot: int) -> None:
        """Each row there is has one version that is valid still, and no other has one."""
        pair = self.pairs.get(slot)
        if pair and pair.has("enable_time_travel") and self.idle(pair.branch):
            for table, (columns, rows) in state_of(pair.twin).items():
                valid = read(pair.ours, table, columns, "FOR SYSTEM_TIME ALL WHERE system_time_end IS NULL")
                assert valid == rows, (table, valid, rows)

    @precondition(lambda self: self.versioned)
    @rule(slot=SLOTS, dry_run=st.booleans(), data=DATA)
    def restore(self, slot: int, dry_run: bool, data: Any) -> None:
        pair = self.writer(slot)
        if pair is None or not pair.has("enable_time_travel") or pair.in_transaction:
            return
        if not self.states[pair.branch]:
            return
        moment, state = data.draw(st.sampled_from(self.states[pair.branch]))
        now = state_of(pair.twin)
        same = [table for table, (columns, _) in state.items() if table in now and now[table][0] == columns]
        if not same:
            return
        table = data.draw(st.sampled_from(same))
        pair.ours.restore(table, at=moment, dry_run=dry_run)
        if not dry_run:
            columns, rows = state[table]
            write(pair.twin, pair.twin, {table: [dict(zip(columns, row, strict=True)) for row in rows]})
        pair.same_transaction()
        self.settle(pair.branch)
