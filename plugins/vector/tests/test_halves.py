"""HALFVEC(n) columns: vectors of 2-byte floats, beside VECTOR(n)."""

from __future__ import annotations

import copy
import pickle
import sqlite3

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heliosdb_vector import HalfVector, Vector

TENTH = float(np.float16(0.1))


@pytest.fixture
def docs(open_vector, file):
    conn = open_vector(file)
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, half HALFVEC(3), whole VECTOR(3))")
    conn.execute("INSERT INTO docs VALUES (1, ?, ?)", ([0.1, 2, 3], [0.1, 2, 3]))
    return conn


def half(conn, rowid=1):
    return conn.execute("SELECT half FROM docs WHERE id = ?", (rowid,)).fetchone()[0]


# -- what is stored ------------------------------------------------------------------------------------------------------


def test_two_bytes_for_each_number_and_one_behind_them(docs, plain):
    docs.commit()
    (stored,) = plain.execute("SELECT half FROM docs").fetchone()
    assert stored == np.array([0.1, 2, 3], "<f2").tobytes() + b"\x02"
    assert np.frombuffer(stored, "<f2", 3).tolist() == [TENTH, 2, 3]


@pytest.mark.parametrize(
    "value",
    [b"\0" * 6, b"\0" * 7, b"\0" * 12, "[1, 2, 3]", 5],
    ids=["no mark", "wrong", "whole", "text", "5"],
)
def test_plain_sqlite_can_store_nothing_else(docs, plain, value):
    docs.commit()
    with pytest.raises(sqlite3.IntegrityError, match=r"half is not a HALFVEC\(3\): it takes 3 float16"):
        plain.execute("INSERT INTO docs (half) VALUES (?)", (value,))
    plain.execute("INSERT INTO docs (half) VALUES (?)", (bytes(HalfVector([1, 2, 3])),))
    plain.execute("INSERT INTO docs (half) VALUES (NULL)")


@pytest.mark.parametrize(
    ("type_", "error"),
    [("HALFVEC(0)", sqlite3.ProgrammingError), ("FLOAT HALFVEC(3)", sqlite3.ProgrammingError)],
)
def test_a_type_that_is_wrong(conn, type_, error):
    with pytest.raises(error, match="HALFVEC"):
        conn.execute(f"CREATE TABLE wrong (embedding {type_})")


def test_strict_tables_are_told_what_holds_the_same(conn):
    with pytest.raises(sqlite3.NotSupportedError, match=r"length\(\"e\"\) = 7"):
        conn.execute("CREATE TABLE wrong (e HALFVEC(3)) STRICT")


def test_a_dump_can_be_loaded_with_and_without_heliosdb(docs, open_vector):
    dump = "\n".join(docs.iterdump())
    other = open_vector()
    other.executescript(dump)
    assert other.execute("SELECT * FROM docs").fetchall() == docs.execute("SELECT * FROM docs").fetchall()
    assert "\n".join(other.iterdump()) == dump
    standard = sqlite3.connect(":memory:")
    standard.executescript(dump)
    assert standard.execute("SELECT half FROM docs").fetchone() == (bytes(half(docs)),)
    standard.close()


def test_columns_are_added_renamed_and_dropped(docs):
    docs.execute("ALTER TABLE docs ADD COLUMN more HALFVEC(2)")
    docs.execute("UPDATE docs SET more = ?", ([1, 2],))
    docs.execute("ALTER TABLE docs RENAME COLUMN more TO most")
    docs.execute("UPDATE docs SET most = ?", ([3, 4],))
    assert docs.execute("SELECT most FROM docs").fetchone() == (HalfVector([3, 4]),)
    docs.execute("ALTER TABLE docs DROP COLUMN most")


# -- what may be written -------------------------------------------------------------------------------------------------

