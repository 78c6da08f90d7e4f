"""pandas: tables written and read through SQLAlchemy, dates and numbers as they were."""

from __future__ import annotations

import pandas
import pytest
import sqlalchemy as sa


@pytest.fixture
def engine(server):
    made = sa.create_engine(server.url.replace("postgresql://", "postgresql+psycopg://"))
    yield made
    made.dispose()


def test_a_query_is_a_frame(engine):
    frame = pandas.read_sql("SELECT id, name, active FROM users ORDER BY id", engine, index_col="id")
    assert list(frame["name"]) == ["ann", "bob", "cat"]
    assert list(frame["active"]) == [True, False, True]


def test_a_frame_becomes_a_table_and_comes_back(engine):
    at = pandas.date_range("2024-01-01", periods=3, tz="UTC")
    frame = pandas.DataFrame({"n": [1, 2, 3], "x": [0.5, None, 2.5], "t": ["a", None, "c"], "at": at})
    frame.to_sql("frames", engine, index=False)
    frame.to_sql("frames", engine, index=False, if_exists="append", method="multi")
    back = pandas.read_sql_table("frames", engine)
    assert len(back) == 6
    pandas.testing.assert_frame_equal(
        back.head(3), frame, check_dtype=False, check_index_type=False, check_column_type=False
    )


def test_pieces_of_a_large_result(engine):
    pieces = pandas.read_sql(
        "SELECT n, n * 2 AS twice FROM generate_series(1, 2500) AS n", engine, chunksize=1000
    )
    assert [len(piece) for piece in pieces] == [1000, 1000, 500]
