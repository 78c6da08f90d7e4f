"""A file that was changed behind SQLite's back is an error that names the page, never a crash or a wrong row."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import heliosdb_sqlite

PAGE = 4096
KEY = b"k" * 32


def connect(path):
    return heliosdb_sqlite.connect(path, encryption_key=KEY)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A database of some 20 pages, and what is in it."""
    path = tmp_path_factory.mktemp("original") / "a.db"
    conn = connect(path)
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB)")
    conn.execute("CREATE INDEX by_a ON t (a)")
    conn.executemany("INSERT INTO t (a, b) VALUES (?, ?)", ((f"row {n}", bytes(300)) for n in range(200)))
    conn.commit()
    conn.close()
    return path


def everything(path):
    conn = connect(path)
    try:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return conn.execute("SELECT * FROM t ORDER BY id").fetchall(), conn.execute(
            "SELECT a FROM t ORDER BY a"
        ).fetchall()
    finally:
        conn.close()


def damaged(original, folder, data):
    path = folder / "damaged.db"
    path.write_bytes(data)
    return path


def assert_refused_or_the_same(original, path):
    """Either an error of sqlite3's, or exactly what was there."""
    try:
        found = everything(path)
    except sqlite3.DatabaseError as error:
        return str(error)
    assert found == everything(original)
    return ""


@pytest.mark.parametrize("page", [1, 2, 5, 17])
@pytest.mark.parametrize("offset", [0, 20, 100, 2000, PAGE - 100, PAGE - 60, PAGE - 30, PAGE - 20, PAGE - 1])
def test_a_flipped_bit_names_the_page(original, tmp_path, page, offset):
    data = bytearray(original.read_bytes())
    data[(page - 1) * PAGE + offset] ^= 4
    path = damaged(original, tmp_path, data)
    said = assert_refused_or_the_same(original, path)
    if page == 1 and offset in (0, 20 - 20, PAGE - 60):
        assert "is not an encrypted HeliosDB database" in said or "wrong encryption key" in said
    else:
        assert f"page {page} of" in said or "wrong encryption key" in said
        assert "failed authentication" in said or "wrong encryption key" in said


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_flipped_bits_are_overlooked(original, tmp_path, data):
    content = bytearray(original.read_bytes())
    for place in data.draw(st.sets(st.integers(0, len(content) * 8 - 1), min_size=1, max_size=3)):
        content[place // 8] ^= 1 << place % 8
    assert assert_refused_or_the_same(original, damaged(original, tmp_path, content))


@pytest.mark.exhaustive
def test_no_flipped_byte_is_overlooked(original, tmp_path):
    content = original.read_bytes()
    numbers = random.Random(1)
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= numbers.randrange(1, 256)
        assert assert_refused_or_the_same(original, damaged(original, tmp_path, changed)), place


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 3), (3, 9), (10, 17)])
def test_swapped_pages(original, tmp_path, one, other):
    content = bytearray(original.read_bytes())
    first, second = (slice((page - 1) * PAGE, page * PAGE) for page in (one, other))
    content[first], content[second] = content[second], content[first]
    assert assert_refused_or_the_same(original, damaged(original, tmp_path, content))


@pytest.mark.parametrize("page", [1, 2, 8])
@pytest.mark.parametrize("filling", [b"\0", b"\xff"])
def test_an_overwritten_page(original, tmp_path, page, filling):
    content = bytearray(original.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = filling * PAGE
    assert assert_refused_or_the_same(original, damaged(original, tmp_path, content))


@pytest.mark.parametrize(
    "length", [1, 15, 16, 100, 1024, PAGE - 1, PAGE, PAGE + 1, 5 * PAGE, 5 * PAGE + 77, -1, -PAGE]
)
def test_a_truncated_file(original, tmp_path, length):
    assert assert_refused_or_the_same(original, damaged(original, tmp_path, original.read_bytes()[:length]))


@pytest.mark.parametrize("length", [16, 100, 3000])
def test_a_file_without_a_whole_first_page_was_cut_off(tmp_path, length):
    path = tmp_path / "cut.db"
    with contextlib.closing(connect(path)) as conn:
        conn.execute("CREATE TABLE t (a)")
    kept = path.read_bytes()[:length]
    path.write_bytes(kept)
    with pytest.raises(sqlite3.DatabaseError, match="was cut off in its first page"):
        connect(path)
    assert path.read_bytes() == kept


def test_a_page_of_another_database_with_the_same_key(original, tmp_path):
    other = tmp_path / "other.db"
    conn = connect(other)
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB); INSERT INTO t VALUES (1, 'x', NULL)"
    )
    conn.close()
    content = bytearray(original.read_bytes())
    content[PAGE : 2 * PAGE] = other.read_bytes()[PAGE : 2 * PAGE]
    assert "page 2" in assert_refused_or_the_same(original, damaged(original, tmp_path, content))


def test_the_error_is_the_same_however_rows_are_fetched(original, tmp_path):
    content = bytearray(original.read_bytes())
    content[-PAGE] ^= 1
    conn = connect(damaged(original, tmp_path, content))
    said = f"page {len(content) // PAGE} of .*damaged.db.* failed authentication"
    for fetch in (lambda c: c.fetchall(), list, lambda c: c.fetchmany(1000)):
        with pytest.raises(sqlite3.DatabaseError, match=said):
            fetch(conn.execute("SELECT a, b FROM t"))
            fetch(conn.execute("SELECT a FROM t ORDER BY a"))
    conn.close()


def test_a_changed_log_loses_no_committed_row_silently_from_the_middle(tmp_path):
    """What is in the log and was changed ends the log there, as a torn write would; what is before it stays."""
    path = tmp_path / "w.db"
    conn = connect(path)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("CREATE TABLE t (a)")
    for number in range(10):
        conn.execute("INSERT INTO t VALUES (?)", (number,))
        conn.commit()
    copy = tmp_path / "copy"
    for place in range(0, (tmp_path / "w.db-wal").stat().st_size, 997):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        shutil.copy(path, copy / "w.db")
        log = bytearray((tmp_path / "w.db-wal").read_bytes())
        log[place] ^= 8
        (copy / "w.db-wal").write_bytes(log)
        with contextlib.closing(connect(copy / "w.db")) as again:
            try:
                found = [row[0] for row in again.execute("SELECT a FROM t ORDER BY a")]
            except sqlite3.DatabaseError:
                continue
            assert found == list(range(len(found)))
    conn.close()


def test_a_changed_journal_of_a_crash_is_an_error(tmp_path):
    path = tmp_path / "j.db"
    conn = connect(path)
    conn.execute("CREATE TABLE t (a)")
    conn.executemany("INSERT INTO t VALUES (?)", (("x" * 500,) for _ in range(100)))
    conn.commit()
    conn.execute("PRAGMA cache_size = 2")
    conn.execute("UPDATE t SET a = 'changed'")
    copy = tmp_path / "copy"
    refused = 0
    for place in (600, 2000, 6000):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        shutil.copy(path, copy / "j.db")
        journal = bytearray((tmp_path / "j.db-journal").read_bytes())
        journal[place] ^= 8
        (copy / "j.db-journal").write_bytes(journal)
        again = connect(copy / "j.db")
        try:
            assert again.execute("SELECT DISTINCT a FROM t").fetchall() == [("x" * 500,)]
        except sqlite3.DatabaseError as error:
            refused += "failed authentication" in str(error)
        again.close()
    assert refused
    conn.rollback()
    conn.close()
