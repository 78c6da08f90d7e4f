"""pg8000, written in Python alone."""

from __future__ import annotations

import datetime as dt
import decimal
from urllib.parse import urlsplit

import pg8000.dbapi
import pg8000.native
import pytest


@pytest.fixture
def place(server):
    url = urlsplit(server.url)
    return {"user": url.username, "host": url.hostname, "port": url.port, "database": url.path[1:]}


def test_native(place):
    with pg8000.native.Connection(**place) as c:
        row = c.run(
            "SELECT :a::int + 1, :b::text, :c::timestamptz, :d::numeric, :e::int[]",
            a=1, b="x", c=dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc), d=decimal.Decimal("1.5"), e=[1, 2],
        )  # fmt: skip
        assert row == [
            [2, "x", dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc), decimal.Decimal("1.5"), [1, 2]]
        ]
        statement = c.prepare("SELECT name FROM users WHERE id = :id")
        assert statement.run(id=2) == [["bob"]]
        statement.close()
        with pytest.raises(pg8000.native.DatabaseError) as caught:
            c.run("SELECT * FROM nope")
        assert caught.value.args[0]["C"] == "42P01"


def test_dbapi(place):
    connection = pg8000.dbapi.connect(**place)
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO posts (title) VALUES (%s)", [("a",), ("b",)])
    cursor.execute("SELECT count(*) FROM posts")
    assert cursor.fetchone()[0] == 5
    connection.rollback()
    connection.close()