WRITES = {
    "values": ("INSERT INTO docs VALUES (2, ?, NULL)", ([0.1, 2, 3],)),
    "named": ("INSERT INTO docs (half, id) VALUES (:v, 2)", {"v": [0.1, 2, 3]}),
    "several rows": ("INSERT INTO docs (id, half) VALUES (2, ?), (3, NULL)", ([0.1, 2, 3],)),
    "an alias": ("INSERT INTO main.docs AS d (id, half) VALUES (2, ?)", ([0.1, 2, 3],)),
    "replace": ("REPLACE INTO docs (id, half) VALUES (2, ?)", (np.array([0.1, 2, 3]),)),
    "text": ("INSERT INTO docs (id, half) VALUES (2, '[0.1, 2, 3]')", ()),
    "a float32 blob": ("INSERT INTO docs (id, half) VALUES (2, ?)", (np.array([0.1, 2, 3], "f4").tobytes(),)),
    "a half vector": ("INSERT INTO docs (id, half) VALUES (2, ?)", (HalfVector([0.1, 2, 3]),)),
    "its blob": ("INSERT INTO docs (id, half) VALUES (2, ?)", (bytes(HalfVector([0.1, 2, 3])),)),
    "select": ("INSERT INTO docs SELECT 2, whole, whole FROM docs", ()),
    "with": (
        "WITH a AS (SELECT 2 AS n, whole FROM docs) INSERT INTO docs (id, half) SELECT n, whole FROM a",
        (),
    ),
    "select with": ("INSERT INTO docs (id, half) WITH a AS (SELECT * FROM docs) SELECT 2, whole FROM a", ()),
    "union": ("INSERT INTO docs (id, half) SELECT 2, whole FROM docs UNION SELECT 3, NULL", ()),
    "an expression": ("INSERT INTO docs (id, half) SELECT 2, vector_scale(whole, 1) FROM docs", ()),
    "upsert": (
        "INSERT INTO docs (id, half) VALUES (1, NULL) ON CONFLICT (id) DO UPDATE SET id = 2, half = ?",
        ([0.1, 2, 3],),
    ),
    "upsert from select": (
        (
            "INSERT INTO docs (id, half) SELECT 1, whole FROM docs WHERE true "
            "ON CONFLICT (id) DO UPDATE SET id = 2, half = excluded.half"
        ),
        (),
    ),
    "update": ("UPDATE docs SET id = 2, half = ?", ([0.1, 2, 3],)),
    "update or": ("UPDATE OR REPLACE docs SET half = whole, id = 2 WHERE id = 1", ()),
    "update of several": ("UPDATE docs SET (id, half) = (2, ?)", ([0.1, 2, 3],)),
    "update from": (
        "UPDATE docs SET id = 2, half = o.whole FROM (SELECT whole FROM docs) AS o WHERE docs.id = 1",
        (),
    ),
}


@pytest.mark.parametrize(("sql", "values"), WRITES.values(), ids=WRITES)
def test_any_vector_is_rounded_where_it_is_stored(docs, sql, values):
    docs.execute(sql, values)
    assert half(docs, 2) == [0.1, 2, 3]


def test_executemany_and_returning(docs):
    docs.executemany("INSERT INTO docs (half) VALUES (?)", [([1, 2, 3],), (None,)])
    assert docs.execute("SELECT count(*), count(half) FROM docs").fetchone() == (3, 2)
    returned = docs.execute("INSERT INTO docs (half) VALUES (?) RETURNING half", ([4, 5, 6],)).fetchall()
    assert returned == [(HalfVector([4, 5, 6]),)]
    assert type(returned[0][0]) is HalfVector


def test_a_column_that_is_made_one_later_is_known(docs):
    docs.execute("CREATE TABLE later (half BLOB)")
    docs.execute("INSERT INTO later VALUES (?)", ([1, 2],))
    docs.execute("DROP TABLE later")
    docs.execute("CREATE TABLE later (half HALFVEC(2))")
    docs.execute("INSERT INTO later VALUES (?)", ([1, 2],))
    assert docs.execute("SELECT half FROM later").fetchone() == (HalfVector([1, 2]),)


