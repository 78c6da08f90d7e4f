"""execution_options(as_of=...): statements, connections and sessions that read the past."""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest
from sqlalchemy import ForeignKey, func, insert, inspect, select, text, union_all, update
from sqlalchemy.exc import InvalidRequestError, OperationalError, ProgrammingError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from heliosdb.sqlalchemy import Tag, Transaction


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    fruits: Mapped[list[Fruit]] = relationship(back_populates="shelf", order_by="Fruit.id")


class Fruit(Base):
    __tablename__ = "fruit"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="fruits")


@pytest.fixture
def engine(engine_of):
    engine = engine_of("enable_time_travel=true")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        fruits = [Fruit(id=1, name="pear", price=1), Fruit(id=2, name="fig", price=2)]
        session.add(Shelf(id=1, name="top", fruits=fruits))
        session.commit()
    return engine


@pytest.fixture
def then(engine):
    """A moment after which everything changes."""
    time.sleep(0.005)
    moment = datetime.now(timezone.utc)
    time.sleep(0.005)
    with Session(engine) as session:
        session.execute(update(Fruit).values(price=Fruit.price * 10))
        session.delete(session.get(Fruit, 2))
        session.execute(update(Shelf).values(name="bottom"))
        session.commit()
    return moment


def test_one_statement(engine, then):
    query = select(Fruit.name, Fruit.price).where(Fruit.price < 5).order_by(Fruit.price.desc())
    with engine.connect() as connection:
        for _ in range(2):  # the second time from SQLAlchemy's cache of compiled statements
            assert connection.execute(query).all() == []
            past = connection.execute(query.execution_options(as_of=then))
            assert past.all() == [("fig", 2), ("pear", 1)]
            assert connection.execute(query.limit(1), execution_options={"as_of": then}).all() == [("fig", 2)]


def test_every_part_of_a_statement_is_of_then(engine, then):
    with engine.connect().execution_options(as_of=then) as past:
        cheap = select(Fruit.id).where(Fruit.price == 2).cte()
        assert past.execute(select(Fruit.name).where(Fruit.id.in_(select(cheap)))).all() == [("fig",)]
        joined = select(Shelf.name, Fruit.name).join(Fruit.shelf).order_by(Fruit.id)
        assert past.execute(joined).all() == [("top", "pear"), ("top", "fig")]
        counted = select(func.count(Fruit.id)).where(Fruit.shelf_id == Shelf.id).scalar_subquery()
        assert past.execute(select(Shelf.name, counted)).all() == [("top", 2)]
        both = union_all(select(Fruit.name), select(Shelf.name)).order_by("name")
        assert past.execute(both).scalars().all() == ["fig", "pear", "top"]
        assert past.execute(text("SELECT price FROM fruit WHERE id = :id;"), {"id": 1}).scalar() == 1
        assert past.exec_driver_sql("SELECT price FROM fruit WHERE id = ?", (1,)).scalar() == 1
        assert past.exec_driver_sql("SELECT count(*) FROM fruit -- all of them").scalar() == 2


def test_every_part_of_a_text_is_of_then(engine, then):
    with engine.connect().execution_options(as_of=then) as past:
        for statement, expected in (
            ("SELECT name FROM shelf UNION ALL SELECT name FROM shelf;", ["top", "top"]),
            ("WITH s AS (SELECT name FROM shelf) SELECT name FROM s", ["top"]),
            ("SELECT (SELECT name FROM shelf)", ["top"]),
            ("SELECT name FROM shelf WHERE name <> 'sqlite_master'", ["top"]),
            ("SELECT shelf.name FROM shelf, fruit", ["top", "top"]),
            ("SELECT shelf.name FROM shelf CROSS JOIN (SELECT * FROM fruit)", ["top", "top"]),
            ("SELECT (SELECT name FROM shelf) FROM fruit", ["top", "top"]),
            ("SELECT 1", [1]),
            ("VALUES (2)", [2]),
        ):
            assert past.execute(text(statement)).scalars().all() == expected
            assert past.exec_driver_sql(statement).scalars().all() == expected
        with pytest.raises(OperationalError, match="keeps no history"):
            past.exec_driver_sql("SELECT count(*) FROM sqlite_master, shelf")


def test_transactions_may_be_begun_in_the_past(engine, then):
    with engine.connect().execution_options(as_of=then) as past:
        past.exec_driver_sql("BEGIN")
        assert past.execute(select(Shelf.name)).scalar() == "top"
        past.exec_driver_sql("COMMIT")


@pytest.mark.parametrize("load", [joinedload, selectinload, None])
def test_a_session_of_the_past(engine, then, load):
    with Session(engine.execution_options(as_of=then)) as past:
        query = select(Shelf).limit(1)
        shelf = past.scalars(query.options(load(Shelf.fruits)) if load else query).unique().one()
        assert (shelf.name, [(fruit.name, fruit.price) for fruit in shelf.fruits]) == (
            "top",
            [("pear", 1), ("fig", 2)],
        )
        past.expire_all()
        assert shelf.fruits[1].name == "fig"
        assert past.get(Fruit, 2).price == 2


def test_the_past_can_not_be_written(engine, then):
    with Session(engine.execution_options(as_of=then)) as past:
        past.get(Fruit, 1).price = 7
        with pytest.raises(ProgrammingError, match="the past can only be read"):
            past.commit()
        past.rollback()
        with pytest.raises(ProgrammingError, match="the past can only be read"):
            past.execute(insert(Fruit), [{"name": "a", "price": 1, "shelf_id": 1}] * 2)
    with Session(engine) as session:
        assert session.get(Fruit, 1).price == 10


def test_entities_of_two_times_are_not_mixed(engine, then):
    with Session(engine) as session:
        assert session.get(Fruit, 1).price == 10
        written = select(Fruit).from_statement(text("SELECT * FROM fruit"))
        for query in (select(Fruit), select(aliased(Fruit, select(Fruit).subquery())), written):
            with pytest.raises(InvalidRequestError, match=r"entity Fruit: .* so give one to the past"):
                session.scalars(query, execution_options={"as_of": then})
        with pytest.raises(InvalidRequestError, match="so give one to the past"):
            session.get(Fruit, 2, execution_options={"as_of": then})
        assert session.execute(select(Fruit.price), execution_options={"as_of": then}).scalars().all() == [
            1,
            2,
        ]


def test_tags_and_transactions(engine):
    with Session(engine) as session:
        session.connection().connection.driver_connection.tag("before")
        session.execute(update(Fruit).values(price=0))
        session.commit()
        number = session.scalar(
            text("SELECT system_transaction FROM fruit FOR SYSTEM_TIME ALL WHERE price = 1")
        )
        for moment in (Tag("before"), Transaction(number)):
            query = select(Fruit.price).order_by(Fruit.id)
            assert session.scalars(query, execution_options={"as_of": moment}).all() == [1, 2]


def test_reflection_needs_no_past(engine, then):
    with engine.connect().execution_options(as_of=then) as past:
        assert inspect(past).get_table_names() == ["fruit", "shelf"]
