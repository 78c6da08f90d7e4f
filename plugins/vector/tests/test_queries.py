"""Searching: order, limits, filters, batches."""

from __future__ import annotations

import sqlite3

import pytest


@pytest.fixture
def docs(conn):
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, kind TEXT, embedding VECTOR(2))")
    rows = [(1, "a", [0, 1]), (2, "b", [3, 0]), (3, "a", [6, 0]), (4, "b", None), (5, "a", [0, 0])]
    conn.executemany("INSERT INTO docs VALUES (?, ?, ?)", rows)
    conn.commit()
    return conn


ORIGIN, L2 = [0, 0], "vector_distance(embedding, ?, 'l2')"


def ids(cursor):
    return [row[0] for row in cursor]


def test_the_nearest_by_an_alias_with_a_bound_limit(docs):
    assert ids(docs.execute(f"SELECT id, {L2} AS d FROM docs ORDER BY d LIMIT ?", (ORIGIN, 2))) == [5, 1]


def test_the_rest_by_an_offset(docs):
    assert ids(docs.execute(f"SELECT id FROM docs ORDER BY {L2} LIMIT 2 OFFSET 2", (ORIGIN,))) == [2, 3]


def test_with_a_condition_on_another_column(docs):
    query = f"SELECT id FROM docs WHERE kind = ? ORDER BY {L2} ASC LIMIT ?"
    assert ids(docs.execute(query, ("a", ORIGIN, 10))) == [5, 1, 3]


def test_a_threshold(docs):
    assert ids(docs.execute(f"SELECT id FROM docs WHERE {L2} < ? ORDER BY id", (ORIGIN, 3.5))) == [1, 2, 5]


def test_more_than_there_are(docs):
    assert len(docs.execute(f"SELECT id FROM docs ORDER BY {L2} LIMIT 100", (ORIGIN,)).fetchall()) == 5


def test_ties_in_the_order_of_the_next_term(docs):
    assert ids(docs.execute(f"SELECT id FROM docs ORDER BY {L2}, id DESC", ([3, 0],)))[1:3] == [5, 3]


# ---- rows without a distance come last ----

LAST = [5, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT id FROM docs ORDER BY {L2}",
        f"SELECT id FROM docs ORDER BY {L2} ASC, id",
        f"SELECT id, {L2} AS d FROM docs ORDER BY d",
        f"SELECT id, {L2} d FROM docs ORDER BY D ASC LIMIT 9",
        f'SELECT id, {L2} AS "the distance" FROM docs ORDER BY "the distance";',
        f"SELECT id, kind, {L2} FROM docs ORDER BY 3",
        f"SELECT id FROM docs ORDER BY round({L2}, 3)",
        f"SELECT id FROM (SELECT id, {L2} AS d FROM docs) ORDER BY d",
        f"SELECT id FROM (SELECT id, {L2} AS d FROM docs) AS near ORDER BY near.d",
        f"WITH near AS (SELECT id, {L2} AS d FROM docs) SELECT id, d * 2 AS twice FROM near ORDER BY twice",
        f"WITH near(i, d) AS MATERIALIZED (SELECT id, {L2} FROM docs) SELECT i FROM near ORDER BY d",
        f"SELECT id, row_number() OVER (ORDER BY {L2}) AS n FROM docs ORDER BY n",
        f"SELECT * FROM (SELECT id FROM docs ORDER BY {L2} LIMIT 9)",
        f"SELECT id, {L2} AS d FROM docs WHERE id < 3 UNION ALL SELECT id, {L2} FROM docs WHERE id > 2 ORDER BY d",
        f"SELECT id, {L2} FROM docs WHERE id < 3 UNION ALL SELECT id, {L2} FROM docs WHERE id > 2 ORDER BY 2 -- near",
    ],
)
def test_whatever_the_shape_of_the_query(docs, query):
    assert ids(docs.execute(query, (ORIGIN,) * query.count("?"))) == LAST


