"""The copy on which statements are tried: what it holds, how big it may be, and that it is nowhere else."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite import connection_pool

FIND = "SELECT note FROM people WHERE name = ?"


def test_a_table_above_the_limit_is_sampled_and_the_result_is_marked(conn):
    conn.execute(FIND, ("n7",)).fetchall()
    report = conn.get_query_report(megabytes=0.1)
    (found,) = report.suggestions
    assert found.estimated and not found.measured
    assert found.suggested_index.endswith('ON "people" ("name")')
    (note,) = found.notes
    assert note.startswith("estimated: measured on ")
    assert any(each.startswith("people was judged by a sample: ") for each in report.notes)
    complete = conn.get_query_suggestions()[0].index_bytes
    assert complete / 2 < found.index_bytes < complete * 2


def test_a_sample_comes_from_everywhere_and_knows_how_many_rows_there_are(conn, load):
    from heliosdb_sqlite.tuning.analyzer.schema.catalog import Catalog
    from heliosdb_sqlite.tuning.analyzer.schema.reader import Reader
    from heliosdb_sqlite.tuning.analyzer.trial.copy import Trial
    from heliosdb_sqlite.tuning.analyzer.trial.rows import copy_rows

    load("CREATE TABLE t (a)", "INSERT INTO t (rowid, a) VALUES (?, ?)", [(n * 3, n) for n in range(50_000)])
    reader = Reader.past_hooks(conn)
    catalog = Catalog(reader)
    with closing(Trial(catalog, reader)) as trial:
        copied = copy_rows(trial, catalog.tables["main", "t"], reader, 100_000, time.monotonic() + 10)
        places = trial.connection.execute("SELECT a / 5000, count(*) FROM t GROUP BY 1").fetchall()
    assert not copied.complete
    assert copied.rows < 20_000
    assert 25_000 < copied.total < 100_000
    assert [place for place, _ in places] == list(range(10))


@pytest.mark.parametrize(
    "values", [range(1), range(50_000, 0, -1), range(-(2**63), -(2**63) + 20_000), [2**63 - 1, 5]]
)
def test_every_row_is_copied_where_there_is_room(conn, load, values):
    load("CREATE TABLE t (a)", "INSERT INTO t (rowid, a) VALUES (?, 1)", [(n,) for n in values])
    conn.execute("SELECT count(*) FROM t WHERE a = 2").fetchall()
    report = conn.get_query_report()
    assert not any("sample" in note for note in report.notes)


def test_time_is_bounded(conn):
    conn.execute(
        "SELECT count(*) FROM (SELECT 1 FROM people a, people b WHERE a.name < b.note LIMIT 10)"
    ).fetchall()
    for record in conn._session.state["analyzer"].workload.statements():
        sample = record.samples[0]
        record.samples[0] = sample._replace(text=sample.text.replace("LIMIT 10", "LIMIT 1000000000"))
    started = time.monotonic()
    report = conn.get_query_report(seconds=0.5)
    assert time.monotonic() - started < 20  # it would take minutes
    assert all(each.estimated for each in report.suggestions)


def test_nothing_reaches_the_disk(tmp_path):
    """A file that SQLite makes and removes again leaves its trace: the time at which the folder changed."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    code = """
import heliosdb_sqlite, os, sys
conn = heliosdb_sqlite.connect(":memory:")
conn.execute("CREATE TABLE t (a TEXT, b TEXT)")
conn.executemany("INSERT INTO t VALUES (?, ?)", ((f"{n * 7919 % 30000:080}", "b" * 80) for n in range(30000)))
conn.commit()
conn.enable_query_analyzer()
conn.execute("SELECT count(*) FROM t WHERE a = 'x'").fetchall()
conn.execute("SELECT a FROM t WHERE b > 'a' LIMIT 1").fetchall()
for record in conn._session.state["analyzer"].workload.statements():
    if "LIMIT" in record.query:  # sorts all of it, on the copy alone
        record.samples[0] = record.samples[0]._replace(text="SELECT a, b FROM t WHERE b > 'a' ORDER BY b, a")
