"""CREATE INDEX ... USING: approximate, opt-in, and true to the table whoever changes it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from shutil import copyfile

import numpy as np
import pytest

import heliosdb_sqlite

NEAREST = "SELECT id, vector_distance(embedding, ?) AS d FROM docs ORDER BY d LIMIT 10"
EXACT = NEAREST.replace("FROM docs", "FROM docs NOT INDEXED")
METHODS = {
    "bits": "USING bits (embedding vector_cosine_ops) WITH (rescore = 100)",
    "ivf": "USING ivf (embedding vector_cosine_ops) WITH (lists = 40, probes = 12)",
    "hnsw": "USING hnsw (embedding vector_cosine_ops) WITH (m = 8, ef_construction = 40, ef_search = 80)",
    "hnsw by numpy": "USING hnsw (embedding vector_cosine_ops) WITH (m = 9, ef_construction = 40, ef_search = 80)",
}
random = np.random.default_rng(11)
CENTRES = random.normal(size=(40, 32))


def some(count):
    return (CENTRES[random.integers(0, 40, count)] + 0.5 * random.normal(size=(count, 32))).astype("f4")


QUERY = some(1)[0]
ROWS = some(1500)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Files with the table, and an index of it by each method: made once, and copied."""
    known = {}

    def file_by(create=""):
        if create not in known:
            known[create] = tmp_path_factory.mktemp("made") / "vectors.db"
            with closing(heliosdb_sqlite.connect(known[create], enable_vector_search=True)) as conn:
                conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, kind INTEGER, embedding VECTOR(32))")
                conn.executemany(
                    "INSERT INTO docs VALUES (?, ?, ?)", [(i, i % 7, v) for i, v in enumerate(ROWS)]
                )
                if create:
                    conn.execute(create)
                conn.commit()
        return known[create]

    return file_by


@pytest.fixture
def docs(made, open_vector, file):
    copyfile(made(), file)
    return open_vector(file)


@pytest.fixture(params=[*list(METHODS)[:3], pytest.param("hnsw by numpy", marks=pytest.mark.exhaustive)])
def create(request, monkeypatch):
    """The statement that makes an index of each method."""
    if request.param == "hnsw by numpy":
        monkeypatch.setattr("heliosdb_vector.index.hnsw.native.available", lambda: False)
    return f"CREATE INDEX near ON docs {METHODS[request.param]}"


@pytest.fixture
def indexed(made, create, open_vector, file):
    copyfile(made(create), file)
    return open_vector(file)


@pytest.fixture
def by_bits(made, open_vector, file):
    copyfile(made(CREATE), file)
    return open_vector(file)


CREATE = f"CREATE INDEX near ON docs {METHODS['bits']}"


def nearest(conn, query=QUERY, sql=NEAREST):
    return [row[0] for row in conn.execute(sql, (query,))]


def test_a_search_goes_by_the_index_and_finds_nearly_all(indexed):
    explanation = indexed.explain_vector(NEAREST, (QUERY,))
    assert (explanation.path, explanation.searches[0].index) == ("index", "near")
    assert "index near, approximate: " in str(explanation)
    assert "vectors compared, 10 rows looked at" in str(explanation)
    found = [len(set(nearest(indexed, q)) & set(nearest(indexed, q, EXACT))) for q in some(40)]
    assert sum(found) >= 380


def test_the_distances_are_exact(indexed):
    for rowid, distance in indexed.execute(NEAREST, (QUERY,)):
        right = indexed.execute("SELECT vector_distance(embedding, ?) FROM docs WHERE id = ?", (QUERY, rowid))
        assert right.fetchone()[0] == distance


