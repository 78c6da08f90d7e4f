"""Clients of every kind at a time: each gets its own answers, and no commit that one was told of is lost."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress

import psycopg
import pytest

import heliosdb_sqlite

pytestmark = pytest.mark.ends
ACCOUNTS = 10


class Client:
    """One client, doing one thing after the other."""

    def __init__(self, number, url):
        self.number = number
        self.url = url
        self.random = random.Random(number)
        self.told: set[tuple[int, int]] = set()
        self.next = 0
        self.wrong: list[BaseException] = []

    def run(self, times):
        doings = [self.point] * 5 + [self.insert] * 4 + [self.transfer] * 3
        doings += [self.big, self.sleep, self.timeout, self.copy, self.notify, self.vanish]
        try:
            while times > 0:
                with psycopg.connect(self.url, autocommit=True) as connection:
                    for _ in range(min(times, self.random.randrange(1, 15))):
                        times -= 1
                        self.random.choice(doings)(connection)
                        if connection.closed:
                            break
        except BaseException as error:
            self.wrong.append(error)
            raise

    def point(self, connection):
        number = self.random.randrange(ACCOUNTS)
        assert connection.execute("SELECT id FROM account WHERE id = %s", (number,)).fetchone() == (number,)

    def insert(self, connection):
        self.next += 1
        connection.execute("INSERT INTO entry VALUES (%s, %s)", (self.number, self.next))
        self.told.add((self.number, self.next))

    def transfer(self, connection):
        one, other = self.random.sample(range(ACCOUNTS), 2)
        with connection.transaction():
            connection.execute("UPDATE account SET n = n - 1 WHERE id = %s", (one,))
            time.sleep(self.random.choice((0, 0, 0.002)))
            connection.execute("UPDATE account SET n = n + 1 WHERE id = %s", (other,))

    def big(self, connection):
        assert len(connection.execute("SELECT g, g * 2.5 FROM generate_series(1, 5000) g").fetchall()) == 5000

    def sleep(self, connection):
        connection.execute("SELECT pg_sleep(0.02)")

    def timeout(self, connection):
        connection.execute("SET statement_timeout = '50ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(60)")
        with suppress(psycopg.errors.QueryCanceled):
            connection.execute("RESET statement_timeout")
            return
        connection.close()

    def copy(self, connection):
        numbers = range(self.next + 1, self.next + 31)
        self.next += 30
        with connection.cursor().copy("COPY entry FROM STDIN") as copy:
            for number in numbers:
                copy.write_row((self.number, number))
                time.sleep(self.random.choice((0, 0, 0.001)))
        self.told.update((self.number, number) for number in numbers)

    def notify(self, connection):
        connection.execute("LISTEN news")
        connection.execute("NOTIFY news, 'told'")
        assert next(connection.notifies(timeout=30, stop_after=1)).payload == "told"
        connection.execute("UNLISTEN news")

    def vanish(self, connection):
        connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 200000)")
        connection.pgconn.flush()
        connection.close()


@pytest.mark.parametrize("times", [40, pytest.param(400, marks=pytest.mark.exhaustive)])
def test_clients_of_every_kind_at_a_time(tmp_path, times):
    file = tmp_path / "mixed.db"
    with heliosdb_sqlite.connect(file) as connection:
        connection.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, n INTEGER)")
        connection.execute("CREATE TABLE entry (who INTEGER, number INTEGER, UNIQUE (who, number))")
        connection.executemany("INSERT INTO account VALUES (?, 100)", [(each,) for each in range(ACCOUNTS)])
    connection.close()
    with heliosdb_sqlite.start_server(file, port=0) as server:
        clients = [Client(number, server.url) for number in range(12)]
        threads = [threading.Thread(target=each.run, args=(times,)) for each in clients]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        with psycopg.connect(server.url) as last:
            found = set(last.execute("SELECT who, number FROM entry").fetchall())
            assert last.execute("SELECT sum(n) FROM account").fetchone() == (100 * ACCOUNTS,)
    assert [error for each in clients for error in each.wrong] == []
    assert found == set().union(*(each.told for each in clients))
    assert not [each for each in threading.enumerate() if each.name.startswith("heliosdb-")]
