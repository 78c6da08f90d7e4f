"""heliosdb history, heliosdb restore, and the act of the demo."""

from __future__ import annotations

import io

import pytest
from click.testing import CliRunner
from rich.console import Console

from heliosdb_sqlite.cli.app import build
from heliosdb_timetravel.demo import ACT


@pytest.fixture
def heliosdb():
    def run(*arguments, **how):
        return CliRunner().invoke(build(), list(map(str, arguments)), **how)

    return run


@pytest.fixture
def past(open_travel):
    conn = open_travel(time_travel_user="ann")
    conn.executescript(
        "CREATE TABLE t (k TEXT, n INT, a, PRIMARY KEY (k, n)); CREATE TABLE s (id TEXT PRIMARY KEY, a)"
    )
    conn.executescript("INSERT INTO t VALUES ('x', 1, 'old'); INSERT INTO s VALUES ('7', 'seven')")
    conn.tag("then")
    conn.executescript("UPDATE t SET a = 'new'; DELETE FROM s")
    conn.close()


def test_history_shows_each_version(heliosdb, file, past):
    done = heliosdb("history", file, "t", "x", "1")
    assert done.exit_code == 0
    lines = [line.split("  ", 1)[-1] for line in done.output.splitlines()]
    assert lines[0].startswith("INSERT  transaction") and lines[0].endswith("by ann")
    assert [line.strip() for line in lines[1:4]] == ["k = 'x'", "n = 1", "a = 'old'"]
    assert [line.strip() for line in lines[5:]] == ["- a = 'old'", "+ a = 'new'"]


def test_history_of_a_text_that_looks_like_a_number(heliosdb, file, past):
    done = heliosdb("history", file, "s", "7")
    assert [word for word in done.output.split() if word in ("INSERT", "DELETE")] == ["INSERT", "DELETE"]


def test_digits_that_are_no_number_are_a_text_of_their_own(heliosdb, file, past):
    assert heliosdb("history", file, "s", "007").exit_code == 1


def test_history_by_keys_of_every_type(heliosdb, file, past, open_travel):
    conn = open_travel()
    conn.executescript(
        "CREATE TABLE m (x, y, PRIMARY KEY (x, y)); INSERT INTO m VALUES (1, '2'), (x'00ff', 2.5)"
    )
    conn.close()
    for key in (("1", "2"), ("x'00FF'", "2.5")):
        done = heliosdb("history", file, "m", *key)
        assert "INSERT" in done.output, done.output


def test_a_key_may_be_negative_and_a_deletion_shows_what_went(heliosdb, file, past, open_travel):
    conn = open_travel()
    conn.executescript(
        "CREATE TABLE n (id INTEGER PRIMARY KEY, a); INSERT INTO n VALUES (-1, 'x'); DELETE FROM n"
    )
    done = heliosdb("history", file, "n", "-1")
    assert done.exit_code == 0
    assert [line.strip() for line in done.output.splitlines()[-2:]] == ["- id = -1", "- a = 'x'"]


@pytest.mark.parametrize(
    ("arguments", "said"), [(("t", "no", "1"), "never had a row"), (("u", "1"), "no such table: u")]
)
def test_what_is_not_there_is_one_line(heliosdb, file, past, arguments, said):
    done = heliosdb("history", file, *arguments)
    assert done.exit_code == 1
    assert said in done.output and len(done.output.strip().splitlines()) == 1


def test_a_file_that_is_not_there_is_not_made(heliosdb, tmp_path):
    done = heliosdb("history", tmp_path / "no.db", "t", "1")
    assert done.exit_code == 2 and "no.db' does not exist" in done.output
    assert list(tmp_path.iterdir()) == []


def test_restore_says_what_it_will_do_and_asks(heliosdb, file, past, open_travel):
    assert heliosdb("restore", file, "--tag", "then", input="n\n").exit_code == 1
    done = heliosdb("restore", file, "--tag", "then", "--dry-run")
    assert "t: 0 to delete, 1 to update, 0 to insert" in done.output
    assert "s: 0 to delete, 0 to update, 1 to insert" in done.output
    conn = open_travel()
    assert conn.execute("SELECT a FROM t").fetchall() == [("new",)]
    done = heliosdb("restore", file, "--tag", "then", "--yes", "--user", "eve")
    assert "2 rows changed." in done.output
    assert conn.execute("SELECT a FROM t").fetchall() == [("old",)]
    assert conn.history("t", ("x", 1))[-1].user == "eve"
    assert heliosdb("restore", file, "t", "--at", "1999-01-01").exit_code == 1


def test_the_demo(tmp_path):
    console = Console(record=True, width=100, file=io.StringIO())
    ACT.play(console, tmp_path, ("snowman",))
    said = console.export_text()
    for part in ("characters of Unicode 3.2.0", "Zs became Cf", "SNOWMAN", "would delete"):
        assert part in said