def test_exact_answers_can_be_had_all_the_same(indexed, open_vector, file):
    assert indexed.explain_vector(EXACT, (QUERY,)).path == "matrix"
    other = open_vector(file, vector_exact=True)
    assert other.explain_vector(NEAREST, (QUERY,)).path == "matrix"
    assert indexed.explain_vector(NEAREST.replace("?)", "?, 'l2')"), (QUERY,)).path == "matrix"
    assert (
        indexed.explain_vector(NEAREST.replace(" ORDER", " WHERE kind = 1 ORDER"), (QUERY,)).path == "matrix"
    )
    assert (
        indexed.explain_vector(NEAREST.replace("AS d", "AS d").replace("BY d", "BY d DESC"), (QUERY,)).path
        == "matrix"
    )


@pytest.mark.parametrize(
    ("operators", "metric"), [("vector_l2_ops", "l2"), ("vector_ip_ops", "dot"), ("", "cosine")]
)
def test_each_metric_has_its_operators(docs, operators, metric):
    docs.execute(f"CREATE INDEX near ON docs USING BITS (embedding {operators})")
    (stats,) = docs.vector_index_stats("near")
    assert (stats.metric, stats.method, stats.rows) == (metric, "bits", 1500)
    query = NEAREST.replace("?)", f"?, '{metric}')")
    right = set(nearest(docs, QUERY, query.replace("FROM docs", "FROM docs NOT INDEXED")))
    assert len(right & set(nearest(docs, QUERY, query))) >= 8


def test_what_is_known_of_it(by_bits):
    indexed = by_bits
    (stats,) = indexed.vector_index_stats()
    assert stats == indexed.vector_index_stats("NEAR")[0]
    assert (stats.name, stats.table, stats.column, stats.rows, stats.changed_rows) == (
        "near",
        "docs",
        "embedding",
        1500,
        0,
    )
    assert 0.9 <= stats.recall <= 1
    assert (stats.options, stats.stale) == ({"rescore": 100}, False)
    assert stats.bytes == 1500 * (8 + 32)
    with pytest.raises(sqlite3.OperationalError, match="no approximate index 'far'"):
        indexed.vector_index_stats("far")


def test_rows_are_looked_at_again_until_the_recall_is_reached(docs):
    docs.execute("CREATE INDEX near ON docs USING bits (embedding) WITH (recall = 0.8)")
    low = docs.vector_index_stats("near")[0]
    docs.execute("DROP INDEX near")
    docs.execute("CREATE INDEX near ON docs USING bits (embedding) WITH (recall = 1)")
    high = docs.vector_index_stats("near")[0]
    assert low.recall >= 0.8 and high.recall == 1
    assert low.options["rescore"] <= high.options["rescore"]


# -- kept true ---------------------------------------------------------------------------------------------------------


def test_inserts_updates_and_deletes_are_seen(indexed):
    indexed.execute("INSERT INTO docs VALUES (9000, 0, ?)", (QUERY,))
    assert nearest(indexed)[0] == 9000
    indexed.execute("UPDATE docs SET embedding = ? WHERE id = 5", (QUERY,))
    assert nearest(indexed)[:2] == [5, 9000]
    indexed.execute("DELETE FROM docs WHERE id = 5")
    indexed.execute("UPDATE docs SET embedding = NULL WHERE id = 9000")
    assert not {5, 9000} & set(nearest(indexed))
    assert indexed.vector_index_stats("near")[0].rows == 1499
    assert indexed.explain_vector(NEAREST, (QUERY,)).path == "index"


def test_what_is_rolled_back_is_not(indexed):
    before = nearest(indexed)
    indexed.execute("INSERT INTO docs VALUES (9000, 0, ?)", (QUERY,))
    assert nearest(indexed)[0] == 9000
    indexed.rollback()
    assert nearest(indexed) == before
    indexed.execute("INSERT INTO docs VALUES (9001, 0, ?)", (QUERY,))
    assert nearest(indexed)[0] == 9001


