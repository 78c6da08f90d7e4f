"""Statements that are answered from memory, in the ways people write them: the same rows as SQLite's own."""

from __future__ import annotations

import numpy as np
import pytest

DIMENSIONS = 8
QUERY = np.random.default_rng(3).normal(size=DIMENSIONS).astype("f4")
Q, D = "vector_distance(embedding, ?)", "vector_distance(embedding, ?, 'l2')"

FROM_MEMORY = {
    "an alias": (f"SELECT id, {Q} AS d FROM docs ORDER BY d LIMIT 5", 1),
    "an alias without AS": (f"SELECT id, {Q} d FROM docs ORDER BY d LIMIT 5", 1),
    "a quoted alias in another case": (f'SELECT id, {Q} AS "My D" FROM docs ORDER BY "my d" LIMIT 5', 1),
    "a number": (f"SELECT id, {Q} FROM docs ORDER BY 2 LIMIT 5", 1),
    "the expression": (f"SELECT id FROM docs ORDER BY {Q} LIMIT 5", 1),
    "the expression twice": (f"SELECT id, {Q} FROM docs ORDER BY {Q} LIMIT 5", 2),
    "the arguments turned round": ("SELECT id FROM docs ORDER BY vector_distance(?, embedding, 'l1') LIMIT 5", 1),
    "everything": (f"SELECT * FROM docs ORDER BY {D} LIMIT 5", 1),
    "more terms": (f"SELECT id FROM docs ORDER BY {Q}, title DESC LIMIT 15", 1),
    "ties": ("SELECT id FROM docs ORDER BY vector_distance(embedding, (SELECT embedding FROM docs WHERE id = 1), 'l2') LIMIT 5", 0),
    "one more like this": (
        "SELECT id FROM docs WHERE id <> 31 ORDER BY vector_distance(embedding, (SELECT embedding FROM docs WHERE id = 31)) LIMIT 4",
        0,
    ),
    "arithmetic": (
        "SELECT id FROM docs ORDER BY vector_distance(embedding, vector_add(vector_subtract(?, ?), ?), 'cosine') LIMIT 5",
        3,
    ),
    "JSON": ("SELECT id FROM docs ORDER BY vector_distance(embedding, '[1, 0, 0, 1, 0, 0, 1, 0]') LIMIT 5", 0),
    "a bound JSON": ("SELECT id FROM docs ORDER BY vector_distance(embedding, vector('[1, 0, 0, 1, 0, 0, 1, 0]')) LIMIT 5", 0),
    "dot": ("SELECT id FROM docs ORDER BY vector_distance(embedding, ?, 'dot') LIMIT 5", 1),
    "hamming": ("SELECT id FROM docs ORDER BY vector_distance(embedding, ?, 'hamming') LIMIT 7", 1),
    "manhattan": ("SELECT id FROM docs ORDER BY vector_distance(embedding, ?, 'MANHATTAN') LIMIT 7", 1),
    "pgvector's names": ("SELECT id FROM docs ORDER BY l2_distance(embedding, ?) LIMIT 5", 1),
    "similarity": (f"SELECT id, 1 - {Q} AS similarity FROM docs ORDER BY similarity DESC LIMIT 5", 1),
    "rounded": (f"SELECT id, round({Q}, 1) AS d FROM docs ORDER BY d LIMIT 5", 1),
    "rounded similarity": (f"SELECT id, round(1.0 - ({Q}), 2) AS s FROM docs ORDER BY s DESC LIMIT 9", 1),
    "turned": (f"SELECT id FROM docs ORDER BY -{D} DESC LIMIT 5", 1),
    "the farthest": (f"SELECT id, {Q} AS d FROM docs ORDER BY d DESC LIMIT 5", 1),
    "the farthest by l2": (f"SELECT id FROM docs ORDER BY {D} DESC LIMIT 5", 1),
    "the farthest, turned": (f"SELECT id FROM docs ORDER BY 1 - {D} LIMIT 5", 1),
    "nulls last in words": (f"SELECT id FROM docs ORDER BY {Q} ASC NULLS LAST LIMIT 5", 1),
    "OFFSET": (f"SELECT id FROM docs ORDER BY {Q} LIMIT 5 OFFSET 7", 1),
    "OFFSET before a comma": (f"SELECT id FROM docs ORDER BY {Q} LIMIT 7, 5", 1),
    "a computed LIMIT": (f"SELECT id FROM docs ORDER BY {Q} LIMIT 2 + 3", 1),
    "LIMIT 0": (f"SELECT id FROM docs ORDER BY {Q} LIMIT 0", 1),
    "WHERE": (f"SELECT id FROM docs WHERE kind = 2 ORDER BY {Q} LIMIT 5", 1),
    "WHERE with OR": (f"SELECT id FROM docs WHERE kind = 2 OR title LIKE '%7' ORDER BY {Q} LIMIT 5", 1),
    "WHERE by an index": (f"SELECT id FROM docs WHERE rare = 3 ORDER BY {Q} LIMIT 5", 1),
    "WHERE with fewer rows": (f"SELECT id, {Q} FROM docs WHERE rare = 3 AND kind = 3 ORDER BY 2 LIMIT 50", 1),
    "WHERE with fewer rows, no index": (f"SELECT id, {Q} FROM docs WHERE title LIKE '%39%' ORDER BY 2 LIMIT 50", 1),
    "WHERE with rows without vectors": (f"SELECT id, {Q} FROM docs WHERE rare IN (19, 39) ORDER BY 2 LIMIT 50", 1),
    "WHERE with no row": (f"SELECT id FROM docs WHERE kind = 77 ORDER BY {Q} LIMIT 5", 1),
    "IS NOT NULL": (f"SELECT id FROM docs WHERE embedding IS NOT NULL ORDER BY {Q} LIMIT 5", 1),
    "a filter by the distance": (f"SELECT id, {Q} AS d FROM docs WHERE d < 0.9 ORDER BY d LIMIT 50", 1),
    "a filter in a subquery": (
        f"SELECT id FROM docs WHERE id IN (SELECT id FROM docs WHERE kind < 2) ORDER BY {Q} LIMIT 5",
        1,
    ),
    "a comment at the end": (f"SELECT id FROM docs WHERE kind = 1 -- kind\n ORDER BY {Q} LIMIT 5 -- five\n;", 1),
    "a table's alias": ("SELECT d.id FROM docs AS d WHERE d.kind = 1 ORDER BY vector_distance(d.embedding, ?) LIMIT 5", 1),
    "a quoted alias of the table": ('SELECT "a b".id FROM docs "a b" ORDER BY vector_distance("a b".embedding, ?) LIMIT 5', 1),
    "a schema": ("SELECT id FROM main.docs ORDER BY vector_distance(docs.embedding, ?) LIMIT 5", 1),
    "NOT INDEXED": (f"SELECT id FROM docs NOT INDEXED WHERE rare = 3 ORDER BY {Q} LIMIT 5", 1),
    "INDEXED BY": (f"SELECT id FROM docs INDEXED BY docs_rare WHERE rare = 3 ORDER BY {Q} LIMIT 5", 1),
    "a join": (
        "SELECT d.id, k.name FROM docs d JOIN kinds k ON k.id = d.kind WHERE k.name <> 'two' ORDER BY vector_distance(d.embedding, ?) LIMIT 5",
        1,
    ),
    "a join in the other order": (
        "SELECT d.id, k.name FROM kinds k, docs d WHERE k.id = d.kind AND k.name = 'one' ORDER BY vector_distance(embedding, ?) LIMIT 5",
        1,
    ),
    "a join that multiplies": (
        "SELECT d.id, x.value FROM docs d JOIN json_each('[1,2,3]') x ORDER BY vector_distance(d.embedding, ?), x.value LIMIT 7",
        1,
    ),
    "LEFT JOIN": (
        "SELECT d.id, k.name FROM docs d LEFT JOIN kinds k ON k.id = d.kind AND k.name = 'one' ORDER BY vector_distance(d.embedding, ?) LIMIT 5",
        1,
    ),
    "USING": ("SELECT id, name FROM docs JOIN kinds USING (id) ORDER BY vector_distance(docs.embedding, ?) LIMIT 5", 1),
    "a subquery": (f"SELECT title FROM (SELECT title, {Q} d FROM docs ORDER BY d LIMIT 5) WHERE title LIKE '%1%'", 1),
    "in IN": (f"SELECT title FROM docs WHERE id IN (SELECT id FROM docs ORDER BY {Q} LIMIT 5)", 1),
    "a common table expression": (f"WITH near AS (SELECT id, {Q} AS d FROM docs ORDER BY d LIMIT 5) SELECT * FROM near", 1),
    "the LIMIT around a subquery": (f"SELECT id, d FROM (SELECT id, {Q} AS d FROM docs) ORDER BY d LIMIT 5", 1),
    "the LIMIT around, and an alias": (f"SELECT s.id, s.d AS x FROM (SELECT id, {Q} AS d FROM docs WHERE kind = 2) s ORDER BY s.d LIMIT 5", 1),
    "the LIMIT around, descending": (f"SELECT * FROM (SELECT id, 1 - {Q} AS s FROM docs) ORDER BY s DESC LIMIT 5 OFFSET 1", 1),
    "the LIMIT around, with a threshold": (f"SELECT * FROM (SELECT id, {D} AS d FROM docs) WHERE d < 3 ORDER BY d LIMIT 50", 1),
    "a scored table expression": (f"WITH scored AS (SELECT id, title, {Q} AS d FROM docs WHERE kind < 3) SELECT title, d FROM scored ORDER BY d LIMIT 6", 1),
    "a scored table expression with a join": (
        "WITH scored AS (SELECT d.id, k.name, vector_distance(d.embedding, ?) AS far FROM docs d JOIN kinds k ON k.id = d.kind) SELECT * FROM scored AS s ORDER BY far LIMIT 6",
        1,
    ),
    "two searches": (
        f"SELECT * FROM (SELECT id FROM docs ORDER BY {Q} LIMIT 3) UNION ALL SELECT * FROM (SELECT id FROM docs ORDER BY {D} LIMIT 3)",
        2,
    ),
    "a threshold": (f"SELECT id FROM docs WHERE {Q} < 0.7", 1),
    "a threshold from the other side": (f"SELECT id FROM docs WHERE 3.1 >= {D}", 1),
    "a threshold of similarity": (f"SELECT id FROM docs WHERE 1 - {Q} > 0.4 AND kind < 3", 1),
    "a threshold from below": (f"SELECT id FROM docs WHERE {D} > 6", 1),
    "a threshold on a rounded distance": (f"SELECT id FROM docs WHERE round({D}, 0) <= 4", 1),
    "a count within a distance": (f"SELECT kind, count(*) FROM docs WHERE {Q} < 0.8 GROUP BY kind", 1),
    "a threshold among conditions": (f"SELECT DISTINCT kind FROM docs WHERE kind BETWEEN 1 AND 3 AND ({Q} <= 0.8)", 1),
    "thresholds in a UNION": (f"SELECT id FROM docs WHERE {Q} < 0.5 UNION SELECT id FROM docs WHERE {D} < 3", 2),
}  # fmt: skip


