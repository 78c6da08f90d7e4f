"""Connections of their own in several threads, and one that is handed around."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from threading import Lock

import numpy as np


def test_each_thread_with_its_own_connection(open_vector, file):
    vectors = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    conn = open_vector(file)
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, embedding VECTOR(8))")
    conn.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(vectors)))
    conn.commit()

    def nearest(number):
        mine = open_vector(file, check_same_thread=False)
        query = "SELECT id FROM t ORDER BY vector_distance(embedding, ?, 'l2') LIMIT 1"
        return [mine.execute(query, (vectors[i],)).fetchone()[0] for i in range(number, 50, 4)]

    with ThreadPoolExecutor(4) as pool:
        found = sorted(chain.from_iterable(pool.map(nearest, range(4))))
    assert found == list(range(50))


def test_one_connection_handed_from_thread_to_thread(open_vector):
    conn = open_vector(check_same_thread=False)
    lock = Lock()  # two at a time would wait for each other: CPython's sqlite3 holds the GIL while it binds

    def distances(number):
        with lock:
            query = "SELECT vector_distance(?, ?, 'l2')"
            return {conn.execute(query, ([number, i], [number, 0])).fetchone()[0] - i for i in range(50)}

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(distances, range(4))) == [{0.0}] * 4
