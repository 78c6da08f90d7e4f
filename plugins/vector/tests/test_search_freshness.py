"""A search from memory sees what SQLite would see: own changes, committed or not, undone or not, and those of others."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import heliosdb_sqlite

QUERY = np.random.default_rng(3).normal(size=8).astype("f4")
NEAREST = "SELECT id, vector_distance(embedding, ?, 'l2') AS d FROM docs ORDER BY d LIMIT 12"
LOG = "heliosdb_vector_log"


@pytest.fixture(params=["logged", "not logged"])
def searched(request, filled, slow):
    """A connection that has searched before, and whether the answers are still the right ones."""
    if request.param == "not logged":
        from heliosdb_vector.memory.freshness import freshness_of

        freshness_of(filled).log = False

    def check(connection=filled):
        got = connection.execute(NEAREST, (QUERY,)).fetchall()
        right = [tuple(row) for row in connection.execute(NEAREST.replace("LIMIT 12", ""), (QUERY,))][:12]
        assert got == right
        return [row[0] for row in got]

    check()
    assert filled.explain_vector(NEAREST, (QUERY,)).path == "matrix"
    return filled, check


CHANGES = {
    "INSERT": "INSERT INTO docs (id, embedding) VALUES (5000, :q)",
    "UPDATE": "UPDATE docs SET embedding = :q WHERE id = 31",
    "UPDATE of the key": "UPDATE docs SET id = 7777 WHERE id = (SELECT id FROM docs ORDER BY vector_distance(embedding, :q, 'l2') LIMIT 1)",
    "to NULL": "UPDATE docs SET embedding = NULL WHERE id % 2",
    "DELETE": "DELETE FROM docs WHERE id IN (SELECT id FROM docs ORDER BY vector_distance(embedding, :q, 'l2') LIMIT 5)",
    "DELETE of all": "DELETE FROM docs",
    "REPLACE": "REPLACE INTO docs (id, embedding) VALUES (61, :q)",
    "UPSERT": "INSERT INTO docs (id, embedding) VALUES (61, :q) ON CONFLICT (id) DO UPDATE SET embedding = excluded.embedding",
    "RETURNING": "UPDATE docs SET embedding = :q WHERE id < 100 RETURNING id",
    "another column": "UPDATE docs SET title = 'new'",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_own_changes_are_seen_before_they_are_committed_and_not_after_a_rollback(searched, change):
    conn, check = searched
    before = check()
    conn.execute("BEGIN")
    conn.execute(change, {"q": QUERY}).fetchall()
    during = check()
    conn.rollback()
    assert check() == before
    conn.execute(change, {"q": QUERY}).fetchall()
    assert check() == during
    conn.commit()
    assert check() == during


def test_as_many_changes_as_were_undone(searched):
    conn, check = searched
    for rowid in (31, 61, 91):
        conn.execute("UPDATE docs SET embedding = ? WHERE id = ?", (QUERY, rowid))
        assert check()[0] == rowid
        conn.rollback()
    conn.execute("UPDATE docs SET embedding = ? WHERE id = 121", (QUERY,))
    conn.commit()
    assert check()[0] == 121


def test_a_savepoint_that_is_rolled_back(searched):
    conn, check = searched
    conn.execute("BEGIN")
    conn.execute("UPDATE docs SET embedding = ? WHERE id = 31", (QUERY,))
    conn.execute("SAVEPOINT one")
    conn.execute("UPDATE docs SET embedding = ? WHERE id = 4", (QUERY,))
    assert check()[:2] == [4, 31]
    conn.execute("ROLLBACK TO one")
    assert 4 not in check()[:1]
    conn.execute("UPDATE docs SET embedding = ? WHERE id = 7", (QUERY,))
    assert check()[:2] == [7, 31]
    conn.execute("RELEASE one")
    conn.commit()
    assert check()[:2] == [7, 31]


def test_a_failing_statement_that_rolls_back(searched):
    conn, check = searched
    conn.execute("UPDATE docs SET embedding = ? WHERE id = 31", (QUERY,))
    check()
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("INSERT OR ROLLBACK INTO docs (id, embedding) VALUES (1, ?)", (QUERY,))
    assert check()[0] != 31


def test_replace_takes_other_rows_away_without_a_trigger(searched):
    conn, check = searched
    conn.execute("CREATE UNIQUE INDEX one_title ON docs (title)")
    (nearest, *_) = check()
    (title,) = conn.execute("SELECT title FROM docs WHERE id = ?", (nearest,)).fetchone()
    conn.execute("REPLACE INTO docs (id, title, embedding) VALUES (9000, ?, NULL)", (title,))
    assert nearest not in check()
    conn.commit()
    for rowid in check()[:8]:
        conn.execute(
            "REPLACE INTO docs (id, title) SELECT id + 20000, title FROM docs WHERE id = ?", (rowid,)
        )
    conn.commit()
    check()


@pytest.mark.parametrize("back", ["ROLLBACK", "ROLLBACK TO one"])
@pytest.mark.parametrize("by", ["matrix", "index"])
def test_rows_that_replace_took_away_come_back_with_a_rollback(filled, back, by):
    filled.execute("CREATE UNIQUE INDEX one_title ON docs (title)")
    if by == "index":
        filled.execute("CREATE INDEX near ON docs USING bits (embedding vector_l2_ops) WITH (rescore = 150)")
    before = filled.execute(NEAREST, (QUERY,)).fetchall()
    assert filled.explain_vector(NEAREST, (QUERY,)).path == by
    filled.execute("BEGIN")
    filled.execute("SAVEPOINT one")
    for rowid, _ in before[:3]:
        filled.execute(
            "REPLACE INTO docs (id, title) SELECT id + 20000, title FROM docs WHERE id = ?", (rowid,)
        )
    assert not {row[0] for row in before[:3]} & {row[0] for row in filled.execute(NEAREST, (QUERY,))}
    filled.execute(back)
    assert filled.execute(NEAREST, (QUERY,)).fetchall() == before


def test_what_another_connection_commits(searched, plain):
    _, check = searched
    plain.execute("UPDATE docs SET embedding = ? WHERE id = 31", (QUERY.tobytes(),))
    assert check()[0] != 31
    plain.commit()
    assert check()[0] == 31
    plain.execute("DELETE FROM docs WHERE id = 31")
    plain.execute("INSERT INTO docs (id, embedding) VALUES (3, ?)", (QUERY.tobytes(),))
    plain.commit()
    assert check()[0] == 3


def test_what_another_process_commits(searched, file):
    _, check = searched
    program = f"""
        import sqlite3
        conn = sqlite3.connect({str(file)!r})
        conn.execute("UPDATE docs SET embedding = ? WHERE id IN (61, 64)", (bytes.fromhex({QUERY.tobytes().hex()!r}),))
        conn.commit()
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)
    assert check()[:2] == [61, 64]