@pytest.fixture
def both(filled, slow):
    filled.executescript(
        "CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO kinds VALUES (0, 'zero'), (1, 'one'), (2, 'two'), (4, 'four');"
    )
    return filled, slow


@pytest.mark.parametrize(("query", "count"), FROM_MEMORY.values(), ids=FROM_MEMORY)
def test_the_rows_are_those_of_sqlite_and_come_from_memory(both, query, count):
    fast, slow = both
    values = (QUERY,) * count
    assert fast.explain_vector(query, values).path == "matrix"
    assert fast.execute(query, values).fetchall() == slow.execute(query, values).fetchall()
    named = query.replace("?", ":q")
    assert fast.execute(named, {"q": QUERY}).fetchall() == slow.execute(query, values).fetchall()
    numbered = query.replace("?", "?1")
    if count:
        assert fast.explain_vector(numbered, (QUERY,)).path == "matrix"


@pytest.mark.parametrize("limit", [1, 5, 20, 379, 380, 400, 1000])
@pytest.mark.parametrize("metric", ["cosine", "l2", "l1", "dot", "hamming"])
@pytest.mark.parametrize("direction", ["", "DESC"])
def test_any_number_of_rows_by_any_metric(filled, slow, limit, metric, direction):
    query = (
        f"SELECT id, vector_distance(embedding, ?, ?) AS d FROM docs ORDER BY d {direction} LIMIT ? OFFSET 2"
    )
    values = (QUERY, metric, limit)
    assert filled.execute(query, values).fetchall() == slow.execute(query, values).fetchall()


