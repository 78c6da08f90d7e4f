"""Nothing is suggested that makes a program slower."""

from __future__ import annotations

import time
from contextlib import closing

from heliosdb_sqlite.tuning.analyzer.judging.ground import Ground
from heliosdb_sqlite.tuning.analyzer.judging.harm import Harm
from heliosdb_sqlite.tuning.analyzer.judging.measuring import Query, Trialled
from heliosdb_sqlite.tuning.analyzer.recording.workload import Recorded, Sample
from heliosdb_sqlite.tuning.analyzer.schema.catalog import Catalog, Term
from heliosdb_sqlite.tuning.analyzer.schema.indexes import NewIndex
from heliosdb_sqlite.tuning.analyzer.schema.reader import Reader
from heliosdb_sqlite.tuning.analyzer.trial.copy import Trial
from heliosdb_sqlite.tuning.analyzer.trial.rows import copy_rows


def test_an_index_that_costs_the_writes_more_than_it_saves_is_not_suggested(conn, load):
    insert = "INSERT INTO log (line, at) VALUES (?, ?)"
    rows = [(f"line {n}", str(n)) for n in range(3000)]
    load("CREATE TABLE log (id INTEGER PRIMARY KEY, line TEXT, at TEXT)", insert, rows)
    conn.execute("SELECT line FROM log WHERE at = ?", ("70",)).fetchall()
    assert len(conn.get_query_suggestions()) == 1
    conn.executemany(insert, rows * 5)
    conn.commit()
    report = conn.get_query_report()
    assert report.suggestions == ()
    (note,) = report.notes
    assert note.startswith('not suggested: log ("at"')  # with the line or without it
    assert "cost those who write" in note


def test_an_index_that_slows_another_statement_down_is_not_suggested(conn, load):
    """SQLite takes the new index for the other statement too: it believes that few rows have any one value."""
    rows = [(f"{'k' * 60}{n * 7919 % 20_000:06}", n % 1000 == 7, n) for n in range(20_000)]
    load("CREATE TABLE t (k TEXT PRIMARY KEY, a, v) WITHOUT ROWID", "INSERT INTO t VALUES (?, ?, ?)", rows)
    conn.execute("SELECT * FROM t WHERE a = ?", (1,)).fetchall()
    assert len(conn.get_query_suggestions()) == 1
    conn.execute("SELECT count(v) FROM t WHERE a = ?", (0,)).fetchall()
    report = conn.get_query_report()
    if report.suggestions:
        # An index that has v too, and serves both. Whether it gains enough is the machine's to say.
        assert [each.suggested_index for each in report.suggestions if '("a")' in each.suggested_index] == []
        return
    (note,) = report.notes
    assert note.startswith('not suggested: t ("a"): it makes another statement')
    assert "SELECT count(v)" in note


def test_what_gains_nothing_noticeable_is_not_suggested(conn, load):
    load("CREATE TABLE few (a, b)", "INSERT INTO few VALUES (?, ?)", [(n, n) for n in range(20)])
    conn.execute("SELECT b FROM few WHERE a = ?", (7,)).fetchall()
    assert conn.get_query_suggestions() == []


def test_the_database_is_only_read(conn, tmp_path):
    conn.execute("SELECT note FROM people WHERE name = ?", ("n7",)).fetchall()
    conn.execute("DELETE FROM people WHERE born = ?", ("1900",))
    conn.commit()
    before = (tmp_path / "app.db").read_bytes(), conn.total_changes
    assert len(conn.get_query_suggestions()) > 0
    assert ((tmp_path / "app.db").read_bytes(), conn.total_changes) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.db"]


def test_an_open_transaction_stays_open_and_is_seen(conn):
    conn.execute("UPDATE people SET name = 'Ada' WHERE id = 7")
    conn.execute("SELECT note FROM people WHERE name = ?", ("Ada",)).fetchall()
    found = conn.get_query_suggestions()
    assert found
    assert conn.in_transaction
    conn.rollback()
    assert conn.execute("SELECT count(*) FROM people WHERE name = 'Ada'").fetchone() == (0,)


def test_statements_that_write_change_the_copy_alone(conn):
    conn.execute("DELETE FROM people WHERE name = ?", ("n7",))
    conn.rollback()
    conn.execute("SELECT note FROM people WHERE name = ?", ("n7",)).fetchall()
    (found,) = conn.get_query_suggestions()
    assert len(found.queries) == 2
    assert conn.execute("SELECT count(*) FROM people WHERE name = 'n7'").fetchone() == (1,)


def test_of_two_indexes_that_are_in_each_others_way_the_less_rewarding_is_left_out(conn):
    """With both there, SQLite takes the second one for a statement that the first one was promised to serve better."""
    reader = Reader.past_hooks(conn)
    catalog = Catalog(reader)
    with closing(Trial(catalog, reader)) as trial:
        people = catalog.tables["main", "people"]
        copy_rows(trial, people, reader, 2**26, time.monotonic() + 100)
        first, second = (NewIndex(people, (Term(f'"{name}"', name),)) for name in ("country", "name"))
        queries = []
        for sql in (
            "SELECT sum(length(note)) FROM people WHERE name > 'n5'",
            "SELECT note FROM people WHERE name = 'n7'",
        ):
            record = Recorded(sql, sql)
            record.runs = 1
            query = Query(record, (Sample(sql, ()),), trial.touched(sql))
            query.before = query.time(trial, 10)
            queries.append(query)
        helps_one = Trialled((first,), queries[0], 1.0, 1e-9, "", 0)
        helps_other = Trialled((second,), queries[1], 1.0, 1e-3, "", 0)
        harm = Harm(Ground(catalog, trial, time.monotonic() + 100), queries)
        clash = harm.together([helps_one, helps_other])
        assert clash is not None
        worst, reason = clash
        assert worst is helps_other
        assert reason.endswith(
            "SELECT sum(length(note)) FROM people WHERE name > 'n5' when the others are there"
        )
        assert harm.together([helps_one]) is None
        assert trial.connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'index'"
        ).fetchone() == (0,)
