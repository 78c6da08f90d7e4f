"""hybrid_search(): full-text and vector search in one statement, fused by reciprocal rank."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

random = np.random.default_rng(2)
WORDS = ["red", "green", "blue", "stone", "river", "mountain", "bread", "salt", "lamp", "winter"]
TEXTS = [" ".join(random.choice(WORDS, 6)) for _ in range(300)]
VECTORS = random.normal(size=(300, 8)).astype("f4")
QUERY = random.normal(size=8).astype("f4")
SEARCH = "hybrid_search(docs, docs_fts, ?, embedding, ?, ?)"


@pytest.fixture
def docs(open_vector, log_at_once):
    conn = open_vector()
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, body TEXT, kind INTEGER, embedding VECTOR(8))")
    conn.execute("CREATE VIRTUAL TABLE docs_fts USING fts5(body, content='docs', content_rowid='id')")
    rows = [
        (i, text, i % 4, None if i % 50 == 0 else v)
        for i, (text, v) in enumerate(zip(TEXTS, VECTORS, strict=True))
    ]
    conn.executemany("INSERT INTO docs VALUES (?, ?, ?, ?)", rows)
    conn.execute("INSERT INTO docs_fts (docs_fts) VALUES ('rebuild')")
    conn.commit()
    return conn


def fused(conn, words, vector, count, condition="1"):
    """The same, step by step."""
    near = conn.execute(
        f"SELECT id FROM docs WHERE ({condition}) AND embedding IS NOT NULL ORDER BY vector_distance(embedding, ?) LIMIT 100",
        (vector,),
    ).fetchall()
    match = " OR ".join(words.split())
    text = conn.execute(
        "SELECT f.rowid FROM docs_fts f JOIN docs d ON d.id = f.rowid "
        f"WHERE docs_fts MATCH ? AND ({condition.replace('kind', 'd.kind')}) ORDER BY bm25(docs_fts), f.rowid LIMIT 100",
        (match,),
    ).fetchall()
    ranks = {}
    for place, rows in enumerate((text, near)):
        for number, (rowid,) in enumerate(rows, 1):
            ranks.setdefault(rowid, [None, None])[place] = number
    scored = [(rowid, sum(1 / (60 + rank) for rank in each if rank), *each) for rowid, each in ranks.items()]
    return sorted(scored, key=lambda row: (-row[1], row[0]))[:count]


def test_ranks_of_both_are_fused(docs):
    rows = docs.execute(
        f"SELECT rowid, score, text_rank, vector_rank FROM {SEARCH}", ("red stone", QUERY, 10)
    ).fetchall()
    right = fused(docs, "red stone", QUERY, 10)
    assert [(row[0], row[2:]) for row in rows] == [(row[0], row[2:]) for row in right]
    assert [row[1] for row in rows] == pytest.approx([row[1] for row in right])


def test_a_condition_holds_for_both(docs):
    search = SEARCH.replace(", ?)", ", ? WHERE kind = ?)")
    rows = docs.execute(f"SELECT rowid FROM {search}", ("red stone", QUERY, 10, 3)).fetchall()
    assert [row[0] for row in rows] == [row[0] for row in fused(docs, "red stone", QUERY, 10, "kind = 3")]
    assert all(rowid % 4 == 3 for (rowid,) in rows)


def test_it_is_a_table_like_any_other(docs):
    query = f"SELECT d.body, h.score FROM {SEARCH} AS h JOIN docs d ON d.id = h.rowid WHERE d.kind < ? ORDER BY h.score DESC"
    rows = docs.execute(query, ("lamp", QUERY, 20, 2)).fetchall()
    right = [row for row in fused(docs, "lamp", QUERY, 20) if row[0] % 4 < 2]
    assert [row[0] for row in rows] == [TEXTS[row[0]] for row in right]
    named = query.replace("?", ":w", 1).replace("?", ":v", 1).replace("?", ":k", 1).replace("?", ":kind", 1)
    assert docs.execute(named, {"w": "lamp", "v": QUERY, "k": 20, "kind": 2}).fetchall() == rows
    with_others = f"WITH found AS (SELECT * FROM {SEARCH}) SELECT count(*) FROM found, docs LIMIT 1"
    assert docs.execute(with_others, ("lamp", QUERY, 5)).fetchone() == (1500,)


def test_its_vector_search_is_answered_from_memory(docs):
    explanation = docs.explain_vector(f"SELECT * FROM {SEARCH}", ("lamp", QUERY.tolist(), 5))
    assert explanation.path == "matrix"


def test_many_at_once(docs):
    sets = [(word, vector, 3) for word, vector in zip(WORDS, VECTORS[:10], strict=True)]
    query = f"SELECT rowid FROM {SEARCH}"
    apart = [docs.execute(query, each).fetchall() for each in sets]
    assert docs.executemany_grouped(query, sets) == apart
    assert docs.executemany(query, sets).fetchall() == [row for rows in apart for row in rows]


@pytest.mark.parametrize(
    "words", ['what\'s "new"? (red)', "RED*", "red AND", "-", "", "NEAR(red stone)", "body:red"]
)
def test_any_text_is_words(docs, words):
    rows = docs.execute(f"SELECT rowid FROM {SEARCH}", (words, QUERY, 5)).fetchall()
    assert len(rows) == 5


def test_without_words_or_vector_the_other_one_is_left(docs):
    only_near = docs.execute(f"SELECT rowid, text_rank FROM {SEARCH}", (None, QUERY, 3)).fetchall()
    assert [row[0] for row in only_near] == [row[0] for row in fused(docs, "nothing", QUERY, 3)]
    only_text = docs.execute(f"SELECT rowid, vector_rank FROM {SEARCH}", ("lamp", None, 3)).fetchall()
    assert {row[1] for row in only_text} == {None}


def test_names_may_be_quoted(docs):
    docs.execute('ALTER TABLE docs RENAME TO "my docs"')
    docs.execute("DROP TABLE docs_fts")
    docs.execute("CREATE VIRTUAL TABLE [my fts] USING fts5(body, content='my docs', content_rowid='id')")
    docs.execute("INSERT INTO [my fts] ([my fts]) VALUES ('rebuild')")
    rows = docs.execute(
        "SELECT rowid FROM hybrid_search(\"my docs\", [my fts], 'lamp', `embedding`, ?, 2 + 1)", (QUERY,)
    )
    assert len(rows.fetchall()) == 3


@pytest.mark.parametrize(
    "call",
    [
        "hybrid_search(docs)",
        "hybrid_search(docs, docs_fts, 'a', embedding, ?)",
        "hybrid_search(docs, docs_fts, 'a', 1 + 1, ?, 5)",
        "hybrid_search(docs, docs_fts, 'a', embedding, ?, 5 WHERE)",
    ],
)
def test_other_arguments_are_refused(docs, call):
    with pytest.raises(sqlite3.OperationalError, match="takes a table, its FTS5 table"):
        docs.execute(f"SELECT * FROM {call}", (QUERY,) * call.count("?"))


def test_the_name_is_left_alone_elsewhere(docs):
    docs.execute("CREATE TABLE hybrid_search (a)")
    assert docs.execute("SELECT a AS hybrid_search FROM hybrid_search").fetchall() == []


def test_words_for_fts5(one):
    assert one("fts5_any('a b-c \"d\" a')") == '"a" OR "b" OR "c" OR "d"'
    assert one("fts5_any(NULL)") == '""'
