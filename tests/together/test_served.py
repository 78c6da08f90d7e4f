"""The server over databases with the other features: vectors, history, branches, encryption, by PostgreSQL's clients."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import datetime, timezone

import asyncpg
import numpy as np
import pgvector.asyncpg
import pgvector.psycopg
import pgvector.psycopg2
import pgvector.sqlalchemy
import psycopg
import psycopg2
import pytest
import sqlalchemy as sa

import heliosdb_sqlite

KEY = bytes(range(32))


def served(file, *setup, **options):
    """Make a database and serve it."""
    with closing(heliosdb_sqlite.connect(file, **options)) as connection:
        for sql in setup:
            connection.execute(sql)
        connection.commit()
    return heliosdb_sqlite.start_server(file, port=0, **options)


def database(server, name):
    """Return the server's address with another database's name."""
    return server.url.rpartition("/")[0] + "/" + name


# ---- vectors ----


@pytest.fixture
def vectors(tmp_path):
    file = tmp_path / "vectors.db"
    with served(
        file, "CREATE TABLE items (id INTEGER PRIMARY KEY, embedding VECTOR(3))", enable_vector_search=True
    ) as server:
        with closing(heliosdb_sqlite.connect(file, enable_vector_search=True)) as connection:
            connection.executemany(
                "INSERT INTO items (embedding) VALUES (?)", [([1, 2, 3],), ([4, 5, 6],), ([1, 1, 1],)]
            )
            connection.commit()
        yield server


@pytest.mark.parametrize("binary", [False, True])
def test_pgvectors_operators(vectors, binary):
    with psycopg.connect(vectors.url) as connection:
        pgvector.psycopg.register_vector(connection)
        cursor = connection.cursor(binary=binary)
        for operator, nearest, distance in (
            ("<->", 3, 1.0),
            ("<=>", 1, 0.018019493938),
            ("<#>", 2, -21.0),
            ("<+>", 3, 1.0),
        ):
            query = f"SELECT id, embedding {operator} %s FROM items ORDER BY embedding {operator} %s LIMIT 1"
            found = cursor.execute(query, (np.array([1, 1, 2]),) * 2).fetchone()
            assert found == (nearest, pytest.approx(distance)), operator


@pytest.mark.parametrize("binary", [False, True])
def test_vectors_there_and_back(vectors, binary):
    with psycopg.connect(vectors.url) as connection:
        pgvector.psycopg.register_vector(connection)
        cursor = connection.cursor(binary=binary)
        cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        cursor.execute("CREATE TABLE more (id bigserial PRIMARY KEY, v vector(3))")
        cursor.execute("INSERT INTO more (v) VALUES ('[1,2,3]'), (%s)", (np.array([1, 0, 0]),))
        with cursor.copy("COPY more (v) FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["vector"])
            copy.write_row([np.array([3, 3, 3])])
        rows = cursor.execute("SELECT v FROM more ORDER BY id").fetchall()
        assert [row[0].to_list() for row in rows] == [[1, 2, 3], [1, 0, 0], [3, 3, 3]]
        assert cursor.execute("SELECT sum(v) FROM more").fetchone()[0].to_list() == [5, 5, 6]
        with pytest.raises(psycopg.errors.DataException, match="3 dimensions"):
            cursor.execute("INSERT INTO more (v) VALUES ('[1,2]')")


def test_psycopg2_and_asyncpg_know_the_type(vectors):
    with closing(psycopg2.connect(vectors.url)) as connection:
        pgvector.psycopg2.register_vector(connection)
        cursor = connection.cursor()
        cursor.execute(
            "SELECT embedding FROM items ORDER BY embedding <-> %s LIMIT 1", (np.array([4, 5, 6]),)
        )
        assert cursor.fetchone()[0].to_list() == [4, 5, 6]

    async def main():
        connection = await asyncpg.connect(vectors.url)
        await pgvector.asyncpg.register_vector(connection)
        rows = await connection.fetch(
            "SELECT embedding FROM items ORDER BY embedding <-> $1", np.array([4, 5, 6])
        )
        await connection.close()
        return [row[0].to_list() for row in rows]

    assert asyncio.run(main())[0] == [4, 5, 6]


def test_sqlalchemys_vector_type(vectors):
    engine = sa.create_engine(vectors.url.replace("postgresql://", "postgresql+psycopg://"))
    table = sa.Table(
        "points", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("v", pgvector.sqlalchemy.VECTOR(3)),
    )  # fmt: skip
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"v": [1, 2, 3]}, {"v": [3, 3, 3]}])
        nearest = connection.execute(sa.select(table.c.v).order_by(table.c.v.l2_distance([3, 3, 2])).limit(1))
        assert nearest.scalar_one() == [3, 3, 3]
    engine.dispose()


# ---- history ----


@pytest.fixture
def history(tmp_path):
    file = tmp_path / "bank.db"
    setup = [
        "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER) WITH SYSTEM VERSIONING",
        "INSERT INTO account VALUES (1, 100)",
    ]
    with served(file, *setup, enable_time_travel=True) as server:
        yield server


def test_past_states_are_read_by_clients(history):
    with psycopg.connect(history.url, autocommit=True) as connection:
        time.sleep(0.02)
        then = datetime.now(timezone.utc)
        time.sleep(0.02)
        connection.execute("UPDATE account SET balance = 50 WHERE id = 1")
        queries = [
            "SELECT balance FROM account AS OF TIMESTAMP %s",
            "SELECT balance FROM account FOR SYSTEM_TIME AS OF %s WHERE id = 1",
            "SELECT a.balance FROM account AS OF %s AS a WHERE a.id = 1",
        ]
        for query in queries:
            assert connection.execute(query, (then,)).fetchall() == [(100,)], query
            assert connection.execute(query.replace("%s", f"'{then.isoformat()}'")).fetchall() == [(100,)]
        assert connection.execute("SELECT balance FROM account").fetchall() == [(50,)]


def test_versions_are_flat_rows(history):
    with psycopg.connect(history.url, autocommit=True) as connection:
        connection.execute("UPDATE account SET balance = 50")
        cursor = connection.execute("SELECT * FROM account FOR SYSTEM_TIME ALL ORDER BY balance DESC")
        assert cursor.fetchall() == [(1, 100), (1, 50)]
        assert [column.name for column in cursor.description] == ["id", "balance"]


@pytest.mark.parametrize("binary", [False, True])
def test_what_is_known_of_each_version(history, binary):
    with psycopg.connect(history.url, autocommit=True) as connection:
        connection.execute("UPDATE account SET balance = 50")
        cursor = connection.cursor(binary=binary)
        names = "system_time, system_time_end, system_transaction, system_operation, system_user"
        first, second = cursor.execute(
            f"SELECT {names} FROM account FOR SYSTEM_TIME ALL WHERE id = 1 ORDER BY system_time"
        ).fetchall()
        assert first[1] == second[0] > first[0]
        assert second[1] is None
        assert first[2] < second[2]
        assert [first[3], second[3]] == ["INSERT", "UPDATE"]
        now = cursor.execute(
            "SELECT a.system_operation FROM account AS OF TIMESTAMP %s AS a", (datetime.now(timezone.utc),)
        )
        assert now.fetchall() == [("UPDATE",)]


def test_a_time_may_be_computed(history):
    with psycopg.connect(history.url, autocommit=True) as connection:
        assert connection.execute("SELECT * FROM account AS OF now()").fetchall()
        assert connection.execute("SELECT * FROM account AS OF now() - interval '1 year'").fetchall() == []


def test_a_time_before_the_history_is_a_notice(history):
    said = []
    with psycopg.connect(history.url, autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary))
        assert connection.execute("SELECT * FROM account AS OF TIMESTAMP '2001-01-01'").fetchall() == []
    assert len(said) == 1
    assert "the history of table 'account' begins" in said[0]


def test_the_past_after_another_program_has_changed_the_schema(history, tmp_path):
    with psycopg.connect(history.url, autocommit=True) as connection:
        past = "SELECT * FROM account AS OF TIMESTAMP '2999-01-01'"
        assert connection.execute(past).fetchall() == [(1, 100)]
        with closing(sqlite3.connect(tmp_path / "bank.db", isolation_level=None)) as program:
            program.execute("ALTER TABLE account ADD COLUMN note TEXT")
        assert connection.execute(past).fetchall() == [(1, 100, None)]


def test_a_client_makes_a_versioned_table(history):
    with psycopg.connect(history.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE note (id int PRIMARY KEY, body text) WITH SYSTEM VERSIONING")
        connection.execute("INSERT INTO note VALUES (1, 'a')")
        connection.execute("UPDATE note SET body = 'b'")
        rows = connection.execute("SELECT body FROM note FOR SYSTEM_TIME ALL ORDER BY body").fetchall()
        assert rows == [("a",), ("b",)]


# ---- branches ----


@pytest.fixture
def branched(tmp_path):
    file = tmp_path / "app.db"
    with served(
        file, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO t VALUES (1, 'main')"
    ) as server:
        with closing(heliosdb_sqlite.connect(file)) as connection:
            connection.create_branch("experiment")
        yield server


def test_the_databases_name_picks_the_branch(branched):
    with psycopg.connect(database(branched, "app@experiment"), autocommit=True) as there:
        there.execute("UPDATE t SET v = 'changed'")
        assert there.execute("SELECT v, current_database() FROM t").fetchall() == [
            ("changed", "app@experiment")
        ]
    with psycopg.connect(branched.url) as here:
        assert here.execute("SELECT v FROM t").fetchall() == [("main",)]
    with pytest.raises(psycopg.OperationalError, match="no such branch: 'nowhere'"):
        psycopg.connect(database(branched, "app@nowhere"))


def test_statements_about_branches(branched):
    with psycopg.connect(branched.url, autocommit=True) as connection:
        assert connection.execute("CREATE BRANCH other FROM experiment").fetchone()[0] == "other"
        names = [row[0] for row in connection.execute("SHOW BRANCHES")]
        assert names == ["main", "experiment", "other"]
        with psycopg.connect(database(branched, "app@other"), autocommit=True) as there:
            there.execute("INSERT INTO t VALUES (2, 'there')")
        connection.execute("MERGE BRANCH other INTO main")
        assert connection.execute("SELECT v FROM t ORDER BY id").fetchall() == [("main",), ("there",)]
        connection.execute("DROP BRANCH other")
        assert [row[0] for row in connection.execute("SHOW BRANCHES")] == ["main", "experiment"]
        connection.execute("BEGIN")
        with pytest.raises(psycopg.errors.ActiveSqlTransaction):
            connection.execute("CREATE BRANCH inside")


# ---- encryption ----


def test_an_encrypted_database_is_served_to_those_who_log_in(tmp_path):
    file = tmp_path / "safe.db"
    setup = [
        "CREATE TABLE secrets (id INTEGER PRIMARY KEY, body TEXT)",
        "INSERT INTO secrets VALUES (1, 'gold')",
    ]
    with served(file, *setup, encryption_key=KEY) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("INSERT INTO secrets (body) VALUES ('silver')")
            assert connection.execute("SELECT body FROM secrets ORDER BY id").fetchall() == [
                ("gold",),
                ("silver",),
            ]
        for address in (f"postgresql://helios@127.0.0.1:{server.port}/safe",
                        f"postgresql://helios:wrong@127.0.0.1:{server.port}/safe"):  # fmt: skip
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(address)
        password = server.url.split(":")[2].partition("@")[0]
        assert len(password) > 20
        assert password not in repr(server)
    assert b"gold" not in b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    with pytest.raises(sqlite3.DatabaseError):
        heliosdb_sqlite.start_server(file, port=0)
    with pytest.raises(sqlite3.ProgrammingError, match="never served without credentials"):
        heliosdb_sqlite.start_server(file, port=0, encryption_key=KEY, auth_method="trust")


def test_encrypted_columns(tmp_path):
    file = tmp_path / "people.db"
    setup = [
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, ssn TEXT ENCRYPTED DETERMINISTIC, note TEXT ENCRYPTED)"
    ]
    with (
        served(file, *setup, encryption_key=KEY) as server,
        psycopg.connect(server.url, autocommit=True) as connection,
    ):
        row = (1, "ann", "123-45", "likes tea")
        connection.execute("INSERT INTO people VALUES (%s, %s, %s, %s)", row)
        assert connection.execute("SELECT * FROM people").fetchall() == [row]
        assert connection.execute("SELECT name FROM people WHERE ssn = %s", ("123-45",)).fetchall() == [
            ("ann",)
        ]
        connection.execute("UPDATE people SET note = %s WHERE id = 1", ("likes coffee",))
        assert connection.execute("SELECT note FROM people").fetchone() == ("likes coffee",)
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="encrypted column"):
            connection.execute("SELECT * FROM people WHERE note = 'likes tea'")


def test_all_of_it_together(tmp_path):
    file = tmp_path / "app.db"
    options = {"encryption_key": KEY, "enable_time_travel": True, "enable_vector_search": True}
    setup = ["CREATE TABLE t (id INTEGER PRIMARY KEY, v VECTOR(2), n INTEGER) WITH SYSTEM VERSIONING"]
    with served(file, *setup, **options) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("INSERT INTO t VALUES (1, '[1,2]', 1)")
            connection.execute("CREATE BRANCH side")
        with psycopg.connect(database(server, "app@side"), autocommit=True) as connection:
            connection.execute("UPDATE t SET n = 2")
            versions = connection.execute("SELECT n FROM t FOR SYSTEM_TIME ALL ORDER BY n").fetchall()
            assert versions == [(1,), (2,)]
            assert connection.execute("SELECT v <-> '[1,2]' FROM t").fetchone() == (0.0,)
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT n FROM t").fetchone() == (1,)