def test_rows_that_replace_takes_away(indexed):
    indexed.execute("CREATE UNIQUE INDEX by_kind ON docs (kind, id)")
    indexed.execute("CREATE TABLE other (a)")
    indexed.execute("ALTER TABLE docs ADD COLUMN code INTEGER")
    indexed.execute("UPDATE docs SET code = id")
    indexed.execute("CREATE UNIQUE INDEX by_code ON docs (code)")
    first = nearest(indexed)
    for rowid in first[:5]:
        indexed.execute("REPLACE INTO docs (id, code) VALUES (?, ?)", (rowid + 50_000, rowid))
    now = nearest(indexed)
    assert len(now) == 10
    assert not set(first[:5]) & set(now)


def test_other_processes_need_not_know_of_it(indexed, file):
    nearest(indexed)
    program = f"""
        import sqlite3
        conn = sqlite3.connect({str(file)!r})
        vector = bytes.fromhex({QUERY.tobytes().hex()!r})
        conn.execute("INSERT INTO docs VALUES (9000, 0, ?)", (vector,))
        conn.execute("UPDATE docs SET embedding = ? WHERE id = 5", (vector,))
        conn.execute("DELETE FROM docs WHERE id = 6")
        conn.commit()
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)
    assert nearest(indexed)[:2] == [5, 9000]


def test_it_is_there_when_the_file_is_opened_again(indexed, open_vector, file):
    indexed.execute("INSERT INTO docs VALUES (9000, 0, ?)", (QUERY,))
    indexed.commit()
    from heliosdb_vector.memory.cache import CACHE

    CACHE.clear()
    other = open_vector(file)
    assert other.explain_vector(NEAREST, (QUERY,)).path == "index"
    assert nearest(other)[0] == 9000
    assert other.vector_index_stats("near")[0].changed_rows == 1


def test_its_contents_are_stored_again_after_many_changes(indexed, monkeypatch):
    monkeypatch.setattr("heliosdb_vector.index.searching._STORED_AGAIN", 100)
    indexed.executemany(
        "INSERT INTO docs VALUES (?, 0, ?)", [(10_000 + i, v) for i, v in enumerate(some(500))]
    )
    indexed.commit()
    nearest(indexed)
    (stats,) = indexed.vector_index_stats("near")
    assert (stats.rows, stats.changed_rows) == (2000, 0)
    assert stats.bytes >= 2000 * 40


def test_it_is_built_again_when_the_log_does_not_reach_back(indexed, plain):
    nearest(indexed)
    plain.execute("UPDATE docs SET embedding = ? WHERE id = 5", (QUERY.tobytes(),))
    plain.execute("UPDATE docs SET embedding = ? WHERE id = 6", (QUERY.tobytes(),))
    plain.execute("DELETE FROM heliosdb_vector_log WHERE seq = 1")
    plain.commit()
    assert indexed.vector_index_stats("near")[0].stale
    assert nearest(indexed)[:2] == [5, 6]
    assert not indexed.vector_index_stats("near")[0].stale


def test_reindex_builds_it_again(indexed, plain):
    plain.execute("DELETE FROM heliosdb_vector_index_part")
    plain.execute("DELETE FROM heliosdb_vector_index")
    plain.commit()
    assert indexed.vector_index_stats("near")[0].stale
    indexed.execute("REINDEX near")
    assert indexed.vector_index_stats("near")[0].rows == 1500


@pytest.mark.parametrize(
    "change", ["ALTER TABLE docs RENAME TO papers", "ALTER TABLE docs RENAME COLUMN embedding TO v", "VACUUM"]
)
def test_it_follows_its_table(indexed, change):
    before = nearest(indexed)
    indexed.execute(change)
    query = NEAREST
    if "TO papers" in change:
        query = query.replace("docs", "papers")
    if "TO v" in change:
        query = query.replace("embedding", "v")
    assert indexed.explain_vector(query, (QUERY,)).path == "index"
    assert nearest(indexed, QUERY, query) == before


def test_dropping(indexed, plain, create):
    indexed.execute("DROP INDEX near")
    assert indexed.vector_index_stats() == []
    assert indexed.explain_vector(NEAREST, (QUERY,)).path == "matrix"
    assert plain.execute("SELECT count(*) FROM heliosdb_vector_index_part").fetchone() == (0,)
    indexed.execute(create)
    plain.execute("DROP INDEX near")
    plain.commit()
    assert indexed.explain_vector(NEAREST, (QUERY,)).path == "matrix"
    indexed.execute(create)
    indexed.execute("DROP TABLE docs")
    assert indexed.vector_index_stats() == []
    assert plain.execute("SELECT count(*) FROM heliosdb_vector_index_part").fetchone() == (0,)


def test_a_drop_that_is_refused_leaves_no_transaction_open(indexed):
    indexed.execute("PRAGMA foreign_keys = ON")
    indexed.execute("CREATE TABLE child (doc REFERENCES docs)")
    indexed.execute("INSERT INTO child VALUES (1)")
    indexed.commit()
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        indexed.execute("DROP TABLE docs")
    assert not indexed.in_transaction
    assert indexed.explain_vector(NEAREST, (QUERY,)).path == "index"
    indexed.execute("DROP TABLE heliosdb_vector_index_part")
    indexed.execute("DROP TABLE heliosdb_vector_index")
    assert len(nearest(indexed)) == 10


def test_a_dump_and_a_backup_have_it(indexed, open_vector):
    right = nearest(indexed)
    copy = open_vector()
    indexed.backup(copy)
    again = open_vector()
    again.executescript("\n".join(indexed.iterdump()))
    for conn in (copy, again):
        assert conn.explain_vector(NEAREST, (QUERY,)).path == "index"
        assert nearest(conn) == right
        conn.execute("INSERT INTO docs VALUES (9000, 0, ?)", (QUERY,))
        assert nearest(conn)[0] == 9000


def test_plain_sqlite_reads_and_writes_the_table(indexed, plain):
    assert plain.execute("SELECT count(*) FROM docs").fetchone() == (1500,)
    assert ("near",) in plain.execute("SELECT name FROM pragma_index_list('docs')").fetchall()
    plain.execute("INSERT INTO docs VALUES (9000, 0, ?)", (QUERY.tobytes(),))
    plain.execute("VACUUM") if not plain.in_transaction else plain.rollback()
    assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# -- making it ---------------------------------------------------------------------------------------------------------


def test_progress_is_told_and_can_cancel(docs, create):
    seen = []
    docs.vector_index_progress(lambda *told: seen.append(told))
    docs.execute(create)
    assert seen[-1] == ("near", 1500, 1500)
    docs.execute("DROP INDEX near")
    docs.vector_index_progress(lambda *told: False)
    with pytest.raises(
        sqlite3.OperationalError, match="'near' was not made: its progress callback cancelled it"
    ):
        docs.execute(create)
    assert docs.vector_index_stats() == []
    assert docs.execute(
        "SELECT name FROM sqlite_master WHERE name LIKE 'heliosdb_vector_index%'"
    ).fetchall() != [1]
    assert not docs.in_transaction
    docs.vector_index_progress(None)
    docs.execute(create)
    assert docs.vector_index_stats()[0].rows == 1500


def test_a_transaction_takes_it_back(docs, create):
    docs.execute("BEGIN")
    docs.execute(create)
    assert docs.explain_vector(NEAREST, (QUERY,)).path == "index"
    docs.rollback()
    assert docs.vector_index_stats() == []
    assert docs.explain_vector(NEAREST, (QUERY,)).path == "matrix"


def test_if_not_exists_and_a_name_that_is_taken(indexed, create):
    indexed.execute(create.replace("INDEX near", "INDEX IF NOT EXISTS near"))
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        indexed.execute(create)
    assert len(indexed.vector_index_stats()) == 1


def test_without_a_name_it_is_called_after_its_column(docs):
    docs.executescript("CREATE INDEX ON docs USING bits (embedding vector_cosine_ops);")
    assert docs.vector_index_stats()[0].name == "docs_embedding_idx"


def test_in_an_attached_database_and_in_memory(open_vector, tmp_path):
    conn = open_vector()
    conn.execute("ATTACH ? AS other", (str(tmp_path / "other.db"),))
    for place in ("main", "other"):
        conn.execute(f"CREATE TABLE {place}.docs (id INTEGER PRIMARY KEY, kind, embedding VECTOR(32))")
        conn.executemany(
            f"INSERT INTO {place}.docs VALUES (?, ?, ?)", [(i, i % 7, v) for i, v in enumerate(ROWS)]
        )
        conn.execute(f"CREATE INDEX {place}.near ON docs USING bits (embedding) WITH (rescore = 200)")
        query = NEAREST.replace("docs", f"{place}.docs")
        assert conn.explain_vector(query, (QUERY,)).path == "index"
        conn.execute(f"UPDATE {place}.docs SET embedding = ? WHERE id = 5", (QUERY,))
        assert nearest(conn, QUERY, query)[0] == 5
        conn.commit()


def test_dropping_one_leaves_attached_databases_alone(open_vector, tmp_path):
    table = "CREATE TABLE docs (id INTEGER PRIMARY KEY, embedding VECTOR(32))"
    other = open_vector(tmp_path / "other.db")
    conn = open_vector(tmp_path / "app.db", uri=True)
    for each in (other, conn):
        each.executescript(f"{table}; CREATE INDEX near ON docs USING bits (embedding)")
    with sqlite3.connect(tmp_path / "other.db") as plain:
        plain.execute("DROP INDEX near")  # and what is stored of it stays
    plain.close()
    conn.execute(f'ATTACH \'file:{tmp_path / "other.db"}?mode=ro\' AS "the ""other"""')
    conn.execute("DROP INDEX near")
    assert conn.vector_index_stats() == []
    assert conn.execute("SELECT count(*) FROM heliosdb_vector_index").fetchone() == (0,)


