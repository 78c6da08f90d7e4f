"""Accounts whose sum never changes, transfers that somebody outside was told about, and the features they run with."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import heliosdb_sqlite

ACCOUNTS, EACH = 50, 1000
MARK = "a text that must not be found on the disk of a sealed bank"
BRANCH = "night shift"
FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    "time travel": {"enable_time_travel": True},
    "encryption": {"encryption_key": b"k" * 32},
    "encrypted columns": {"column_key": b"c" * 32},
    "vectors": {"enable_vector_search": True},
    "vector index": {"enable_vector_search": True},
    "branch": {"branch": BRANCH},
    "wal": {"concurrency": "wal"},
    "cache": {"enable_cache": True},
}
FEATURES["all"] = {key: value for options in FEATURES.values() for key, value in options.items()}


def connect(path: Path, feature: str, **keywords: Any) -> Any:
    """Open the bank with a feature, or with all of them."""
    return heliosdb_sqlite.connect(path, timeout=60, **FEATURES[feature], **keywords)


def found(path: Path, feature: str) -> None:
    """Make the bank, on a branch where that is the feature."""
    options = {name: value for name, value in FEATURES[feature].items() if name != "branch"}
    with closing(heliosdb_sqlite.connect(path, timeout=60, **options)) as conn:
        embedding = ", embedding VECTOR(4)" if "enable_vector_search" in options else ""
        sealed = " ENCRYPTED" if "column_key" in options else ""
        conn.execute(f"CREATE TABLE account (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL{embedding})")
        conn.execute(f"CREATE TABLE move (id TEXT PRIMARY KEY, note TEXT{sealed})")
        if feature in ("vector index", "all"):
            conn.execute("CREATE INDEX near ON account USING bits (embedding vector_l2_ops)")
        conn.executemany(
            "INSERT INTO account (id, amount) VALUES (?, ?)", ((n, EACH) for n in range(ACCOUNTS))
        )
        conn.commit()
        if "branch" in FEATURES[feature]:
            conn.create_branch(BRANCH, progress=lambda *_: None)  # complete when it returns


def transfer(conn: Any, name: str, numbers: Any, feature: str) -> None:
    """Move money from one account to another, and write the move down, in one transaction."""
    giver, taker = numbers.sample(range(ACCOUNTS), 2)
    amount = numbers.randrange(1, 100)
    with conn:
        conn.execute("UPDATE account SET amount = amount - ? WHERE id = ?", (amount, giver))
        conn.execute("UPDATE account SET amount = amount + ? WHERE id = ?", (amount, taker))
        if "enable_vector_search" in FEATURES[feature]:
            vector = [numbers.random() for _ in range(4)]
            conn.execute("UPDATE account SET embedding = ? WHERE id = ?", (vector, taker))
        conn.execute("INSERT INTO move VALUES (?, ?)", (name, MARK))


def examine(path: Path, feature: str, told: Iterable[str]) -> int:
    """Check all that has to be true, and return how many transfers the bank knows."""
    files = [file for file in path.parent.rglob("*") if file.is_file() and path.name in str(file)]
    if "encryption_key" not in FEATURES[feature]:
        for file in files:
            own = file == path or ("branch" in FEATURES[feature] and file.suffix == ".db")
            if own:  # tools that know nothing of us see a sound file
                with closing(sqlite3.connect(file, timeout=60)) as plain:
                    assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with closing(connect(path, feature)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert conn.execute("SELECT count(*), sum(amount) FROM account").fetchone() == (
            ACCOUNTS,
            ACCOUNTS * EACH,
        )
        moves = conn.execute("SELECT id, note FROM move").fetchall()
        assert {note for name, note in moves if not name.startswith("big-")} <= {MARK}
        kept = {name for name, _ in moves}
        lost = {*told} - kept
        assert not lost, f"{len(lost)} transfers that were acknowledged are lost: {sorted(lost)[:5]}"
        if "enable_time_travel" in FEATURES[feature]:
            versions = conn.execute(
                "SELECT id, count(*) FROM account FOR SYSTEM_TIME ALL WHERE system_time_end IS NULL GROUP BY id"
            ).fetchall()
            assert versions == [(number, 1) for number in range(ACCOUNTS)]
            for moment in conn.execute(
                "SELECT system_time FROM move FOR SYSTEM_TIME ALL ORDER BY random() LIMIT 3"
            ).fetchall():
                state = conn.execute("SELECT count(*), sum(amount) FROM account AS OF ?", moment).fetchone()
                assert state == (ACCOUNTS, ACCOUNTS * EACH), "a past state is half of a transaction"
        if "enable_vector_search" in FEATURES[feature]:
            near = "SELECT id FROM account WHERE embedding IS NOT NULL ORDER BY vector_distance(embedding, ?, 'l2') LIMIT 3"
            every = "SELECT id FROM account WHERE embedding IS NOT NULL ORDER BY +vector_distance(embedding, ?, 'l2'), id LIMIT 3"
            query = ([0.5, 0.5, 0.5, 0.5],)
            assert conn.execute(near, query).fetchall() == conn.execute(every, query).fetchall()
    if FEATURES[feature].keys() & {"encryption_key", "column_key"}:
        for file in files:
            if file.exists():
                assert MARK.encode() not in file.read_bytes(), f"{file.name} shows what is sealed"
    return len(kept)


def acknowledged(folder: Path) -> list[str]:
    """Return the transfers that the bank's programs told somebody outside about."""
    names: list[str] = []
    for file in folder.glob("told-*"):
        lines = file.read_text().split("\n")
        names += lines[:-1]  # the last one is not whole
    return names


def acknowledge(descriptor: int, name: str) -> None:
    """Tell about a transfer, in a way that outlives this process."""
    os.write(descriptor, f"{name}\n".encode())
