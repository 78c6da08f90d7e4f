"""A program is killed where the test wants it, for real; what it leaves is what SQLite promises."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.testing import assert_intact, crash, crash_point, crash_points

pytestmark = pytest.mark.ends


def counts(numbers: int, name: str = "") -> None:
    for number in range(numbers):
        print(number)
        crash_point(name)


def test_it_dies_at_the_call_asked_for_and_not_before():
    assert crash(counts, 5, after=3).split() == ["0", "1", "2"]
    assert crash(counts, 5).split() == ["0"]


def names() -> None:
    for name in ("a", "b", "a", "b"):
        print(name)
        crash_point(name)


def test_points_with_names_are_told_apart():
    assert crash(names, point="b", after=2).split() == ["a", "b", "a", "b"]
    assert crash(names, after=2).split() == ["a", "b"]
    assert (crash_points(names), crash_points(names, point="a"), crash_points(names, point="c")) == (4, 2, 0)


def test_a_crash_point_does_nothing_elsewhere():
    assert crash_point() is None
    assert crash_point("name") is None


def test_a_function_that_comes_to_its_end_fails_the_test():
    with pytest.raises(
        AssertionError, match=r"counts\(\) came to its end: it passed the crash point 2 times, and"
    ):
        crash(counts, 2, after=3)


def fails() -> None:
    print("so far so good")
    raise LookupError("nothing here")


@pytest.mark.parametrize("run", [crash, crash_points])
def test_an_error_of_the_function_is_shown_with_its_traceback_and_what_it_printed(run):
    with pytest.raises(AssertionError, match=r"exit code 1[^$]*so far so good[^$]*in fails[^$]*nothing here"):
        run(fails)


def sleeps() -> None:
    print("asleep", flush=True)
    time.sleep(3600)


@pytest.mark.parametrize("run", [crash, crash_points])
def test_a_function_that_takes_too_long_is_killed(run):
    with pytest.raises(AssertionError, match=r"sleeps\(\) took more than 2.0 s and was killed\n"):
        run(sleeps, timeout=2.0)


def test_a_function_must_be_found_by_the_other_process():
    def local() -> None:
        pass

    for function in (local, lambda: None, print, Path("x").exists):
        with pytest.raises(TypeError, match="define it at the top of a module"):
            crash(function)


def test_the_first_call_is_1():
    with pytest.raises(ValueError, match="after=0"):
        crash(counts, 1, after=0)


class Given:
    """A class of this module, whose objects are handed over."""

    text = "given"


def prints(given: Given, path: Path) -> None:
    print(type(given).__name__, given.text, path.name)
    crash_point()


def test_arguments_of_the_tests_own_classes_are_handed_over(tmp_path):
    given = Given()
    given.text = "changed"
    assert crash(prints, given, tmp_path / "x.db").split() == ["Given", "changed", "x.db"]


def writes(path: Path) -> None:
    """Commit one row; then write so much that SQLite has to put a part of it into the file before the commit."""
    conn = sqlite3.connect(path)
    conn.execute("PRAGMA cache_size = 10")
    conn.execute("CREATE TABLE t (a)")
    conn.execute("INSERT INTO t VALUES ('kept')")
    conn.commit()
    conn.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * 1000)
    crash_point()
    conn.commit()


def test_the_database_is_as_of_the_last_commit(tmp_path):
    path = tmp_path / "a.db"
    crash(writes, path)
    assert path.with_name("a.db-journal").exists(), "the transaction was half in the file"
    assert_intact(path)
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("SELECT * FROM t").fetchall() == [("kept",)]


def connects(path: Path) -> None:
    conn = heliosdb_sqlite.connect(path)
    conn.execute("CREATE TABLE t (a)")
    for number in range(3):
        conn.execute("INSERT INTO t VALUES (?)", (number,))
        conn.commit()
        print(number)
    conn.close()


@pytest.mark.parametrize(
    ("hook", "after", "rows"), [("before_commit", 3, 1), ("commit", 3, 2), ("close", 1, 3)]
)
def test_it_dies_in_a_hook(tmp_path, hook, after, rows):
    crash(connects, tmp_path / "a.db", hook=hook, after=after)
    assert_intact(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as conn:
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (rows,)


def steps(path: Path) -> None:
    conn = heliosdb_sqlite.connect(path)
    conn.execute("CREATE TABLE t (a)")
    conn.set_progress_handler(crash_point, 1000)
    with conn:
        conn.execute(
            "INSERT INTO t SELECT value FROM json_each('[' || replace(hex(zeroblob(500)), '00', '1,') || '1]')"
        )
    conn.close()


def test_it_dies_in_the_middle_of_a_statement(tmp_path):
    assert crash_points(steps, tmp_path / "whole.db") > 2
    crash(steps, tmp_path / "a.db", after=2)
    assert_intact(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as conn:
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (0,)


def make_database(path):
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        conn.execute("CREATE TABLE child (id INTEGER PRIMARY KEY, of REFERENCES parent)")
        conn.execute("CREATE INDEX i ON child (of)")
        conn.executemany("INSERT INTO child VALUES (?, NULL)", [(number,) for number in range(500)])
        conn.commit()


def test_a_whole_database_is_intact(tmp_path):
    make_database(tmp_path / "a.db")
    assert_intact(tmp_path / "a.db")
    assert_intact(str(tmp_path / "a.db"))


def test_a_damaged_one_is_not(tmp_path):
    make_database(tmp_path / "a.db")
    content = bytearray((tmp_path / "a.db").read_bytes())
    content[-4096:] = bytes(4096)
    (tmp_path / "a.db").write_bytes(content)
    with pytest.raises(AssertionError, match=r"a.db' is damaged:\n|a.db' can't be read: "):
        assert_intact(tmp_path / "a.db")


def test_nor_is_one_with_a_dangling_foreign_key(tmp_path):
    make_database(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as conn:
        conn.execute("UPDATE child SET of = 9 WHERE id = 3")
        conn.commit()
    with pytest.raises(AssertionError, match="row 3 of child refers to a row that parent lacks"):
        assert_intact(tmp_path / "a.db")


def test_nor_is_what_is_no_database(tmp_path):
    (tmp_path / "a.db").write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(AssertionError, match=r"a\.db' can't be read: file is not a database"):
        assert_intact(tmp_path / "a.db")
    with pytest.raises(AssertionError, match=r"there is no database '.*missing\.db'"):
        assert_intact(tmp_path / "missing.db")
