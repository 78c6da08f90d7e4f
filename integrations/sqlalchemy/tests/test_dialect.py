"""create_engine("heliosdb:///..."): connections of HeliosDB's, with the options that the URL names."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, inspect, text
from sqlalchemy.exc import ArgumentError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

import heliosdb_sqlite
from heliosdb_sqlite.plugins import options_of


def opened(engine):
    with engine.connect() as connection:
        return connection.connection.driver_connection


def test_a_connection_is_heliosdbs_and_the_dialect_is_called_sqlite(engine_of):
    engine = engine_of()
    assert isinstance(opened(engine), heliosdb_sqlite.Connection)
    assert engine.dialect.name == "sqlite"
    assert create_engine("sqlite+heliosdb://").dialect.driver == "heliosdb"


def test_options_stand_in_the_url(engine_of):
    engine = engine_of("enable_vector_search=true&vector_cache_mb=64&timeout=3")
    assert options_of(opened(engine)) == {"enable_vector_search": True, "vector_cache_mb": 64}


def test_options_stand_in_connect_args(engine_of):
    assert options_of(opened(engine_of(connect_args={"enable_time_travel": True}))) == {
        "enable_time_travel": True
    }


def test_sqlites_own_uri_goes_through(tmp_path):
    heliosdb_sqlite.connect(tmp_path / "a.db").close()
    engine = create_engine(f"heliosdb:///file:{tmp_path}/a.db?uri=true&mode=ro&enable_cache=yes")
    with engine.connect() as connection, pytest.raises(sqlalchemy.exc.OperationalError, match="readonly"):
        connection.execute(text("CREATE TABLE t (a)"))
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("heliosdb:///a.db?enable_vektor_search=1", "did you mean 'enable_vector_search'"),
        ("heliosdb:///a.db?vector_cache_mb=much", "vector_cache_mb='much'"),
        ("heliosdb:///a.db?encryption_key=hunter2", "encryption_key is a secret"),
        ("heliosdb://host/a.db", "it is heliosdb:///relative/file.db"),
        ("heliosdb:///a.db?branch=a&branch=b", "stands twice"),
        ("heliosdb:///a.db?autocommit=true", r"can't be said in a URL: .*connect_args={'autocommit': ...}"),
    ],
)
def test_what_a_url_can_not_say(url, said):
    with pytest.raises(ArgumentError, match=said) as caught:
        create_engine(url).connect()
    assert "hunter2" not in str(caught.value)


def test_the_password_of_the_url_is_the_encryption_key(tmp_path):
    engine = create_engine(f"heliosdb://:open%20sesame@/{tmp_path / 'sealed.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a)"))
    assert "sesame" not in repr(engine)
    engine.dispose()
    assert b"CREATE TABLE" not in (tmp_path / "sealed.db").read_bytes()
    again = heliosdb_sqlite.connect(tmp_path / "sealed.db", encryption_key="open sesame")
    assert again.execute("SELECT name FROM sqlite_schema").fetchall() == [("t",)]
    again.close()


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    books: Mapped[list[Book]] = relationship(back_populates="author", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(sqlalchemy.ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


@pytest.mark.parametrize("query", ["", "enable_vector_search=true&enable_time_travel=true&enable_cache=true"])
def test_the_orm_at_work(engine_of, query):
    engine = engine_of(query)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Author(name="Ann", books=[Book(title="One"), Book(title="Two")]))
        session.commit()
        author = session.scalars(sqlalchemy.select(Author).where(Author.name == "Ann")).one()
        author.books[0].title = "Zero"
        session.delete(author.books[1])
        session.commit()
        assert [book.title for book in author.books] == ["Zero"]
        session.add(Author(name="Ann"))
        with pytest.raises(IntegrityError, match="UNIQUE constraint failed"):
            session.commit()


def test_reflection(engine_of):
    engine = engine_of("enable_time_travel=true")
    Base.metadata.create_all(engine)
    reflected = MetaData()
    reflected.reflect(engine, only=["book", "author"])
    assert [column.name for column in reflected.tables["book"].columns] == ["id", "title", "author_id"]
    assert inspect(engine).get_table_names() == ["author", "book"]
    assert inspect(engine).get_view_names() == []
    assert inspect(engine).get_foreign_keys("book")[0]["referred_table"] == "author"


def test_for_asyncio(tmp_path):
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("a", String))

    async def work():
        engine = create_async_engine(f"heliosdb+aio:///{tmp_path / 'app.db'}?enable_time_travel=true")
        async with engine.begin() as connection:
            await connection.run_sync(table.metadata.create_all)
            await connection.execute(table.insert(), [{"a": "one"}, {"a": "two"}])
        async with engine.connect() as connection:
            found = (
                (await connection.execute(sqlalchemy.select(table.c.a).order_by(table.c.id))).scalars().all()
            )
            raw = await connection.get_raw_connection()
            assert isinstance(raw.driver_connection, heliosdb_sqlite.aio.Connection)
        await engine.dispose()
        return found

    assert asyncio.run(work()) == ["one", "two"]
