"""Whatever is done with a pool, in whatever order, it is where a simple model says it should be."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heliosdb_sqlite import connection_pool
from heliosdb_sqlite.connection_pool import PoolTimeout

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["acquire", "release", "close it", "write", "leave a cursor", "warm up"]),
        st.integers(0, 5),
    ),
    max_size=40,
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(size=st.integers(1, 3), overflow=st.integers(0, 2), steps=STEPS)
def test_a_pool_is_where_the_model_says(database, size, overflow, steps):
    with connection_pool.create(database, size, overflow, timeout=0, busy_timeout=0) as pool:
        out: list[sqlite3.Connection] = []
        kept, idle = [], 1
        for step, number in steps:
            connection = out[number % len(out)] if out else None
            if step == "acquire":
                if len(out) == size + overflow:
                    with pytest.raises(PoolTimeout):
                        pool.acquire()
                    continue
                out.append(pool.acquire())
                idle = max(0, idle - 1)
                assert out[-1].execute("SELECT count(*) FROM t").fetchone() == (1,)
                assert not out[-1].in_transaction
            elif step == "warm up":
                pool.warm_up()
                idle = max(idle, size - len(out))
            elif connection is not None and step == "release":
                out.remove(connection)
                alive = not is_closed(connection)
                pool.release(connection)
                idle = min(idle + alive, max(0, size - len(out)))
            elif connection is not None and step == "close it":
                connection.close()
            elif connection is not None and not is_closed(connection):
                if step == "leave a cursor":
                    kept.append(connection.execute("SELECT * FROM t"))
                elif not any(each.in_transaction for each in out if not is_closed(each)):
                    connection.execute("INSERT INTO t VALUES (2)")
            now = pool.metrics()
            assert (now.in_use, now.idle, now.waiting) == (len(out), idle, 0)
        for connection in out:
            pool.release(connection)


def is_closed(connection):
    try:
        connection.total_changes  # noqa: B018
    except sqlite3.ProgrammingError:
        return True
    return False
