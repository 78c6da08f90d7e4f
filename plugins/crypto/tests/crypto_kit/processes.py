"""Programs for processes of their own."""

from __future__ import annotations

import sqlite3
import sys

import heliosdb_sqlite

KEY = b"k" * 32


def transfer(path: str, mode: str, rounds: int, name: str) -> None:
    """Move money between accounts, many times; the sum never changes, whoever looks."""
    conn = heliosdb_sqlite.connect(path, encryption_key=KEY, timeout=60, isolation_level=None)
    conn.execute(f"PRAGMA journal_mode = {mode}")
    conn.execute("PRAGMA synchronous = OFF")
    conn.execute("PRAGMA wal_autocheckpoint = 30")
    for number in range(rounds):
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("UPDATE accounts SET amount = amount - 1 WHERE id = ?", (number % 100 + 1,))
        conn.execute("UPDATE accounts SET amount = amount + 1 WHERE id = ?", (number * 7 % 100 + 1,))
        conn.execute("INSERT INTO moves (who) VALUES (?)", (name,))
        conn.execute("COMMIT")
        if number % 5 == 0:
            assert conn.execute("SELECT sum(amount) FROM accounts").fetchone() == (100_000,)
    conn.close()


def create(path: str, name: str) -> None:
    """Create the database, perhaps at the same time as others, and add a row."""
    conn = heliosdb_sqlite.connect(path, encryption_key=KEY, timeout=60)
    conn.execute("CREATE TABLE IF NOT EXISTS t (a)")
    conn.execute("INSERT INTO t VALUES (?)", (name,))
    conn.commit()
    conn.close()


def leave_open(path: str, how: str) -> None:
    """End with a connection open in the middle of a transaction."""
    global conn
    if how == "exit late":
        import builtins

        builtins.conn = heliosdb_sqlite.connect(path, encryption_key=KEY)  # the last module to be taken apart
        builtins.conn.execute("PRAGMA cache_size = 2")
        builtins.conn.execute("UPDATE t SET a = randomblob(9000)")
        return
    conn = heliosdb_sqlite.connect(path, encryption_key=KEY, check_same_thread=False)
    conn.execute("PRAGMA cache_size = 2")
    conn.execute("DELETE FROM t")
    conn.execute("INSERT INTO t SELECT randomblob(2000) FROM (VALUES (1), (2), (3), (4), (5), (6))")
    if how == "exit in a thread":
        import threading
        import time

        def read() -> None:
            try:
                while True:
                    conn.execute("SELECT count(*) FROM t a, t b, t c").fetchall()
            except sqlite3.Error:
                pass

        for _ in range(3):
            threading.Thread(target=read, daemon=True).start()
        time.sleep(0.2)
    if how == "raise":
        raise KeyError("the program's own error")


if __name__ == "__main__":
    globals()[sys.argv[1]](*[int(each) if each.isdigit() else each for each in sys.argv[2:]])