before = os.stat(sys.argv[1]).st_mtime_ns
report = conn.get_query_report(seconds=120)
assert report.suggestions and not report.skipped, report
assert os.stat(sys.argv[1]).st_mtime_ns == before
"""
    environment = {**os.environ, "SQLITE_TMPDIR": str(folder), "TMPDIR": str(folder)}
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder)], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


def test_the_copy_of_a_readable_file_sorts_as_the_program_does(conn):
    from heliosdb_sqlite.tuning.analyzer.schema.catalog import Catalog
    from heliosdb_sqlite.tuning.analyzer.schema.reader import Reader
    from heliosdb_sqlite.tuning.analyzer.trial.copy import Trial

    def sorts_in():
        reader = Reader.past_hooks(conn)
        with closing(Trial(Catalog(reader), reader)) as trial:
            return trial.connection.execute("PRAGMA temp_store").fetchone()[0]

    assert sorts_in() == 0
    conn.execute("ATTACH ':memory:' AS secret")
    assert sorts_in() == 2
    conn.execute("DETACH secret")
    conn.execute("PRAGMA temp_store = MEMORY")
    assert sorts_in() == 2


def test_sqlite_that_must_sort_in_files_is_refused(monkeypatch):
    from heliosdb_sqlite.tuning.analyzer.trial import copy

    with closing(sqlite3.connect(":memory:")) as connection:
        options = connection.execute("PRAGMA compile_options").fetchall()
    assert ("TEMP_STORE=0",) not in options

    class Fixed:
        def execute(self, _):
            return [(b"TEMP_STORE=0",)]

    with pytest.raises(sqlite3.NotSupportedError, match="must stay in memory"):
        copy._refuse_files(Fixed())


def test_converters_factories_and_texts_that_are_no_utf8(tmp_path):
    with closing(
        heliosdb_sqlite.connect(tmp_path / "a.db", query_analyzer=True, detect_types=sqlite3.PARSE_DECLTYPES)
    ) as conn:
        sqlite3.register_converter("ODD", lambda _: 1 / 0)
        conn.execute("CREATE TABLE t (a ODD, b TEXT, c BLOB)")
        conn.executemany(
            "INSERT INTO t VALUES (?, CAST(? AS TEXT), ?)", ((n, b"\xff\xfe", b"\xff") for n in range(5000))
        )
        conn.commit()
        conn.row_factory = sqlite3.Row
        conn.text_factory = bytes
        conn.execute("SELECT c FROM t WHERE a = 7").fetchall()
        for record in conn._session.state["analyzer"].workload.statements():
            record.runs = 1
        (found,) = conn.get_query_suggestions()
        assert 'ON "t" ("a"' in found.suggested_index
        assert conn.text_factory is bytes


def test_functions_and_collations_of_the_program_are_asked(conn, load):
    conn.create_function("fold", 1, lambda text: text and text.lower(), deterministic=True)
    conn.create_collation("backwards", lambda a, b: (a[::-1] > b[::-1]) - (a[::-1] < b[::-1]))
    conn.execute("SELECT note FROM people WHERE name = fold(?)", ("N7",)).fetchall()
    (found,) = conn.get_query_suggestions()
    assert found.suggested_index.endswith('ON "people" ("name")')
    assert found.estimated
    assert "it calls fold() of the program" in found.notes[0]
    load(
        "CREATE TABLE t (a COLLATE backwards, b)",
        "INSERT INTO t VALUES (?, 1)",
        [(str(n),) for n in range(2000)],
    )
    conn.execute("SELECT b FROM t WHERE a = '7'").fetchall()
    assert any('ON "t" ("a")' in each.suggested_index for each in conn.get_query_suggestions())


def test_a_function_that_may_do_anything_is_not_called(conn):
    calls = []
    conn.create_function("audit", 1, calls.append)
    conn.execute("SELECT audit(name) FROM people WHERE name = 'n7'").fetchall()
    del calls[:]
    (skipped,) = conn.get_query_report().skipped
    assert skipped.skipped == "no such function: audit (on the copy)"
    assert calls == []


def test_virtual_tables_are_named_as_the_reason(conn):
    conn.executescript("CREATE VIRTUAL TABLE places USING rtree (id, a, b)")
    conn.execute("SELECT * FROM places WHERE a > 1").fetchall()
    (skipped,) = conn.get_query_report().skipped
    assert skipped.skipped == "places is a virtual table"


def test_a_statement_on_a_table_that_is_gone_is_skipped(conn):
    conn.execute("SELECT * FROM visits WHERE page = '/1'").fetchall()
    conn.execute("DROP TABLE visits")
    (skipped,) = conn.get_query_report().skipped
    assert skipped.skipped == "no such table: visits"


def test_what_like_means_on_the_connection_it_means_on_the_copy(conn):
    conn.execute("PRAGMA case_sensitive_like = ON")
    conn.execute("SELECT note FROM people WHERE name LIKE 'n77%'").fetchall()
    (found,) = conn.get_query_suggestions()
    assert 'ON "people" ("name"' in found.suggested_index


def test_a_pool_is_asked_through_any_of_its_connections(tmp_path, filled):
    with connection_pool.create(str(filled), pool_size=3, query_analyzer=True) as pool:
        with pool.connection() as one, pool.connection() as two:
            for each in (one, two):
                each.execute(FIND, ("n7",)).fetchall()
        with pool.connection() as any_of_them:
            report = any_of_them.get_query_report()
    assert report.queries[0].runs == 2
    assert len(report.suggestions) == 1


def test_suggestions_while_other_threads_write(conn, tmp_path):
    conn.execute(FIND, ("n7",)).fetchall()
    code = f"""
import sqlite3, time
conn = sqlite3.connect({str(tmp_path / "app.db")!r}, timeout=20)
while True:
    conn.execute("UPDATE people SET note = 'y' WHERE id = 1")
    conn.execute("INSERT INTO people (name) VALUES ('new')")
    conn.commit()
    print("x", flush=True)
    time.sleep(0.02)
"""
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout.readline() == "x\n"
        assert len(conn.get_query_suggestions()) == 1
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.communicate()