def test_an_older_read_transaction_keeps_its_view(filled, open_vector, file, searched):
    conn, check = searched
    conn.execute("PRAGMA journal_mode = WAL")
    before = check()
    conn.execute("BEGIN")
    assert check() == before
    other = open_vector(file)
    other.execute("UPDATE docs SET embedding = ? WHERE id = 31", (QUERY,))
    other.commit()
    assert other.execute(NEAREST, (QUERY,)).fetchone()[0] == 31
    assert check() == before
    assert other.execute(NEAREST, (QUERY,)).fetchone()[0] == 31
    conn.commit()
    assert check()[0] == 31


def test_uncommitted_changes_are_no_other_connections(searched, open_vector, file):
    conn, check = searched
    conn.execute("PRAGMA journal_mode = WAL")
    other = open_vector(file)
    before = check(other)
    conn.execute("UPDATE docs SET embedding = ? WHERE id = 31", (QUERY,))
    assert check()[0] == 31
    assert check(other) == before
    assert check()[0] == 31
    conn.commit()
    assert check(other)[0] == 31


def test_vacuum_may_renumber_rows(open_vector, log_at_once, vectors):
    conn = open_vector()
    conn.execute("CREATE TABLE docs (title TEXT, embedding VECTOR(8))")
    conn.executemany("INSERT INTO docs VALUES (?, ?)", [(str(i), v) for i, v in enumerate(vectors[:200])])
    conn.execute("DELETE FROM docs WHERE rowid < 100")
    conn.commit()
    query = "SELECT title FROM docs ORDER BY vector_distance(embedding, ?, 'l2') LIMIT 3"
    before = conn.execute(query, (vectors[150],)).fetchall()
    conn.execute("VACUUM")
    assert conn.execute(query, (vectors[150],)).fetchall() == before
    assert before[0] == ("150",)


