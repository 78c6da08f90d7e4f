"""A server that is killed while its clients write, and clients that send what is no SQL."""

from __future__ import annotations

import random
import threading
from contextlib import closing

import psycopg2
import pytest

from torture_kit.bank import ACCOUNTS, EACH, FEATURES, MARK, examine, found
from torture_kit.counter import PASSWORD
from torture_kit.processes import start
from torture_kit.words import no_sql

CLIENTS = 8


def serve(path, feature):
    server = start("counter", path, feature)
    port = int(server.stdout.readline())
    return server, f"postgresql://teller:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/bank"


def transfers(url, name, told):
    """Make transfers until the server is gone."""
    numbers = random.Random(name)
    try:
        with closing(psycopg2.connect(url)) as conn, conn.cursor() as cursor:
            for number in range(100_000):
                (giver, taker), amount = numbers.sample(range(ACCOUNTS), 2), numbers.randrange(1, 100)
                try:
                    cursor.execute("UPDATE account SET amount = amount - %s WHERE id = %s", (amount, giver))
                    cursor.execute("UPDATE account SET amount = amount + %s WHERE id = %s", (amount, taker))
                    cursor.execute("INSERT INTO move VALUES (%s, %s)", (f"{name}-{number}", MARK))
                    conn.commit()
                except psycopg2.errors.SerializationFailure:  # another client was first
                    conn.rollback()
                else:
                    told.append(f"{name}-{number}")
    except psycopg2.Error:
        return


@pytest.mark.parametrize("feature", ["plain", "time travel", "encryption", "wal", "all"])
def test_the_server_is_killed_at_any_moment(tmp_path, feature, rounds, chance):
    path = tmp_path / "bank.db"
    found(path, feature)
    told = []
    for number in range(rounds):
        server, url = serve(path, feature)
        clients = [
            threading.Thread(target=transfers, args=(url, f"{number}-{each}", told))
            for each in range(CLIENTS)
        ]
        wanted = len(told) + chance.randrange(1, 60)
        for each in clients:
            each.start()
        while len(told) < wanted and server.poll() is None and any(each.is_alive() for each in clients):
            clients[0].join(0.01)
        assert server.poll() is None, server.communicate()[1]
        server.kill()
        server.communicate()
        for each in clients:
            each.join(60)
        examine(path, feature, told)
    assert told, "no transfer was acknowledged: nothing was tested"


@pytest.mark.parametrize("feature", FEATURES)
def test_texts_that_are_no_sql_through_the_wire(tmp_path, feature, rounds, chance):
    path = tmp_path / "bank.db"
    found(path, feature)
    server, url = serve(path, feature)
    try:
        conn = psycopg2.connect(url)
        for _ in range(rounds * 150):
            text = no_sql(chance).replace("\0", " ")  # libpq sends a text up to there
            try:
                with conn.cursor() as cursor:
                    cursor.execute(text)
            except psycopg2.Error:
                pass
            assert server.poll() is None, server.communicate()[1]
            assert not conn.closed, f"{text!r} ended the session"
            conn.rollback()
        with conn.cursor() as cursor:
            cursor.execute("DELETE FROM account")
            for number in range(ACCOUNTS):
                cursor.execute("INSERT INTO account (id, amount) VALUES (%s, %s)", (number, EACH))
        conn.commit()
        conn.close()
    finally:
        server.kill()
        server.communicate()
    examine(path, feature, [])