BY_SQL = {
    "no LIMIT": (f"SELECT id FROM docs ORDER BY {Q}", "no LIMIT"),
    "DISTINCT": (f"SELECT DISTINCT kind FROM docs ORDER BY {Q} LIMIT 3", "DISTINCT"),
    "GROUP BY": (f"SELECT kind FROM docs GROUP BY kind ORDER BY {Q} LIMIT 3", "GROUP"),
    "an aggregate": (f"SELECT count(*) FROM docs ORDER BY {Q} LIMIT 3", "aggregate"),
    "max": (f"SELECT max(title) FROM docs ORDER BY {Q} LIMIT 3", "aggregate"),
    "a window": (f"SELECT id, row_number() OVER (ORDER BY id) FROM docs ORDER BY {Q} LIMIT 3", "window"),
    "NULLS FIRST": (f"SELECT id FROM docs ORDER BY {Q} NULLS FIRST LIMIT 30", "come first"),
    "a UNION": (f"SELECT id, {Q} AS d FROM docs UNION SELECT id, 1 FROM docs ORDER BY d LIMIT 5", "searches no column"),
    "another term first": (f"SELECT id FROM docs ORDER BY kind, {Q} LIMIT 3", "searches no column"),
    "random()": (f"SELECT id FROM docs WHERE random() IS NOT NULL ORDER BY {Q} LIMIT 3", "random"),
    "the time": (f"SELECT id FROM docs WHERE date('now') > title OR 1 ORDER BY {Q} LIMIT 3", "date"),
    "two columns": ("SELECT a.id FROM docs a JOIN docs b ON b.id = 4 ORDER BY vector_distance(a.embedding, b.embedding), ? LIMIT 3", "searches no column"),
    "a correlated query": (
        "SELECT id, (SELECT count(*) FROM docs b WHERE vector_distance(b.embedding, (SELECT a.embedding)) < 0.2) FROM docs a WHERE id < 20 AND ? IS NOT NULL",
        "computed by itself",
    ),
    "the empty side of a join": (
        "SELECT k.id, d.id FROM kinds k LEFT JOIN docs d ON d.id = k.id ORDER BY vector_distance(d.embedding, ?) LIMIT 9",
        "outer join",
    ),
    "other conditions around a subquery": (f"SELECT id FROM (SELECT id, kind, {Q} AS d FROM docs) WHERE kind = 1 ORDER BY d LIMIT 5", "searches no column"),
    "a threshold around that leaves out the nearest": (f"SELECT id FROM (SELECT id, {Q} AS d FROM docs) WHERE d > 0.5 ORDER BY d LIMIT 5", "searches no column"),
    "an aggregate around a subquery": (f"SELECT count(*) FROM (SELECT id, {Q} AS d FROM docs) ORDER BY d LIMIT 5", "aggregate"),
    "groups within": (f"SELECT * FROM (SELECT kind, {Q} AS d FROM docs GROUP BY kind) ORDER BY d LIMIT 2", "searches no column"),
    "a table expression that is used twice": (f"WITH s AS (SELECT id, {Q} AS d FROM docs) SELECT id FROM s WHERE id < (SELECT max(id) FROM s) ORDER BY d LIMIT 3", "searches no column"),
    "a threshold under OR": (f"SELECT id FROM docs WHERE {Q} < 0.5 OR kind = 1", "searches no column"),
    "no vector": ("SELECT id FROM docs ORDER BY vector_distance(embedding, NULL), ? LIMIT 3", "no vector to search"),
    "a zero vector": ("SELECT id FROM docs ORDER BY vector_distance(embedding, '[0,0,0,0,0,0,0,0]'), ? LIMIT 3", "zero"),
    "LIMIT -1": (f"SELECT id FROM docs ORDER BY {Q} LIMIT -1", "LIMIT is -1"),
    "more than there are": (f"SELECT id FROM docs ORDER BY {Q} LIMIT 390", "more rows are asked for"),
    "a text to compare with": (f"SELECT id FROM docs WHERE {Q} < '0.5'", "no number"),
}  # fmt: skip