SCHEMA = {
    "another table": "CREATE TABLE another (a)",
    "ADD COLUMN": "ALTER TABLE docs ADD COLUMN more TEXT",
    "DROP COLUMN": "ALTER TABLE docs DROP COLUMN kind",
    "RENAME COLUMN": "ALTER TABLE docs RENAME COLUMN title TO heading",
    "a second vector": "ALTER TABLE docs ADD COLUMN second VECTOR(3)",
    "VACUUM": "VACUUM",
    "REINDEX": "REINDEX",
}


@pytest.mark.parametrize("change", SCHEMA.values(), ids=SCHEMA)
@pytest.mark.parametrize("who", ["conn", "plain"])
def test_the_schema_changes(searched, plain, change, who):
    conn, check = searched
    before = check()
    if who == "plain" and "VECTOR" in change:
        change = change.replace("VECTOR(3)", "BLOB")
    (conn if who == "conn" else plain).execute(change)
    assert check() == before
    conn.execute("UPDATE docs SET embedding = ? WHERE id = 31", (QUERY,))
    assert check()[0] == 31
    conn.rollback()
    assert check() == before


def test_the_vector_column_is_renamed_and_dropped(filled):
    filled.execute(NEAREST, (QUERY,)).fetchall()
    filled.execute("ALTER TABLE docs RENAME COLUMN embedding TO v")
    query = NEAREST.replace("embedding", "v")
    before = filled.execute(query, (QUERY,)).fetchall()
    filled.execute("UPDATE docs SET v = ? WHERE id = 31", (QUERY,))
    assert filled.execute(query, (QUERY,)).fetchone()[0] == 31 != before[0][0]
    filled.commit()
    filled.execute("DROP INDEX docs_rare")
    filled.execute("ALTER TABLE docs RENAME TO papers")
    assert filled.execute(query.replace("docs", "papers"), (QUERY,)).fetchone()[0] == 31
    filled.execute("ALTER TABLE papers ADD COLUMN other BLOB")
    filled.execute("UPDATE papers SET v = NULL WHERE id = 31")
    assert filled.execute(query.replace("docs", "papers"), (QUERY,)).fetchone()[0] != 31


def test_a_table_that_is_dropped_and_made_again(filled, fill, vectors):
    first = filled.execute(NEAREST, (QUERY,)).fetchall()
    filled.execute("DROP TABLE docs")
    fill(filled, vectors[::-1].copy())
    second = filled.execute(NEAREST, (QUERY,)).fetchall()
    assert [row[1] for row in first][:3] != [] and second != first
    assert filled.explain_vector(NEAREST, (QUERY,)).path == "matrix"
    slow = filled.execute(NEAREST.replace("LIMIT 12", ""), (QUERY,)).fetchall()[:12]
    assert second == slow


def test_a_log_whose_end_is_gone_is_no_reason_to_trust_it(filled, plain):
    filled.execute(NEAREST, (QUERY,)).fetchall()
    for rowid in (31, 34, 37):
        plain.execute("UPDATE docs SET embedding = ? WHERE id = ?", (QUERY.tobytes(), rowid))
    plain.execute(f"DELETE FROM {LOG} WHERE seq < 3")
    plain.commit()
    assert [row[0] for row in filled.execute(NEAREST, (QUERY,))][:3] == [31, 34, 37]


