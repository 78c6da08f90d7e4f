"""A table with encrypted columns, in a plain and in an encrypted file."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite
from crypto_kit.users import KEY, ROWS, USERS


@pytest.fixture(params=["plain file", "encrypted file"])
def keywords(request):
    return {"column_key": KEY} if request.param == "plain file" else {"encryption_key": KEY}


@pytest.fixture
def open_users(file, keywords):
    opened = []

    def connect(**more):
        opened.append(heliosdb_sqlite.connect(file, **{**keywords, **more}))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


@pytest.fixture
def conn(open_users):
    conn = open_users()
    conn.execute(USERS)
    conn.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
    conn.commit()
    return conn


@pytest.fixture
def conn_plain(file):
    """Encrypted columns in a plain file, and the file as sqlite3 sees it."""
    conn = heliosdb_sqlite.connect(file, column_key=KEY)
    conn.execute(USERS)
    conn.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
    conn.commit()
    plain = sqlite3.connect(file)
    yield conn, plain
    plain.close()
    conn.close()