@pytest.mark.parametrize(("query", "reason"), BY_SQL.values(), ids=BY_SQL)
def test_what_is_not_recognised_is_answered_all_the_same(both, query, reason):
    fast, slow = both
    explanation = fast.explain_vector(query, (QUERY,))
    assert (explanation.path, reason in explanation.reason) == ("sql", True), explanation
    if "random()" not in query:
        assert fast.execute(query, (QUERY,)).fetchall() == slow.execute(query, (QUERY,)).fetchall()


@pytest.mark.parametrize(
    "wrong", ["vector_distance(embedding, '[1, 2]')", "vector_distance(embedding, '[1, 2', 'l2')"]
)
def test_errors_are_the_same(both, wrong):
    fast, slow = both
    messages = []
    for connection in (fast, slow):
        with pytest.raises(Exception) as caught:
            connection.execute(f"SELECT id FROM docs ORDER BY {wrong} LIMIT 3").fetchall()
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("place", ["memory", "temp"])
def test_tables_that_only_this_connection_sees(open_vector, vectors, fill, place):
    conn = open_vector()
    fill(conn, vectors, "temp.docs" if place == "temp" else "docs")
    query = f"SELECT id FROM docs WHERE kind = 1 ORDER BY {Q} LIMIT 5"
    assert conn.explain_vector(query, (QUERY,)).path == "matrix"
    fast = conn.execute(query, (QUERY,)).fetchall()
    conn.execute("UPDATE docs SET embedding = ? WHERE id = 4", (QUERY,))
    assert conn.execute(query, (QUERY,)).fetchall() == [(4,), *fast[:4]]


