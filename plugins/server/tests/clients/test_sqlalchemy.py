"""SQLAlchemy: tables made and reflected, Core and ORM."""

from __future__ import annotations

import datetime as dt
import decimal

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert


@pytest.fixture(params=["psycopg", "psycopg2"])
def engine(request, server):
    made = sa.create_engine(server.url.replace("postgresql://", f"postgresql+{request.param}://"))
    yield made
    made.dispose()


def tables():
    metadata = sa.MetaData()
    things = sa.Table(
        "things", metadata, sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(30), nullable=False, unique=True), sa.Column("n", sa.Numeric(10, 2)),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()), sa.Column("tags", ARRAY(sa.Text)),
        sa.Column("doc", JSONB), sa.Column("ok", sa.Boolean, server_default=sa.true()), sa.Index("ix_things_n", "n"),
        sa.CheckConstraint("n > 0", name="positive"),
    )  # fmt: skip
    parts = sa.Table(
        "parts", metadata, sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("thing_id", sa.ForeignKey("things.id", ondelete="CASCADE")),
    )  # fmt: skip
    return metadata, things, parts


def test_tables_are_made_and_reflected(engine):
    metadata, _, _ = tables()
    metadata.create_all(engine)
    metadata.create_all(engine)
    found = sa.MetaData()
    found.reflect(engine)
    things = found.tables["things"]
    assert [(c.name, str(c.type)) for c in things.columns] == [
        ("id", "INTEGER"), ("name", "VARCHAR(30)"), ("n", "NUMERIC(10, 2)"), ("at", "TIMESTAMP"), ("tags", "ARRAY"),
        ("doc", "JSONB"), ("ok", "BOOLEAN"),
    ]  # fmt: skip
    assert {c.name for c in things.constraints} == {"things_pkey", "things_name_key", "positive"}
    inspector = sa.inspect(engine)
    (key,) = inspector.get_foreign_keys("parts")
    assert (key["referred_table"], key["referred_columns"], key["options"]) == (
        "things",
        ["id"],
        {"ondelete": "CASCADE"},
    )
    assert "ix_things_n" in {each["name"] for each in inspector.get_indexes("things")}
    metadata.drop_all(engine)
    assert not sa.inspect(engine).has_table("things")


def test_core(engine):
    metadata, things, _ = tables()
    metadata.create_all(engine)
    with engine.begin() as c:
        row = {"name": "x", "n": decimal.Decimal("1.50"), "tags": ["a", "b"], "doc": {"k": [1]}}
        assert c.execute(things.insert().returning(things.c.id), row).scalar() == 1
        c.execute(things.insert(), [{"name": f"y{n}", "n": n + 1} for n in range(20)])
        upsert = insert(things).values(name="x", n=3)
        c.execute(upsert.on_conflict_do_update(index_elements=["name"], set_={"n": upsert.excluded.n + 1}))
        assert c.execute(sa.select(things.c.n).where(things.c.name == "x")).scalar() == decimal.Decimal(
            "4.00"
        )
        total = sa.select(sa.func.count(), sa.func.sum(things.c.n)).where(things.c.name.like("y%"))
        assert tuple(c.execute(total).one()) == (20, decimal.Decimal(210))
        deep = sa.select(things.c.doc["k"][0].astext, things.c.tags[1]).where(things.c.name == "x")
        assert tuple(c.execute(deep).one()) == ("1", "a")


class Base(orm.DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parents"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]
    children: orm.Mapped[list[Child]] = orm.relationship(
        back_populates="parent", cascade="all, delete-orphan"
    )


class Child(Base):
    __tablename__ = "children"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    parent_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("parents.id"))
    born: orm.Mapped[dt.date | None]
    parent: orm.Mapped[Parent] = orm.relationship(back_populates="children")


def test_orm(engine):
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all(
            [Parent(name=f"p{n}", children=[Child(born=dt.date(2020, 1, n + 1)), Child()]) for n in range(5)]
        )
        session.commit()
        query = sa.select(Parent).options(orm.joinedload(Parent.children)).where(Parent.name == "p3")
        found = session.execute(query).unique().scalar_one()
        assert sorted(str(child.born) for child in found.children) == ["2020-01-04", "None"]
        session.delete(found)
        session.commit()
        assert session.scalar(sa.select(sa.func.count()).select_from(Child)) == 8
        with session.begin_nested():
            session.add(Parent(name="inside"))
        session.commit()
        counts = (
            sa.select(Parent.name, sa.func.count(Child.id))
            .outerjoin(Child)
            .group_by(Parent.id)
            .order_by(Parent.name)
        )
        assert [tuple(row) for row in session.execute(counts)][0] == ("inside", 0)  # noqa: RUF015
