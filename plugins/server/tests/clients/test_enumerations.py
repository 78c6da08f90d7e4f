"""Enumerations through the clients, each in its own way: introspected, registered, mapped to Python's enum."""

from __future__ import annotations

import asyncio
import enum
import io
import os
import shutil
import subprocess

import asyncpg
import psycopg
import pytest
import sqlalchemy as sa
from psycopg.types.enum import EnumInfo, register_enum
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import ARRAY, ENUM
from sqlalchemy.ext.asyncio import create_async_engine

PSQL = shutil.which("psql")


class Mood(enum.Enum):
    sad = "sad"
    ok = "ok"
    happy = "happy"


@pytest.fixture
def client(server):
    """A connection of psycopg's, with the type mood and a table of it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')")
        connection.execute("CREATE TABLE person (id serial PRIMARY KEY, now mood, moods mood[])")
        yield connection


def test_psycopg_registers_pythons_enum(client):
    register_enum(EnumInfo.fetch(client, "mood"), client, Mood)
    for binary in (False, True):
        with client.cursor(binary=binary) as cursor:
            cursor.execute(
                "INSERT INTO person (now, moods) VALUES (%s, %s) RETURNING now, moods",
                (Mood.ok, [Mood.sad, Mood.happy]),
            )
            assert cursor.fetchone() == (Mood.ok, [Mood.sad, Mood.happy])
            cursor.execute("SELECT now FROM person WHERE now > %s AND now = ANY(%s)", (Mood.sad, [Mood.ok]))
            assert cursor.fetchone() == (Mood.ok,)
    with pytest.raises(
        psycopg.errors.InvalidTextRepresentation, match='invalid input value for enum mood: "angry"'
    ):
        client.execute("INSERT INTO person (now) VALUES (%s)", ("angry",))


def test_a_prepared_statement_lives_through_a_new_label(client):
    def moods():
        return client.execute(
            "SELECT now FROM person WHERE now >= %s ORDER BY now", ("sad",), prepare=True
        ).fetchall()

    client.execute("INSERT INTO person (now) VALUES ('happy'), ('sad')")
    assert moods() == [("sad",), ("happy",)]
    client.execute("ALTER TYPE mood ADD VALUE 'meh' AFTER 'sad'")
    client.execute("INSERT INTO person (now) VALUES (%s)", ("meh",), prepare=True)
    assert moods() == [("sad",), ("meh",), ("happy",)]


@pytest.mark.parametrize("options", ["", "WITH (FORMAT csv)", "WITH (FORMAT binary)"])
def test_labels_are_copied(client, options):
    client.execute("INSERT INTO person (now, moods) VALUES ('happy', '{sad,ok}'), (NULL, NULL)")
    with client.cursor() as cursor:
        with cursor.copy(f"COPY person (now, moods) TO STDOUT {options}") as copy:
            data = b"".join(bytes(block) for block in copy)
        with cursor.copy(f"COPY person (now, moods) FROM STDIN {options}") as copy:
            copy.write(data)
        cursor.execute("SELECT now, moods::text[] FROM person ORDER BY id")
        assert cursor.fetchall() == [("happy", ["sad", "ok"]), (None, None)] * 2


def test_what_is_no_label_is_not_copied(client):
    with (
        pytest.raises(psycopg.errors.InvalidTextRepresentation),
        client.cursor() as cursor,
        cursor.copy("COPY person (now) FROM STDIN") as copy,
    ):
        copy.write("ok\nangry\n")
    assert client.execute("SELECT count(*) FROM person").fetchone() == (0,)


def test_psycopg2_reads_and_writes_labels(client, connect):
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("INSERT INTO person (now) VALUES (%s), (%s), (%s)", ("happy", "sad", "ok"))
    cursor.execute("SELECT now FROM person WHERE now IN %s ORDER BY now DESC", (("sad", "happy"),))
    assert cursor.fetchall() == [("happy",), ("sad",)]
    cursor.copy_expert("COPY person (now) TO STDOUT", out := io.StringIO())
    assert out.getvalue() == "happy\nsad\nok\n"


def test_asyncpg_introspects_the_type(server, client):
    async def body():
        connection = await asyncpg.connect(server.url)
        try:
            await connection.execute(
                "INSERT INTO person (now, moods) VALUES ($1, $2)", "ok", ["happy", "sad"]
            )
            row = await connection.fetchrow("SELECT now, moods FROM person WHERE now = $1", "ok")
            assert tuple(row) == ("ok", ["happy", "sad"])
            statement = await connection.prepare("SELECT now FROM person WHERE now > $1")
            assert [(a.type.name, a.type.kind) for a in statement.get_attributes()] == [("mood", "scalar")]
            assert [a.name for a in statement.get_parameters()] == ["mood"]
            await connection.copy_records_to_table(
                "person", records=[("sad", None)], columns=["now", "moods"]
            )
            assert await connection.fetchval("SELECT min(now) FROM person") == "sad"
            with pytest.raises(asyncpg.InvalidTextRepresentationError):
                await connection.execute("INSERT INTO person (now) VALUES ($1)", "angry")
        finally:
            await connection.close()

    asyncio.run(body())


def mapped():
    base = orm.declarative_base()

    class Person(base):
        __tablename__ = "people"
        id = sa.Column(sa.Integer, primary_key=True)
        mood = sa.Column(sa.Enum(Mood, name="feeling"), nullable=False, server_default="ok", index=True)
        moods = sa.Column(ARRAY(sa.Enum(Mood, name="feeling")))
        kind = sa.Column(sa.Enum("Big One", "small", name="Kind"))

    return base, Person


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_sqlalchemy_makes_reflects_and_maps_them(server, driver):
    engine = sa.create_engine(server.url.replace("postgresql://", f"postgresql+{driver}://"))
    base, person = mapped()
    base.metadata.create_all(engine)
    base.metadata.create_all(engine)
    inspector = sa.inspect(engine)
    assert {(each["name"], tuple(each["labels"])) for each in inspector.get_enums()} == {
        ("feeling", ("sad", "ok", "happy")), ("Kind", ("Big One", "small")),
    }  # fmt: skip
    column = sa.Table("people", sa.MetaData(), autoload_with=engine).c
    assert isinstance(column.mood.type, ENUM)
    assert column.mood.type.enums == ["sad", "ok", "happy"]
    assert column.mood.server_default.arg.text == "'ok'::feeling"
    assert isinstance(column.moods.type, ARRAY)
    with orm.Session(engine) as session:
        session.add_all(
            [
                person(mood=Mood.happy, moods=[Mood.ok, Mood.sad], kind="Big One"),
                person(kind="small"),
                person(mood=Mood.sad),
            ]
        )
        session.commit()
        found = session.scalars(sa.select(person).where(person.mood >= Mood.ok).order_by(person.mood)).all()
        assert [each.mood for each in found] == [Mood.ok, Mood.happy]
        assert found[1].moods == [Mood.ok, Mood.sad]
        assert session.scalar(sa.select(sa.func.max(person.mood))) is Mood.happy
        assert session.query(person).filter(person.kind.in_(["small"])).one().mood is Mood.ok
        assert session.query(person).filter(person.mood.in_([Mood.sad, Mood.ok])).count() == 2
    base.metadata.drop_all(engine)
    assert sa.inspect(engine).get_enums() == []
    base.metadata.drop_all(engine)
    engine.dispose()


def test_sqlalchemy_with_asyncpg(server):
    async def body():
        engine = create_async_engine(server.url.replace("postgresql://", "postgresql+asyncpg://"))
        base, person = mapped()
        async with engine.begin() as connection:
            await connection.run_sync(base.metadata.create_all)
            await connection.execute(
                sa.insert(person),
                [{"mood": Mood.happy, "moods": [Mood.ok]}, {"mood": Mood.sad, "moods": None}],
            )
            found = await connection.execute(sa.select(person.mood, person.moods).order_by(person.mood))
            assert [tuple(row) for row in found] == [(Mood.sad, None), (Mood.happy, [Mood.ok])]
            await connection.run_sync(base.metadata.drop_all)
        await engine.dispose()

    asyncio.run(body())


@pytest.mark.skipif(PSQL is None and not os.environ.get("CI"), reason="psql is not installed here")
def test_psql_describes_them(server, client):
    shown = subprocess.run(
        [str(PSQL), "-X", "-A", "-t", server.url, "-c", r"\dT+ mood", "-c", r"\d person"],
        capture_output=True, text=True, timeout=30, check=True,
    ).stdout  # fmt: skip
    assert shown.splitlines() == [
        "public|mood|mood|4|sad",
        "ok",
        "happy|helios||",
        "id|integer||not null|nextval('person_id_seq'::regclass)",
        "now|mood|||",
        "moods|mood[]|||",
    ]
