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
FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    "time travel": {"enable_time_travel": True},
    "encryption": {"encryption_key": b"k" * 32},
    "vectors": {"enable_vector_search": True},
    "wal": {"concurrency": "wal"},
    "cache": {"enable_cache": True},
}
FEATURES["all"] = {key: value for options in FEATURES.values() for key, value in options.items()}


def connect(path: Path, feature: str, **keywords: Any) -> Any:
    """Open the bank with a feature, or with all of them."""
    return heliosdb_sqlite.connect(path, timeout=60, **FEATURES[feature], **keywords)


def found(path: Path, feature: str) -> None:
    """Make the bank."""
    with closing(connect(path, feature)) as conn:
        embedding = ", embedding VECTOR(4)" if "enable_vector_search" in FEATURES[feature] else ""
        conn.execute(f"CREATE TABLE account (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL{embedding})")
        conn.execute("CREATE TABLE move (id TEXT PRIMARY KEY, note TEXT)")
        conn.executemany(
            "INSERT INTO account (id, amount) VALUES (?, ?)", ((n, EACH) for n in range(ACCOUNTS))
        )
        conn.commit()


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
    if "encryption_key" not in FEATURES[feature]:
        with closing(
            sqlite3.connect(path, timeout=60)
        ) as plain:  # tools that know nothing of us see a sound file
            assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with closing(connect(path, feature)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert conn.execute("SELECT count(*), sum(amount) FROM account").fetchone() == (
            ACCOUNTS,
            ACCOUNTS * EACH,
        )
        kept = {row[0] for row in conn.execute("SELECT id FROM move")}
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
    if "encryption_key" in FEATURES[feature]:
        for file in path.parent.glob(path.name + "*"):
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