def test_the_log_keeps_to_its_size(filled, monkeypatch):
    from heliosdb_vector.memory import changes

    filled.execute(NEAREST, (QUERY,)).fetchall()
    filled.execute(f"UPDATE {LOG} SET seq = seq")
    before = filled.execute(f"SELECT count(*) FROM {LOG}").fetchone()[0]
    assert before == 0
    for _ in range(2):
        filled.execute(
            f"INSERT INTO {LOG} (tbl, row, nonce) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "SELECT 1, i, random() FROM n",
            (changes.KEPT,),
        )
    filled.commit()
    kept = filled.execute(f"SELECT count(*) FROM {LOG}").fetchone()[0]
    assert changes.KEPT <= kept <= changes.KEPT + changes.PRUNED_EVERY
    assert len(filled.execute(NEAREST, (QUERY,)).fetchall()) == 12


def test_many_changes_at_once_have_the_column_read_anew(filled, plain, vectors):
    filled.execute(NEAREST, (QUERY,)).fetchall()
    random = np.random.default_rng(1)
    rows = [(3 * i, v.tobytes()) for i, v in enumerate(random.normal(size=(6000, 8)).astype("f4"), 1000)]
    plain.executemany("INSERT INTO docs (id, embedding) VALUES (?, ?)", rows)
    plain.commit()
    got = filled.execute(NEAREST, (QUERY,)).fetchall()
    assert got == filled.execute(NEAREST.replace("LIMIT 12", ""), (QUERY,)).fetchall()[:12]


def test_a_read_only_file(filled, file, open_vector):
    reader = open_vector(f"file:{file}?mode=ro", uri=True)
    assert reader.explain_vector(NEAREST, (QUERY,)).path == "matrix"
    before = reader.execute(NEAREST, (QUERY,)).fetchall()
    filled.execute("UPDATE docs SET embedding = ? WHERE id = 31", (QUERY,))
    assert reader.execute(NEAREST, (QUERY,)).fetchall() == before
    filled.commit()
    assert reader.execute(NEAREST, (QUERY,)).fetchone()[0] == 31


def test_a_search_writes_nothing_unless_changes_are_to_be_logged(open_vector, file, fill, vectors):
    conn = open_vector(file, vector_change_log=False)
    fill(conn, vectors)
    names = "SELECT name FROM sqlite_master WHERE name LIKE 'heliosdb%'"
    conn.execute(NEAREST, (QUERY,)).fetchall()
    assert conn.execute(names).fetchall() == []
    small = open_vector(file)
    small.execute(NEAREST, (QUERY,)).fetchall()
    assert small.execute(names).fetchall() == []  # 400 rows are read anew in no time


def test_a_search_leaves_what_the_program_can_see_of_its_last_change(filled):
    filled.execute("INSERT INTO docs (id, embedding) VALUES (5000, ?)", (QUERY,))
    filled.commit()
    filled.execute(NEAREST, (QUERY,)).fetchall()
    assert filled.execute("SELECT last_insert_rowid(), changes()").fetchone() == (5000, 1)
    cursor = filled.execute("INSERT INTO docs (id, embedding) VALUES (5001, ?)", (QUERY,))
    assert (cursor.lastrowid, cursor.rowcount) == (5001, 1)


def test_a_search_does_not_wait_for_a_writer(filled, plain, open_vector, file):
    plain.execute("BEGIN IMMEDIATE")
    other = open_vector(file, timeout=60)
    assert len(other.execute(NEAREST, (QUERY,)).fetchall()) == 12
    assert other.execute("PRAGMA busy_timeout").fetchone() == (60_000,)


def test_a_transaction_that_only_reads_takes_no_lock(filled, open_vector, file):
    reader = open_vector(file)
    reader.execute("BEGIN")
    reader.execute(NEAREST, (QUERY,)).fetchall()
    filled.execute("UPDATE docs SET title = 'x' WHERE id = 1")  # would be locked
    filled.rollback()