WRONG = {
    "'[1, 2]'": (sqlite3.IntegrityError, "it takes 3 float16"),
    "'[1, 2, 70000]'": (sqlite3.OperationalError, "no float16 can hold 70000.0, at index 2"),
    "5": (sqlite3.OperationalError, "the first argument is an INTEGER, 5"),
}


@pytest.mark.parametrize(("value", "found"), WRONG.items(), ids=WRONG)
def test_what_is_none_is_refused(docs, value, found):
    with pytest.raises(found[0], match=found[1]):
        docs.execute(f"INSERT INTO docs (half) VALUES ({value})")


def test_a_trigger_says_halfvec_itself(docs):
    docs.execute(
        "CREATE TRIGGER copied AFTER INSERT ON docs WHEN NEW.half IS NULL BEGIN "
        "UPDATE docs SET half = halfvec(NEW.whole) WHERE id = NEW.id; END"
    )
    docs.execute("INSERT INTO docs VALUES (2, NULL, ?)", ([0.1, 2, 3],))
    assert half(docs, 2) == [0.1, 2, 3]


# -- what comes back -----------------------------------------------------------------------------------------------------


def test_it_comes_back_as_a_sequence_of_floats(docs):
    found = half(docs)
    assert type(found) is HalfVector
    assert isinstance(found, Vector)
    assert found.tolist() == [TENTH, 2, 3]
    assert np.asarray(found).dtype == np.float32
    assert found == [0.1, 2, 3] == found
    assert found != [0.2, 2, 3]
    assert found == Vector([TENTH, 2, 3])
    assert found != Vector([0.1, 2, 3])
    assert found == bytes(found)
    assert hash(found) == hash(Vector([TENTH, 2, 3]))
    assert repr(found) == "HalfVector([0.099975586, 2, 3])"
    assert repr(HalfVector([1] * 10)).startswith("<HalfVector of 10: 1, 1")
    assert type(found[1:]) is Vector


def test_it_can_be_pickled_copied_and_made(docs):
    found = half(docs)
    for again in (
        pickle.loads(pickle.dumps(found)),
        copy.copy(found),
        copy.deepcopy(found),
        HalfVector(found),
    ):
        assert type(again) is HalfVector
        assert again == found
    assert HalfVector(bytes(found)) == found
    assert Vector(bytes(found)) == Vector([TENTH, 2, 3])
    with pytest.raises(sqlite3.Error, match="no float16 can hold 70000"):
        HalfVector([70000])


def test_it_is_bound_as_it_is_stored_on_any_connection(docs, plain):
    found = half(docs)
    docs.commit()
    for conn in (docs, plain):
        assert conn.execute("SELECT id FROM docs WHERE half = ?", (found,)).fetchall() == [(1,)]
        assert conn.execute("SELECT length(?)", (found,)).fetchone() == (7,)


CASTS = {
    "vector(half)": Vector([TENTH, 2, 3]),
    "CAST(half AS VECTOR(3))": Vector([TENTH, 2, 3]),
    "cast(half as vector)": Vector([TENTH, 2, 3]),
    "halfvec(whole)": HalfVector([0.1, 2, 3]),
    "CAST(whole AS HALFVEC(3))": HalfVector([0.1, 2, 3]),
    "CAST('[1, 2]' AS HALFVEC)": HalfVector([1, 2]),
    "CAST(CAST(half AS VECTOR(3)) AS HALFVEC(3))": HalfVector([0.1, 2, 3]),
    "vector_add(half, whole)": Vector([TENTH + 0.1, 4, 6]),
    "halfvec(NULL)": None,
    "vector_dims(half)": 3,
    "CAST(vector_dims(half) AS TEXT)": "3",
}


