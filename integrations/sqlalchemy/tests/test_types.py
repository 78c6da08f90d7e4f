"""VECTOR and Encrypted columns, tables with a history, vector indexes."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import CompileError, DBAPIError, StatementError
from sqlalchemy.schema import CreateIndex, CreateTable

from heliosdb.sqlalchemy import HALFVEC, VECTOR, Encrypted

ROWS = [
    {"id": 1, "name": "north", "place": [0.0, 1.0, 0.0]},
    {"id": 2, "name": "east", "place": np.array([1, 0, 0], np.float32)},
    {"id": 3, "name": "nearly north", "place": (0.1, 0.9, 0.0)},
    {"id": 4, "name": "nowhere", "place": None},
]


@pytest.fixture
def places():
    columns = Column("id", Integer, primary_key=True), Column("name", String), Column("place", VECTOR(3))
    return Table("places", MetaData(), *columns)


@pytest.fixture
def connection(engine_of, places):
    with engine_of("enable_vector_search=true").connect() as connection:
        places.create(connection)
        connection.execute(places.insert(), ROWS)
        connection.commit()
        yield connection


def test_vectors_come_back_as_sequences(connection, places):
    found = connection.execute(select(places.c.place).order_by(places.c.id)).scalars().all()
    assert [None if each is None else [round(number, 3) for number in each] for each in found] == [
        [0, 1, 0],
        [1, 0, 0],
        [0.1, 0.9, 0],
        None,
    ]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("cosine_distance", ["north", "nearly north", "east"]),
        ("l2_distance", ["north", "nearly north", "east"]),
        ("l1_distance", ["north", "nearly north", "east"]),
        ("max_inner_product", ["north", "nearly north", "east"]),
    ],
)
def test_the_nearest_come_first(connection, places, method, expected):
    distance = getattr(places.c.place, method)([0, 1, 0])
    assert connection.execute(select(places.c.name).order_by(distance).limit(3)).scalars().all() == expected


def test_distances_between_columns_and_in_conditions(connection, places):
    other = places.alias()
    pairs = (
        select(places.c.name, other.c.name)
        .join(other, places.c.id < other.c.id)
        .where(places.c.place.cosine_distance(other.c.place) < 0.1)
    )
    assert connection.execute(pairs).all() == [("north", "nearly north")]


def test_a_search_is_answered_from_memory_not_row_by_row(connection, places):
    query = select(places.c.name).order_by(places.c.place.cosine_distance([0, 1, 0])).limit(2)
    compiled = query.compile(connection)
    driver = connection.connection.driver_connection
    plan = driver.explain_vector(str(compiled), ([0, 1, 0], 2, 0)[: str(compiled).count("?")])
    assert plan.path == "matrix", plan


def test_reflected_vectors_know_their_dimensions(connection):
    (column,) = [each for each in inspect(connection).get_columns("places") if each["name"] == "place"]
    assert isinstance(column["type"], VECTOR)
    assert column["type"].dim == 3


def test_json_text_is_a_vector(connection, places):
    connection.execute(places.insert(), {"id": 9, "place": "[1, 2, 3]"})
    assert connection.execute(select(places.c.place).where(places.c.id == 9)).scalar() == (1, 2, 3)


def test_text_that_is_no_vector_is_refused(connection, places):
    with pytest.raises(StatementError, match=r"not a vector: 'north': as text, write it as \[1, 2.5, 3\]"):
        connection.execute(places.insert(), {"id": 5, "place": "north"})


def test_averages_and_sums_are_of_vectors(connection, places):
    column = places.c.place
    some = select(func.avg(column), func.sum(column), func.avg(column.distinct()), func.avg(places.c.id))
    found = connection.execute(some.where(places.c.name.in_(["north", "east"]))).one()
    assert found == ([0.5, 0.5, 0], [1, 1, 0], [0.5, 0.5, 0], 1.5)
    of_one = select(func.sum(column).filter(places.c.name == "east"))
    assert connection.execute(of_one).scalar() == [1, 0, 0]


def test_vectors_are_equal_or_not_and_have_no_order(connection, places):
    column = places.c.place
    for condition, names in (
        (column == [0, 1, 0], ["north"]),
        (column.in_([[0, 1, 0], [1, 0, 0]]), ["east", "north"]),
        (column.is_(None), ["nowhere"]),
    ):
        assert (
            connection.execute(select(places.c.name).where(condition).order_by("name")).scalars().all()
            == names
        )
    for senseless in (
        lambda: column < [0, 1, 0],
        lambda: column.between([0, 1, 0], [1, 0, 0]),
        lambda: column + column,
        lambda: column.like("%1%"),
    ):
        with pytest.raises(NotImplementedError, match="what their distance is"):
            senseless()


def test_half_vectors(engine_of):
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("v", HALFVEC(2)))
    with engine_of("enable_vector_search=true").begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"v": [1, 2]}, {"v": np.array([3, 4])}])
        nearest = select(table.c.v).order_by(table.c.v.l2_distance([3, 3])).limit(1)
        assert connection.execute(nearest).scalar() == (3, 4)
    assert nearest._generate_cache_key() is not None


def test_a_vector_of_another_length_is_refused(connection, places):
    with pytest.raises(DBAPIError, match=r"not a VECTOR\(3\)"):
        connection.execute(places.insert(), {"id": 9, "place": [1, 2]})


def test_a_vector_index(connection, places):
    index = Index(
        "near",
        places.c.place,
        heliosdb_using="bits",
        heliosdb_ops="vector_cosine_ops",
        heliosdb_with={"recall": 0.95},
    )
    assert str(CreateIndex(index).compile(dialect=connection.dialect)) == (
        "CREATE INDEX near ON places USING bits (place vector_cosine_ops) WITH (recall = 0.95)"
    )
    index.create(connection)
    nearest = select(places.c.name).order_by(places.c.place.cosine_distance([1, 0, 0])).limit(1)
    assert connection.execute(nearest).scalar() == "east"
    assert connection.connection.driver_connection.vector_index_stats("near")[0].method == "bits"
    index.drop(connection)


@pytest.mark.parametrize("wrong", [{"unique": True}, {"heliosdb_with": {"recall": "0.5) --"}}])
def test_an_index_that_can_not_be(places, engine_of, wrong):
    index = Index("near", places.c.place, heliosdb_using="bits", **wrong)
    with pytest.raises(CompileError):
        CreateIndex(index).compile(dialect=engine_of().dialect)


def test_encrypted_columns(tmp_path):
    engine = create_engine(f"heliosdb:///{tmp_path / 'a.db'}", connect_args={"column_key": b"k" * 32})
    people = Table(
        "people",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("email", Encrypted(Text)),
        Column("ssn", Encrypted(String(11), deterministic=True), unique=True),
    )
    assert "email TEXT ENCRYPTED" in str(CreateTable(people).compile(engine))
    assert "ssn VARCHAR(11) ENCRYPTED DETERMINISTIC" in str(CreateTable(people).compile(engine))
    with engine.begin() as connection:
        people.create(connection)
        connection.execute(people.insert(), {"email": "ann@example.org", "ssn": "123-45-6789"})
        found = connection.execute(select(people.c.email).where(people.c.ssn == "123-45-6789")).scalar()
        assert found == "ann@example.org"
        with pytest.raises(DBAPIError, match="encrypted"):
            connection.execute(select(people).where(people.c.email.like("ann%"))).all()
    engine.dispose()
    assert b"example.org" not in (tmp_path / "a.db").read_bytes()


def test_reflection_of_what_is_heliosdbs(tmp_path):
    url = f"heliosdb:///{tmp_path / 'a.db'}?enable_vector_search=true"
    engine = create_engine(url, connect_args={"column_key": b"k" * 32})
    table = Table(
        "people",
        MetaData(),
        Column("email", Encrypted(Text)),
        Column("ssn", Encrypted(String(11), deterministic=True)),
        Column("face", VECTOR(3)),
        CheckConstraint("face IS NOT NULL", name="has a face"),
    )
    Index("near", table.c.face, heliosdb_using="bits", heliosdb_with={"recall": 0.9})
    table.create(engine)
    inspector = inspect(engine)
    email, ssn, _ = (column["type"] for column in inspector.get_columns("people"))
    assert isinstance(email, Encrypted)
    assert not email.deterministic
    assert isinstance(email.inner, Text)
    assert isinstance(ssn, Encrypted)
    assert ssn.deterministic
    assert ssn.inner.length == 11
    assert [each["name"] for each in inspector.get_check_constraints("people")] == ["has a face"]
    (index,) = inspector.get_indexes("people")
    assert index["dialect_options"] == {
        "heliosdb_using": "bits",
        "heliosdb_ops": "vector_cosine_ops",
        "heliosdb_with": {"recall": 0.9},
    }
    again = Table("people", MetaData(), autoload_with=engine)
    assert "ssn VARCHAR(11) ENCRYPTED DETERMINISTIC" in str(CreateTable(again).compile(engine))
    (near,) = again.indexes
    assert "USING bits (face vector_cosine_ops) WITH (recall = 0.9)" in str(CreateIndex(near).compile(engine))
    engine.dispose()


def test_a_table_with_a_history(engine_of):
    engine = engine_of("enable_time_travel=true&time_travel_tables=explicit")
    prices = Table(
        "prices",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("price", Integer),
        heliosdb_versioned=True,
    )
    with engine.begin() as connection:
        prices.create(connection)
        connection.execute(prices.insert(), {"id": 1, "price": 10})
    with engine.begin() as connection:
        connection.execute(prices.update().values(price=12))
        assert len(connection.connection.driver_connection.history("prices", 1)) == 2


def test_functions_need_no_declaration(connection, places):
    total = select(func.vector_to_json(func.vector_sum(places.c.place))).where(places.c.id < 3)
    assert connection.execute(total).scalar() == "[1, 1, 0]"
    assert connection.execute(text("SELECT vector_dims(place) FROM places WHERE id = 1")).scalar() == 3