def test_a_backup_and_a_dump_are_searched_like_the_original(filled, open_vector):
    right = filled.execute(NEAREST, (QUERY,)).fetchall()
    copy = open_vector()
    filled.backup(copy)
    assert copy.execute(NEAREST, (QUERY,)).fetchall() == right
    copy.execute("UPDATE docs SET embedding = ? WHERE id = 31", (QUERY,))
    assert copy.execute(NEAREST, (QUERY,)).fetchone()[0] == 31
    again = open_vector()
    again.executescript("\n".join(filled.iterdump()))
    assert again.execute(NEAREST, (QUERY,)).fetchall() == right
    again.execute("UPDATE docs SET embedding = ? WHERE id = 31", (QUERY,))
    assert again.execute(NEAREST, (QUERY,)).fetchone()[0] == 31
    assert filled.execute(NEAREST, (QUERY,)).fetchall() == right


def test_a_backup_over_a_database_that_has_been_searched(filled, open_vector, fill, vectors):
    conn = open_vector()
    fill(conn, vectors[::-1].copy())
    conn.execute(NEAREST, (QUERY,)).fetchall()
    filled.execute(NEAREST, (QUERY,)).fetchall()
    filled.backup(conn)
    assert conn.execute(NEAREST, (QUERY,)).fetchall() == filled.execute(NEAREST, (QUERY,)).fetchall()


def test_each_thread_with_its_own_connection(filled, file):
    filled.execute("PRAGMA journal_mode = WAL")
    filled.execute(NEAREST, (QUERY,)).fetchall()

    def work(number):
        conn = heliosdb_sqlite.connect(file, enable_vector_search=True, timeout=30)
        try:
            random = np.random.default_rng(number)
            for step in range(8):
                rowid = 10_000 + number * 100 + step
                vector = random.normal(size=8).astype("f4")
                with conn:
                    conn.execute("INSERT INTO docs (id, embedding) VALUES (?, ?)", (rowid, vector))
                assert conn.execute(NEAREST, (vector,)).fetchone()[0] == rowid
                with conn:
                    conn.execute("DELETE FROM docs WHERE id = ?", (rowid - 1,))
        finally:
            conn.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    got = filled.execute(NEAREST, (QUERY,)).fetchall()
    assert got == filled.execute(NEAREST.replace("LIMIT 12", ""), (QUERY,)).fetchall()[:12]


def test_memory_is_bounded(open_vector, fill, vectors, file, monkeypatch):
    from heliosdb_vector.memory.cache import CACHE
    from heliosdb_vector.memory.freshness import freshness_of

    conn = open_vector(file)
    fill(conn, vectors)
    freshness_of(conn).limit = 300 * 44
    assert "vector_cache_mb" in conn.explain_vector(NEAREST, (QUERY,)).reason
    freshness_of(conn).limit = 4 * 400 * 44
    others = [open_vector(file) for _ in range(20)]
    for other in others:
        freshness_of(other).limit = 4 * 400 * 44
        assert other.explain_vector(NEAREST, (QUERY,)).path == "matrix"
    assert CACHE.bytes <= 4 * 400 * 44


def test_a_closed_connection_keeps_nothing_in_memory(open_vector, fill, vectors):
    from heliosdb_vector.memory.cache import CACHE

    conn = open_vector()
    fill(conn, vectors)
    conn.execute(NEAREST, (QUERY,)).fetchall()
    assert CACHE.bytes > 0
    conn.close()
    assert CACHE.bytes == 0


@pytest.mark.parametrize("factory", [bytes, lambda text: text.decode().upper()])
def test_whatever_texts_are_made_into(open_vector, tmp_path, fill, vectors, log_at_once, factory):
    conn = open_vector(tmp_path / "ä.db")
    fill(conn, vectors)
    right = conn.execute(NEAREST, (QUERY,)).fetchall()
    conn.text_factory = factory
    conn.execute("CREATE INDEX near ON docs USING bits (embedding vector_l2_ops)")
    assert conn.execute(NEAREST + " ", (QUERY,)).fetchall() == right
    assert conn.vector_index_stats("near")[0].name == "near"
    conn.execute("UPDATE docs SET embedding = ? WHERE id = 31", (QUERY,))
    assert conn.execute(NEAREST, (QUERY,)).fetchone()[0] == 31
    assert conn.explain_vector(NEAREST, (QUERY,)).path == "matrix"