def test_an_attached_database(filled, open_vector, vectors, fill, tmp_path):
    filled.execute("ATTACH ? AS other", (str(tmp_path / "other.db"),))
    fill(filled, vectors[::-1].copy(), "other.papers")
    query = f"SELECT id FROM papers ORDER BY {Q} LIMIT 5"
    filled.execute(query, (QUERY,)).fetchall()
    assert filled.explain_vector(query, (QUERY,)).path == "matrix"
    slow = open_vector(tmp_path / "other.db", vector_cache_mb=0)
    assert filled.execute(query, (QUERY,)).fetchall() == slow.execute(query, (QUERY,)).fetchall()
    slow.execute("UPDATE papers SET embedding = ? WHERE id = 4", (QUERY,))
    slow.commit()
    assert filled.execute(query, (QUERY,)).fetchall()[0] == (4,)


def test_an_attached_database_answers_by_sql_too(filled, vectors, fill, tmp_path):
    filled.execute("ATTACH ? AS other", (str(tmp_path / "other.db"),))
    fill(filled, vectors, "other.papers")
    query = f"SELECT id FROM papers ORDER BY {D} LIMIT 3"
    nothing = np.zeros(DIMENSIONS, "f4")  # which no row has a direction to: SQLite computes all distances
    assert filled.explain_vector(query, (nothing,)).path == "sql"
    assert len(filled.execute(query, (nothing,)).fetchall()) == 3


def test_conditions_beside_an_attached_database(filled, open_vector, file, tmp_path):
    filled.execute("ATTACH ? AS other", (str(tmp_path / "other.db"),))
    filled.execute("CREATE TABLE other.chosen (id INTEGER)")
    alone = f"SELECT id FROM docs WHERE kind = 1 ORDER BY {Q} LIMIT 5"
    filled.execute(alone, (QUERY,)).fetchall()
    assert filled.explain_vector(alone, (QUERY,)).path == "matrix"
    for reads_both in (
        f"SELECT id FROM docs WHERE id IN (SELECT id FROM chosen) ORDER BY {Q} LIMIT 5",
        f"SELECT id FROM docs WHERE id IN chosen ORDER BY {Q} LIMIT 5",
        f"SELECT id FROM docs ORDER BY {Q} LIMIT (SELECT count(*) FROM chosen)",
    ):
        found = filled.explain_vector(reads_both, (QUERY,))
        assert (found.path, "databases attached" in found.reason) == ("sql", True)
        assert filled.execute(reads_both, (QUERY,)).fetchall() == []


def test_a_view_and_a_table_without_rowid(both):
    fast, slow = both
    fast.executescript(
        "CREATE VIEW shown AS SELECT id, embedding FROM docs;"
        f"CREATE TABLE keyed (name TEXT PRIMARY KEY, embedding VECTOR({DIMENSIONS})) WITHOUT ROWID;"
        "INSERT INTO keyed SELECT title, embedding FROM docs;"
    )
    for query in (
        f"SELECT id FROM shown ORDER BY {Q} LIMIT 5",
        f"SELECT name FROM keyed ORDER BY {Q} LIMIT 5",
    ):
        assert fast.execute(query, (QUERY,)).fetchall() == slow.execute(query, (QUERY,)).fetchall()


