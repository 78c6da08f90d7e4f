"""Several processes and threads write at once, some of them without time travel."""

from __future__ import annotations

import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import heliosdb_sqlite
from timetravel_kit.programs import open_travel, write_with_others


def consistent(path, transactions):
    conn = open_travel(path)
    times = [time for (time,) in conn.execute("SELECT time FROM heliosdb_timetravel_commits ORDER BY txn")]
    assert times == sorted(set(times))
    assert conn.execute("SELECT a FROM t WHERE id = 0").fetchone() == (transactions,)
    counted = [
        a
        for (a,) in conn.execute(
            "SELECT a FROM t WHERE id = 0 FOR SYSTEM_TIME ALL ORDER BY system_transaction"
        )
    ]
    assert counted == list(range(transactions + 1))  # every committed value, once
    conn.close()


def start(path):
    conn = open_travel(path)
    conn.executescript(
        "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (0, 0)"
    )
    conn.close()


def test_processes(file):
    start(file)
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        done = [pool.submit(write_with_others, file, who, 15, who == 2) for who in range(3)]
        for each in done:
            each.result(timeout=120)
    consistent(file, 45)
    conn = open_travel(file)
    per_transaction = conn.execute(
        "SELECT system_transaction, count(*) FROM t FOR SYSTEM_TIME ALL WHERE a < 2000 AND id > 0 GROUP BY 1"
    ).fetchall()
    assert {count for _, count in per_transaction} == {1}
    conn.close()


def test_threads_with_a_connection_each(file):
    start(file)
    threads = [threading.Thread(target=write_with_others, args=(file, who, 10, False)) for who in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    consistent(file, 30)


def test_a_reader_is_not_held_up_by_a_writer(file):
    start(file)
    writer, reader = open_travel(file), heliosdb_sqlite.connect(file, enable_time_travel=True, timeout=0)
    writer.execute("UPDATE t SET a = 1")
    assert reader.execute("SELECT a FROM t AS OF 'now'").fetchall() == [(0,)]
    writer.commit()
    assert reader.execute("SELECT a FROM t AS OF 'now'").fetchall() == [(1,)]
    writer.close()
    reader.close()


def test_deferred_transactions_of_readers_stay_readers(file):
    """BEGIN alone takes no lock, so that two connections can read in transactions at once."""
    start(file)
    one, two = open_travel(file), heliosdb_sqlite.connect(file, enable_time_travel=True, timeout=0)
    for conn in (one, two):
        conn.execute("BEGIN")
        conn.execute("SELECT * FROM t AS OF 'now'").fetchall()
    one.execute("UPDATE t SET a = 5")
    one.commit()
    assert two.execute("SELECT a FROM t").fetchall() == [(0,)]
    two.commit()
    one.close()
    two.close()