def test_descending_too(docs):
    assert ids(docs.execute(f"SELECT id FROM docs ORDER BY {L2} DESC", (ORIGIN,))) == [3, 2, 1, 5, 4]


def test_unless_the_query_says_nulls_first(docs):
    assert ids(docs.execute(f"SELECT id FROM docs ORDER BY {L2} NULLS FIRST", (ORIGIN,)))[0] == 4
    assert ids(docs.execute(f"SELECT id FROM docs ORDER BY {L2} DESC NULLS LAST", (ORIGIN,)))[-1] == 4


def test_other_order_terms_are_sqlites(docs):
    query = "SELECT id, vector_distance(embedding, ?) AS d FROM docs ORDER BY {}"
    assert ids(docs.execute(query.format("embedding, d"), (ORIGIN,)))[0] == 4
    assert ids(docs.execute("SELECT id FROM docs ORDER BY embedding"))[0] == 4


def test_a_table_may_be_called_as_a_distance_is(docs):
    query = (
        "SELECT d.id, nullif(d.kind, 'b') AS kind, vector_distance(d.embedding, ?) AS d FROM docs AS d"
        " ORDER BY kind, d.id"
    )
    assert ids(docs.execute(query, (ORIGIN,))) == [2, 4, 1, 3, 5]


# ---- executemany(SELECT ...) ----


def test_executemany_answers_one_search_after_the_other(docs):
    cursor = docs.cursor()
    cursor.executemany(f"SELECT id FROM docs WHERE {L2} < 1.5", [([0, 1],), ([6, 0],), ([9, 9],)])
    assert cursor.fetchall() == [(1,), (5,), (3,)]


def test_executemany_takes_a_generator_and_a_with_clause(docs):
    query = f"WITH near AS (SELECT id, {L2} AS d FROM docs) SELECT id FROM near ORDER BY d LIMIT 1"
    assert docs.executemany(query, (([x, 0],) for x in (5, 2))).fetchall() == [(3,), (2,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?",
        "SELECT id FROM docs WHERE id = ?",
        "SELECT 'vector_distance(a, b)', ?",
        "SELECT ? AS vector_distance",
    ],
)
def test_executemany_of_another_select_is_the_standard_librarys_error(docs, query):
    with pytest.raises(sqlite3.ProgrammingError, match="executemany"):
        docs.executemany(query, [(1,)])


# ---- together with the rest of sqlite3 ----


def test_rows_by_name(docs):
    docs.row_factory = sqlite3.Row
    row = docs.execute(f"SELECT id, {L2} AS d FROM docs ORDER BY d", (ORIGIN,)).fetchone()
    assert (row["id"], row["d"]) == (5, 0.0)


def test_own_uncommitted_writes_are_found_and_gone_after_rollback(docs):
    nearest = f"SELECT id FROM docs ORDER BY {L2} LIMIT 1"
    docs.execute("INSERT INTO docs VALUES (6, 'c', ?)", ([100, 100],))
    assert ids(docs.execute(nearest, ([99, 99],))) == [6]
    docs.rollback()
    assert ids(docs.execute(nearest, ([99, 99],))) == [3]


def test_joins(docs):
    rows = docs.execute(
        "SELECT b.id FROM docs a JOIN docs b ON a.id <> b.id WHERE a.id = 2"
        " ORDER BY vector_distance(a.embedding, b.embedding, 'l2'), b.id"
    )
    assert ids(rows) == [3, 5, 1, 4]


def test_updates_and_deletes(docs):
    docs.execute(f"DELETE FROM docs WHERE {L2} > 5", (ORIGIN,))
    docs.execute("UPDATE docs SET kind = vector_distance(embedding, ?, 'l1')", (ORIGIN,))
    assert docs.execute("SELECT id, kind FROM docs").fetchall() == [
        (1, "1.0"),
        (2, "3.0"),
        (4, None),
        (5, "0.0"),
    ]
