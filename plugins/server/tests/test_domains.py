"""Domains: what other programs see of them in the file, and what clients find in the catalog."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing

import asyncpg
import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import DOMAIN

import heliosdb_sqlite

PSQL = shutil.which("psql")
DOMAIN_VIEW = (
    "CREATE VIEW \"code\"(part, name, text) AS /* domain 1, number 7 */ VALUES ('type', '', 'text'),"
    " ('not null', '', ''), ('default', '', '''abc'''), ('check', 'code_check', 'length(VALUE) = 3')"
)
TABLE = (
    "CREATE TABLE parts (id INTEGER PRIMARY KEY, \"code\" /* domain code */ TEXT NOT NULL DEFAULT 'abc'"
    ' CHECK /* domain code */ ((length("code") = 3)))'
)


@pytest.fixture
def kept(path):
    """A file with a domain that a server of this format has made."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(DOMAIN_VIEW)
        file.execute(TABLE)
    return path


@pytest.fixture
def served(kept):
    with heliosdb_sqlite.start_server(kept, port=0) as server:
        yield server


@pytest.fixture
def client(served):
    with psycopg.connect(served.url, autocommit=True) as connection:
        yield connection


def test_what_another_server_has_kept_is_read(client):
    assert client.execute("INSERT INTO parts (id) VALUES (1) RETURNING code").fetchone() == ("abc",)
    for statement in ("INSERT INTO parts (code) VALUES ('long')", "SELECT 'long'::code"):
        with pytest.raises(psycopg.errors.CheckViolation):
            client.execute(statement)
    for statement in ("INSERT INTO parts (code) VALUES (NULL)", "SELECT NULL::code"):
        with pytest.raises(psycopg.errors.NotNullViolation):
            client.execute(statement)


def test_they_are_kept_in_this_format(path):
    with heliosdb_sqlite.start_server(path, port=0) as server, psycopg.connect(server.url) as client:
        client.execute("CREATE DOMAIN code AS text NOT NULL DEFAULT 'abc' CHECK (length(VALUE) = 3)")
        client.execute("CREATE TABLE parts (code code, id code PRIMARY KEY)")
    with closing(sqlite3.connect(path)) as file:
        found = dict(file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    head, _, rest = found["code"].partition("number ")
    assert f"{head}number 7 {rest.partition(' ')[2]}" == DOMAIN_VIEW
    definition = "NOT NULL DEFAULT 'abc' CHECK /* domain code */ ((length"
    assert " ".join(found["parts"].split()) == (
        f'CREATE TABLE "parts" ( "code" /* domain code */ TEXT {definition}("code") = 3)),'
        f' "id" /* domain code */ TEXT PRIMARY KEY {definition}("id") = 3)) )'
    )


def test_other_programs_keep_to_the_constraints(kept):
    with closing(sqlite3.connect(kept)) as file:
        file.execute("INSERT INTO parts DEFAULT VALUES")
        for value in ("long", None):
            with pytest.raises(sqlite3.IntegrityError):
                file.execute("INSERT INTO parts (code) VALUES (?)", (value,))
        assert file.execute("SELECT code FROM parts").fetchall() == [("abc",)]


def test_a_later_format_is_refused(kept):
    with closing(sqlite3.connect(kept)) as file:
        file.execute("DROP VIEW code")
        file.execute(DOMAIN_VIEW.replace("domain 1", "domain 2"))
    with heliosdb_sqlite.start_server(kept, port=0) as server, psycopg.connect(server.url) as client:
        client.autocommit = True
        for statement in ("SELECT 'abc'::code", "CREATE TABLE x (a code)", "DROP DOMAIN code"):
            with pytest.raises(
                psycopg.errors.FeatureNotSupported, match="has format 2, and this server knows 1"
            ):
                client.execute(statement)
        assert client.execute("SELECT count(*) FROM parts").fetchone() == (0,)


def test_asyncpg_reads_and_writes_columns_of_a_domain(served):
    async def body():
        connection = await asyncpg.connect(served.url)
        try:
            assert (
                await connection.fetchval("INSERT INTO parts (code) VALUES ($1) RETURNING code", "xyz")
                == "xyz"
            )
            assert await connection.fetchval("SELECT $1::code", "uvw") == "uvw"
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.fetchval("SELECT $1::code", "long")
        finally:
            await connection.close()

    asyncio.run(body())


def test_sqlalchemy_makes_and_reflects_them(served):
    engine = sa.create_engine(served.url.replace("postgresql://", "postgresql+psycopg://"))
    metadata = sa.MetaData()
    kind = DOMAIN("positive", sa.Integer, default=sa.text("1"), not_null=True, check=sa.text("VALUE > 0"))
    table = sa.Table(
        "amounts", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("amount", kind)
    )
    metadata.create_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(table), [{"id": 1, "amount": 5}])
        assert connection.execute(sa.select(table.c.amount)).scalar() == 5
    found = {each["name"]: each for each in sa.inspect(engine).get_domains()}
    assert {key: found["positive"][key] for key in ("type", "nullable", "default")} == {
        "type": "integer", "nullable": False, "default": "1",
    }  # fmt: skip
    assert [each["check"] for each in found["code"]["constraints"]] == ["length(VALUE) = 3"]
    reflected = sa.Table("amounts", sa.MetaData(), autoload_with=engine).c.amount.type
    assert isinstance(reflected, DOMAIN)
    assert reflected.name == "positive"
    metadata.drop_all(engine)
    assert [each["name"] for each in sa.inspect(engine).get_domains()] == ["code"]
    engine.dispose()


@pytest.mark.skipif(PSQL is None and not os.environ.get("CI"), reason="psql is not installed here")
def test_psql_describes_them(served):
    shown = subprocess.run(
        [str(PSQL), "-X", "-A", "-t", served.url, "-c", r"\dD", "-c", r"\d parts"],
        capture_output=True, text=True, timeout=30, check=True,
    ).stdout  # fmt: skip
    assert shown.splitlines() == [
        "public|code|text||not null|'abc'::text|CHECK (length(VALUE) = 3)",
        "id|bigint||not null|",
        "code|code||not null|",
    ]
