"""Nothing is suggested that makes a program slower."""

from __future__ import annotations


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
    assert note.startswith('not suggested: log ("at")')
    assert "cost those who write" in note


def test_an_index_that_slows_another_statement_down_is_not_suggested(conn, load):
    """SQLite takes the new index for the other statement too: it believes that few rows have any one value."""
    rows = [(f"{'k' * 60}{n * 7919 % 20_000:06}", n % 1000 == 7, n) for n in range(20_000)]
    load("CREATE TABLE t (k TEXT PRIMARY KEY, a, v) WITHOUT ROWID", "INSERT INTO t VALUES (?, ?, ?)", rows)
    conn.execute("SELECT * FROM t WHERE a = ?", (1,)).fetchall()
    assert len(conn.get_query_suggestions()) == 1
    conn.execute("SELECT count(v) FROM t WHERE a = ?", (0,)).fetchall()
    report = conn.get_query_report()
    assert report.suggestions == ()
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