def test_vectors_in_a_strict_table(both):
    fast, slow = both
    fast.executescript(
        f"CREATE TABLE strict (id INTEGER PRIMARY KEY, v BLOB CHECK (length(v) = {4 * DIMENSIONS})) STRICT;"
        "INSERT INTO strict SELECT id, embedding FROM docs WHERE embedding IS NOT NULL;"
    )
    query = "SELECT id FROM strict ORDER BY vector_distance(v, ?) LIMIT 5"
    assert fast.explain_vector(query, (QUERY,)).path == "matrix"
    assert fast.execute(query, (QUERY,)).fetchall() == slow.execute(query, (QUERY,)).fetchall()


def test_a_column_may_hide_the_rowid(open_vector, vectors):
    conn = open_vector()
    conn.execute(f"CREATE TABLE t (rowid TEXT, oid INTEGER, v VECTOR({DIMENSIONS}))")
    conn.executemany("INSERT INTO t VALUES ('a', ?, ?)", [(i, v) for i, v in enumerate(vectors[:50])])
    query = "SELECT oid FROM t ORDER BY vector_distance(v, ?, 'l2') LIMIT 3"
    assert conn.explain_vector(query, (vectors[7],)).path == "matrix"
    assert conn.execute(query, (vectors[7],)).fetchone() == (7,)


def test_the_rows_of_executemany_are_those_of_each_execution(filled, slow, vectors):
    query = f"SELECT id, {Q} AS d FROM docs WHERE kind > ? ORDER BY d LIMIT ?"
    sets = [(vectors[i], i % 3, i % 7) for i in range(40)]
    apart = [slow.execute(query, each).fetchall() for each in sets]
    assert filled.executemany(query, sets).fetchall() == [row for rows in apart for row in rows]
    assert filled.executemany_grouped(query, iter(sets)) == apart
    named = query.replace("?", ":q", 1).replace("?", ":k", 1).replace("?", ":n", 1)
    assert filled.executemany_grouped(named, [dict(zip("qkn", each, strict=True)) for each in sets]) == apart


def test_a_batch_over_many_rows_finds_what_its_searches_find(open_vector, monkeypatch):
    monkeypatch.setattr("heliosdb_vector.memory.codes._AFTER", 0)
    monkeypatch.setattr("heliosdb_vector.memory.codes._FROM", 1000)
    random = np.random.default_rng(11)
    found = random.normal(size=(2000, DIMENSIONS)).astype("f4")
    conn, slow = open_vector(), open_vector(vector_cache_mb=0)
    for each in (conn, slow):
        each.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, embedding VECTOR({DIMENSIONS}))")
        each.executemany("INSERT INTO t (embedding) VALUES (?)", [(vector,) for vector in found])
    query = f"SELECT id, {Q} FROM t ORDER BY 2 LIMIT ?"
    sets = [(random.normal(size=DIMENSIONS), 1 + i % 12) for i in range(40)]
    for _ in range(2):
        assert conn.executemany_grouped(query, sets) == [
            slow.execute(query, each).fetchall() for each in sets
        ]
        for each in (conn, slow):
            each.execute("DELETE FROM t WHERE id % 50 = 7")
            each.execute("UPDATE t SET embedding = vector_scale(embedding, -1) WHERE id % 40 = 3")


def test_grouped_rows_need_a_search(filled, open_vector):
    with pytest.raises(filled.ProgrammingError, match="vector function"):
        filled.executemany_grouped("SELECT 1", [()])
    import heliosdb_sqlite

    plain = heliosdb_sqlite.connect(":memory:")
    with pytest.raises(filled.ProgrammingError, match="enable_vector_search=True"):
        plain.executemany_grouped("SELECT vector_norm(?)", [([1],)])
    with pytest.raises(filled.ProgrammingError, match="enable_vector_search=True"):
        plain.explain_vector("SELECT 1")
    plain.close()


def test_an_explanation_reads_well(filled):
    query = f"SELECT id FROM docs WHERE kind = 1 ORDER BY {Q} LIMIT 5"
    found = filled.explain_vector(query, (QUERY,))
    assert str(found).startswith(
        "matrix\n  search 1: in memory, exact: 380 vectors compared, 5 rows looked at"
    )
    assert found.searches[0].filter == "row by row"
    rare = filled.explain_vector(query.replace("kind", "rare"), (QUERY,))
    assert rare.searches[0].filter == "by index"
    assert "json_each" in found.sql
