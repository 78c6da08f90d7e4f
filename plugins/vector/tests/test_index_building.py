"""Builds that are cancelled, cut short, or under way while others write."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

pytestmark = pytest.mark.ends

METHODS = ("bits", "ivf", "hnsw", "hnsw by numpy")
SEARCH = "SELECT id FROM docs ORDER BY vector_distance(embedding, ?) LIMIT 5"
ROWS = np.random.default_rng(5).normal(size=(2000, 16)).astype("f4")


@pytest.fixture(params=METHODS)
def method(request, monkeypatch):
    if request.param == "hnsw by numpy":
        monkeypatch.setattr("heliosdb_vector.index.hnsw.native.available", lambda: False)
    return request.param.partition(" ")[0]


@pytest.fixture
def docs(open_vector, file):
    conn = open_vector(file)
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR(16))")
    conn.executemany("INSERT INTO docs VALUES (?, ?)", list(enumerate(ROWS)))
    conn.commit()
    return conn


def assert_nothing_was_made(conn):
    assert not conn.in_transaction
    assert conn.vector_index_stats() == []
    assert conn.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'heliosdb%'").fetchone() == (0,)
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert conn.explain_vector(SEARCH, (ROWS[0],)).path == "matrix"


def test_control_c_takes_it_back(docs, method):
    def pressed(name, done, total):
        raise KeyboardInterrupt

    docs.vector_index_progress(pressed)
    with pytest.raises(KeyboardInterrupt):
        docs.execute(f"CREATE INDEX near ON docs USING {method} (embedding)")
    assert_nothing_was_made(docs)


def test_another_thread_can_interrupt_it(docs, method):
    begun = threading.Event()

    def told(name, done, total):
        begun.set()
        stopped.wait(10)

    stopped = threading.Event()

    def stop():
        begun.wait(10)
        docs.interrupt()
        stopped.set()

    thread = threading.Thread(target=stop)
    thread.start()
    docs.vector_index_progress(told)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        docs.execute(f"CREATE INDEX near ON docs USING {method} (embedding)")
    thread.join()
    docs.vector_index_progress(None)
    assert_nothing_was_made(docs)


def test_progress_grows_up_to_all_rows(docs, method):
    seen = []
    docs.vector_index_progress(lambda *told: seen.append(told))
    docs.execute(f"CREATE INDEX near ON docs USING {method} (embedding)")
    assert {name for name, _, _ in seen} == {"near"}
    rows = [done for _, done, _ in seen]
    assert rows == sorted(rows)
    assert rows[-1] == 2000
    assert {total for _, _, total in seen} == {2000}


def run_until(file, program, word):
    """Start a program, wait until it says the word, and return it."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().strip() == word
    return process


@pytest.mark.parametrize(
    "method", ["hnsw", *(pytest.param(each, marks=pytest.mark.exhaustive) for each in ("bits", "ivf"))]
)
def test_a_process_that_is_killed_while_it_builds_leaves_nothing(docs, open_vector, file, method):
    program = f"""
        import sys, time
        import heliosdb_sqlite
        conn = heliosdb_sqlite.connect(sys.argv[1], enable_vector_search=True)
        def told(name, done, total):
            print("building", flush=True)
            time.sleep(60)
        conn.vector_index_progress(told)
        conn.execute("CREATE INDEX near ON docs USING {method} (embedding)")
    """
    process = run_until(file, program, "building")
    process.kill()
    process.communicate()
    assert_nothing_was_made(open_vector(file))
    docs.execute(f"CREATE INDEX near ON docs USING {method} (embedding)")
    assert docs.vector_index_stats()[0].rows == 2000


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_control_c_reaches_a_process_that_builds(docs, open_vector, file):
    program = """
        import sys, time
        import heliosdb_sqlite
        conn = heliosdb_sqlite.connect(sys.argv[1], enable_vector_search=True)
        def told(name, done, total):
            print("building", flush=True)
            time.sleep(60)
        conn.vector_index_progress(told)
        try:
            conn.execute("CREATE INDEX near ON docs USING hnsw (embedding)")
        except KeyboardInterrupt:
            print(conn.vector_index_stats(), conn.in_transaction)
    """
    process = run_until(file, program, "building")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert said.splitlines()[-1] == "[] False"
    assert_nothing_was_made(open_vector(file))


@pytest.mark.parametrize(
    "method", ["hnsw", *(pytest.param(each, marks=pytest.mark.exhaustive) for each in ("bits", "ivf"))]
)
def test_two_processes_keep_to_the_same_rows(docs, file, method):
    docs.execute(f"CREATE INDEX near ON docs USING {method} (embedding)")
    program = """
        import sys
        import numpy as np
        import heliosdb_sqlite
        conn = heliosdb_sqlite.connect(sys.argv[1], enable_vector_search=True, timeout=60)
        search = "SELECT id FROM docs ORDER BY vector_distance(embedding, ?) LIMIT 1"
        random = np.random.default_rng(9)
        print("ready", flush=True)
        for row in range(10_000, 10_015):
            vector = random.normal(size=16).astype("f4")
            with conn:
                conn.execute("INSERT INTO docs VALUES (?, ?)", (row, vector))
                conn.execute("DELETE FROM docs WHERE id = ?", (row - 10_000,))
            assert conn.execute(search, (vector,)).fetchone() == (row,), row
        print("done")
    """
    process = run_until(file, program, "ready")
    for row in range(20_000, 20_015):
        vector = np.random.default_rng(row).normal(size=16).astype("f4")
        with docs:
            docs.execute("INSERT INTO docs VALUES (?, ?)", (row, vector))
        assert docs.execute(SEARCH, (vector,)).fetchone() == (row,)
    said, _ = process.communicate(timeout=120)
    assert said.strip() == "done"
    found = {row[0] for row in docs.execute(SEARCH.replace("5", "1900"), (ROWS[0],))}
    there = {row[0] for row in docs.execute("SELECT id FROM docs")}
    assert found <= there
    assert docs.vector_index_stats()[0].rows == len(there) == 2000 + 30 - 15