WRONG = {
    "CREATE INDEX i ON docs USING hnsww (embedding)": "no index method 'hnsww'",
    "CREATE INDEX i ON docs USING bits (embedding vector_l3_ops)": "no operator class 'vector_l3_ops'",
    "CREATE INDEX i ON docs USING bits (embedding, kind)": "on one column",
    "CREATE INDEX i ON docs USING bits (embedding) WITH (lists = 5)": "bits has no option 'lists'",
    "CREATE INDEX i ON docs USING bits (embedding) WITH (recall = 2)": "a number from 0.5 to 1",
    "CREATE INDEX i ON docs USING bits (kind)": "not declared VECTOR",
    "CREATE INDEX i ON nowhere USING bits (kind)": "no such table",
    "CREATE INDEX i ON docs USING bits (embedding) WHERE kind = 1": "is not understood",
}


@pytest.mark.parametrize(("sql", "message"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_is_said_and_nothing_is_made(docs, sql, message):
    with pytest.raises(sqlite3.Error, match=message):
        docs.execute(sql)
    assert docs.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall() == []
    assert not docs.in_transaction


def test_an_empty_table_and_odd_values(open_vector, plain, file, create):
    conn = open_vector(file)
    conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, kind, embedding VECTOR(32))")
    conn.execute(create)
    assert nearest(conn) == []
    conn.executemany("INSERT INTO docs VALUES (?, 0, ?)", list(enumerate(ROWS[:1000])))
    conn.commit()
    plain.execute("PRAGMA ignore_check_constraints = ON")
    plain.execute("UPDATE docs SET embedding = ? WHERE id = 1", (str(QUERY.tolist()),))
    plain.execute("UPDATE docs SET embedding = ? WHERE id = 2", (np.full(32, np.nan, "f4").tobytes(),))
    plain.execute("UPDATE docs SET embedding = zeroblob(128) WHERE id = 3")
    plain.commit()
    assert nearest(conn)[0] == 1
    assert not {2, 3} & set(nearest(conn))
