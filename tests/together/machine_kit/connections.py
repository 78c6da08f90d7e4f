"""Connections that come and go: which features they have, who may write now, and what is remembered of each commit."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import heliosdb_sqlite

from .statements import create_table
from .twins import Pair, State, columns_of, named, read, state_of, tables

SLOTS = st.integers(0, 1)
DATA = st.data()


class Heard(logging.Handler):
    """Keeps what the product has to say of its own mistakes: a hook that only watches raises nothing."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


class Connections(RuleBasedStateMachine):
    """A database with one set of features that its file has, and two connections at most, with sets of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.pairs: dict[int, Pair] = {}
        self.number = 0
        self.states: dict[str, list[tuple[datetime, State]]] = {}
        self.bases: dict[str, State] = {}  # of each branch, what it had when it was made, or merged
        self.tags: dict[str, State] = {}
        self.heard = Heard()
        logging.getLogger("heliosdb_sqlite").addHandler(self.heard)

    @initialize(data=DATA)
    def begin(self, data: Any) -> None:
        draw = data.draw
        self.file: dict[str, Any] = {}
        if draw(st.booleans(), "encrypted"):
            self.file["encryption_key"] = b"k" * 32
        if draw(st.booleans(), "sealed columns"):
            self.file["column_key"] = b"c" * 32
        self.versioned = draw(st.booleans(), "versioned")
        self.vectors = draw(st.booleans(), "vectors")
        self.kinds = "iitta" + "v" * self.vectors + "sd" * ("column_key" in self.file)
        self.states["main"] = []
        self.open_pair(0, "main", draw, enable_time_travel=self.versioned, enable_vector_search=self.vectors)
        for _ in range(2):
            self.pairs[0].run(*create_table(draw, self.next(), self.kinds))
        self.settle("main")

    def next(self) -> int:
        """Return a number for a name that nothing has yet."""
        self.number += 1
        return self.number

    # ---- who is connected ----

    def options(self, draw: Any) -> dict[str, Any]:
        """Draw what a connection is opened with, beside the keys that the file needs."""
        more = {
            "enable_time_travel": self.versioned and draw(st.integers(0, 3), "time travel") > 0,
            "enable_vector_search": self.vectors and draw(st.integers(0, 3), "vectors") > 0,
            "enable_cache": draw(st.booleans(), "cache"),
            "query_analyzer": draw(st.integers(0, 5), "analyzer") == 0,
            "concurrency": draw(st.sampled_from([None, None, "wal"]), "concurrency"),
            "heliosdb_mode": draw(st.sampled_from([None] * 6 + ["hybrid"]), "mode"),
        }
        return {**self.file, **{name: value for name, value in more.items() if value}}

    def open_pair(self, slot: int, branch: str, draw: Any, **more: Any) -> None:
        """Open a connection to a branch, and its twin."""
        options = self.options(draw)
        if not self.idle(branch):
            options.pop("concurrency", None)  # switching to WAL takes a moment without others' transactions
        options = {**options, **{name: True for name, value in more.items() if value}}
        if branch != "main" or draw(st.booleans(), "branch=main"):
            options["branch"] = branch
        if branch != "main":
            options.pop("heliosdb_mode", None)
        standard = {"timeout": 2, "isolation_level": draw(st.sampled_from(["", "", None, "IMMEDIATE"]))}
        ours = heliosdb_sqlite.connect(self.path, **standard, **options)
        twin = sqlite3.connect(self.twin(branch), **standard)
        twin.execute("PRAGMA synchronous = OFF")
        self.pairs[slot] = Pair(ours, twin, options, branch)

    @property
    def path(self) -> Path:
        """Return the database."""
        return self.folder / "app.db"

    def twin(self, branch: str) -> Path:
        """Return the file of plain sqlite3 that is told what a branch is told."""
        return self.folder / f"twin-{branch}.db"

    @contextmanager
    def passing(self, branch: str, **more: Any) -> Iterator[Pair]:
        """Open another connection with all features of the file, and its twin, for a moment."""
        options = {
            **self.file,
            "enable_time_travel": self.versioned,
            "enable_vector_search": self.vectors,
            **more,
        }
        options |= {"branch": branch} if branch != "main" else {}
        with (
            closing(heliosdb_sqlite.connect(self.path, **options)) as ours,
            closing(sqlite3.connect(self.twin(branch))) as twin,
        ):
            yield Pair(ours, twin, options, branch)

    @rule(slot=SLOTS, data=DATA)
    def open(self, slot: int, data: Any) -> None:
        if slot not in self.pairs:
            self.open_pair(slot, data.draw(st.sampled_from(["main", *self.bases]), "branch"), data.draw)
            self.pairs[slot].same_rows()

    @rule(slot=SLOTS)
    def close(self, slot: int) -> None:
        if slot in self.pairs:
            pair = self.pairs.pop(slot)
            pair.close()
            self.settle(pair.branch)

    def writer(self, slot: int) -> Pair | None:
        """Return the slot's connection, if no other one stands in its way."""
        pair = self.pairs.get(slot)
        other = self.pairs.get(1 - slot)
        if pair is None or (other is not None and other.branch == pair.branch and other.in_transaction):
            return None
        return pair

    def idle(self, *branches: str) -> bool:
        """Return whether nobody has a transaction open on these branches."""
        return not any(pair.in_transaction and pair.branch in branches for pair in self.pairs.values())

    # ---- what is committed ----

    def settle(self, branch: str) -> None:
        """Remember what is committed, with a moment at which it is."""
        if not self.idle(branch):
            return
        with closing(sqlite3.connect(self.twin(branch))) as twin:
            state = state_of(twin)
        states = self.states[branch]
        if self.versioned and (not states or states[-1][1] != state):
            time.sleep(0.003)
            states.append((datetime.now(timezone.utc), state))
            time.sleep(0.003)

    def check_past(self, pair: Pair, state: State, when: str, moment: Any) -> None:
        """See that the past is shown: each table that is still there, in the columns that it still has."""
        now = {named(table): table for table in tables(pair.twin)}
        for table, (columns, rows) in state.items():
            if (current := now.get(named(table))) is None:
                continue
            present = {named(name): name for name in columns_of(pair.twin, current)}
            both = [name for name in columns if named(name) in present]
            known = [dict(zip(columns, row, strict=True)) for row in rows]
            expected = sorted((tuple(row[name] for name in both) for row in known), key=repr)
            found = read(pair.ours, current, [present[named(name)] for name in both], when, (moment,))
            assert found == expected, f"{current} {when} {moment}: {found} and not {expected}"

    # ---- what always holds ----

    @invariant()
    def the_same_is_seen(self) -> None:
        for pair in self.pairs.values():
            pair.same_rows()
        assert not self.heard.said, self.heard.said[0]

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is not None:
                return  # what was found already is what to show
            for slot in list(self.pairs):
                self.close(slot)
            for branch in self.states:
                with self.passing(branch) as pair:
                    assert pair.ours.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                    pair.same_rows()
                    for moment, state in self.states[branch]:
                        self.check_past(pair, state, "AS OF TIMESTAMP ?", moment)
            self.nothing_is_readable()
            assert not self.heard.said, self.heard.said[0]
        finally:
            logging.getLogger("heliosdb_sqlite").removeHandler(self.heard)
            for pair in self.pairs.values():
                pair.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def nothing_is_readable(self) -> None:
        """See that an encrypted database has no file that shows a word of its schema."""
        if "encryption_key" in self.file:
            for file in self.folder.rglob("app.db*"):
                for each in file.rglob("*") if file.is_dir() else [file]:
                    assert b"CREATE TABLE" not in each.read_bytes(), f"{each.name} is readable"