@pytest.mark.parametrize(("expression", "expected"), CASTS.items(), ids=CASTS)
def test_casts_and_functions(docs, expression, expected):
    (found,) = docs.execute(f"SELECT {expression} FROM docs").fetchone()
    if isinstance(expected, Vector):
        assert type(found) is type(expected)
        assert np.asarray(found).tolist() == pytest.approx(np.asarray(expected).tolist(), abs=1e-6)
    else:
        assert found == expected


def test_a_cast_to_another_length_is_refused(docs):
    with pytest.raises(sqlite3.OperationalError, match="the vector has 3 dimensions, not 4"):
        docs.execute("SELECT CAST(half AS VECTOR(4)) FROM docs").fetchall()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.floats(-60000, 60000, width=16), min_size=1, max_size=30))
def test_every_number_that_fits_is_kept(numbers):
    assert HalfVector(numbers).tolist() == numbers
    assert HalfVector(bytes(HalfVector(numbers))).tolist() == numbers


# -- search --------------------------------------------------------------------------------------------------------------

random = np.random.default_rng(3)
ROWS = random.normal(size=(1500, 12)).astype("f2").astype("f4")
NEAREST = "SELECT id, vector_distance(half, ?) AS d FROM many {} ORDER BY d LIMIT 10"


@pytest.fixture
def many(open_vector, file):
    conn = open_vector(file)
    conn.execute("CREATE TABLE many (id INTEGER PRIMARY KEY, half HALFVEC(12), whole VECTOR(12))")
    conn.executemany("INSERT INTO many VALUES (?, ?, ?)", [(i, v, v) for i, v in enumerate(ROWS)])
    conn.execute("INSERT INTO many (id) VALUES (9999)")
    conn.commit()
    return conn


def test_it_is_searched_from_memory_with_the_same_answers(many, open_vector, file):
    slow = open_vector(file, vector_cache_mb=0)
    query = random.normal(size=12)
    assert many.explain_vector(NEAREST.format(""), (query,)).path == "matrix"
    found = many.execute(NEAREST.format(""), (query,)).fetchall()
    assert found == slow.execute(NEAREST.format(""), (query,)).fetchall()
    assert found == many.execute(NEAREST.format("").replace("half", "whole"), (query,)).fetchall()
    many.execute("UPDATE many SET half = ? WHERE id = 77", (query,))
    assert many.execute(NEAREST.format(""), (query,)).fetchone()[0] == 77
    assert many.explain_vector(NEAREST.format(""), (query,)).path == "matrix"


@pytest.mark.parametrize("method", ["bits", "ivf", "hnsw"])
@pytest.mark.parametrize("operators", ["vector_cosine_ops", "halfvec_cosine_ops"])
def test_it_is_indexed(many, method, operators):
    many.execute(f"CREATE INDEX near ON many USING {method} (half {operators})")
    (stats,) = many.vector_index_stats()
    assert (stats.rows, stats.recall > 0.9, stats.metric) == (1500, True, "cosine")
    query = random.normal(size=12)
    many.execute("UPDATE many SET half = ? WHERE id = 77", (query,))
    for text in (NEAREST.format(""), NEAREST.format("NOT INDEXED")):
        assert many.execute(text, (query,)).fetchone()[0] == 77


def test_hybrid_search(many):
    many.execute("CREATE VIRTUAL TABLE words USING fts5(text)")
    many.execute("INSERT INTO words (rowid, text) SELECT id, 'row ' || id FROM many")
    query = ROWS[5]
    sql = "SELECT rowid FROM hybrid_search(many, words, 'row 5', half, ?, 3) ORDER BY score DESC"
    assert many.execute(sql, (query,)).fetchone() == (5,)


def test_aggregates(docs):
    docs.execute("INSERT INTO docs (half) VALUES (?)", ([1, 4, 5],))
    (found,) = docs.execute("SELECT vector_avg(half) FROM docs").fetchone()
    assert found == Vector([(TENTH + 1) / 2, 3, 4])
