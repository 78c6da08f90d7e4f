"""Copies of all kinds, another key, and what SQLite does to a whole file."""

from __future__ import annotations

from contextlib import closing

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

import heliosdb_sqlite

from .connections import SLOTS, Connections
from .twins import Pair

COPIES = st.sampled_from(["backup", "vacuum into", "dump"])
CARE = st.sampled_from(["ANALYZE", "REINDEX", "PRAGMA optimize", "PRAGMA wal_checkpoint(TRUNCATE)"])


class Copying(Connections):
    """What is done to the file as a whole."""

    @precondition(lambda self: "encryption_key" in self.file)
    @rule(slot=SLOTS, letter=st.sampled_from("abc"))
    def rekey(self, slot: int, letter: str) -> None:
        pair = self.writer(slot)
        if pair is None or len(self.pairs) > 1 or pair.branch != "main" or pair.in_transaction or self.bases:
            return  # others that are open go on, but what they open anew has the key that they were given
        if pair.has("heliosdb_mode"):
            return  # and so has what a server opens for its clients
        self.file["encryption_key"] = letter.encode() * 32
        pair.ours.rekey(self.file["encryption_key"])
        pair.options["encryption_key"] = self.file["encryption_key"]

    @rule(slot=SLOTS, way=COPIES)
    def copy(self, slot: int, way: str) -> None:
        pair = self.pairs.get(slot)
        if pair is None or pair.in_transaction:
            return
        if way == "dump" and self.versioned:
            return  # a dump of the history is one that begins anew
        target = self.folder / f"copy-{self.next()}.db"
        if way == "vacuum into":
            pair.ours.execute("VACUUM INTO ?", (str(target),))
        keys = {name: key for name, key in pair.options.items() if name in self.file}
        features = {
            "enable_vector_search": self.vectors,
            "enable_time_travel": pair.has("enable_time_travel"),
        }
        with closing(heliosdb_sqlite.connect(target, **keys, **features)) as other:
            if way == "backup":
                pair.ours.backup(other)
            elif way == "dump":
                other.executescript("\n".join(pair.ours.iterdump()))
            Pair(other, pair.twin, {}, "").same_rows()
            assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    @rule(slot=SLOTS, sql=CARE)
    def look_after(self, slot: int, sql: str) -> None:
        pair = self.writer(slot)
        if pair is not None and not pair.in_transaction and self.idle(pair.branch):
            pair.ours.execute(sql).fetchall()
            pair.same_rows()
