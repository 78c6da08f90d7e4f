"""A new branch is an exact copy of the database as of its last commit, whoever else writes at the time."""

from __future__ import annotations

import os
import sqlite3 as standard
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import heliosdb_sqlite
from heliosdb_branching.files import copying

BIG = 6 * 2**20  # bytes: more than is copied before create_branch() returns, in WAL mode


def fill(connection, size=BIG):
    """Make the database so big that its copy goes on behind create_branch()."""
    connection.execute("CREATE TABLE IF NOT EXISTS big (id INTEGER PRIMARY KEY, data BLOB)")
    connection.executemany(
        "INSERT INTO big (data) VALUES (?)", [(os.urandom(4000),) for _ in range(size // 4000)]
    )
    connection.commit()


def test_a_branch_has_what_main_has_and_goes_its_own_way(main, on, rows, journal):
    main.execute(f"PRAGMA journal_mode = {journal}")
    branch = main.create_branch("b")
    assert (branch.name, branch.parent, branch.state, branch.commits) == ("b", "main", "ready", 0)
    conn = on("b")
    assert rows(conn) == rows(main)
    conn.execute("DELETE FROM fruit")
    conn.commit()
    assert (len(rows(conn)), len(rows(main))) == (0, 3)


def test_main_stays_a_plain_file_with_a_few_tables_more(main, path):
    before = {name for (name,) in main.execute("SELECT name FROM sqlite_master")}
    main.create_branch("b")
    plain = standard.connect(path)
    after = {
        name for (name,) in plain.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    }
    plain.execute("UPDATE fruit SET price = 3")  # by which no trigger is fired
    plain.commit()
    plain.close()
    assert {name for name in after - before if not name.startswith("_heliosdb_")} == set()
    assert main.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone() == (0,)


def test_a_branch_of_a_branch(branch, main, on, rows):
    branch.execute("UPDATE fruit SET price = 9 WHERE id = 1")
    branch.commit()
    made = main.create_branch("c", from_branch="b")
    assert made.parent == "b"
    assert rows(on("c")) == rows(branch) != rows(main)


def test_a_branch_can_be_made_from_a_connection_to_a_branch(branch, main):
    branch.create_branch("c")
    assert [each.name for each in main.list_branches()] == ["main", "b", "c"]


@pytest.mark.parametrize(
    "name",
    [
        "../../evil",
        "a/b",
        "C:\\x",
        "ünïcode",
        "'; DROP TABLE fruit; --",
        "a b",
        ".",
        "-",
        "x" * 200,
        "CON",
        '"',
    ],
)
def test_a_name_may_have_any_character(main, on, rows, name, path, files):
    main.create_branch(name)
    conn = on(name)
    conn.execute("DELETE FROM fruit WHERE id = 1")
    conn.commit()
    assert [each.name for each in main.list_branches()] == ["main", name]
    assert all(os.path.dirname(each) == "" for each in files())
    assert sorted(os.listdir(path.parent)) == ["app.db", "app.db-branches"]
    main.merge_branch(name)
    assert len(rows(main)) == 2
    conn.close()
    main.delete_branch(name)
    assert files() == []


@pytest.mark.parametrize(
    "name", ["", "  ", "main", "MAIN", "a\0b", "a\nb", "\ud800", "x" * 201, 7, None, b"b"]
)
def test_names_that_are_refused(main, name, files):
    with pytest.raises(heliosdb_sqlite.ProgrammingError):
        main.create_branch(name)
    assert files() == []


def test_a_name_is_given_once(branch, main):
    with pytest.raises(heliosdb_sqlite.OperationalError, match="there is a branch 'b' already"):
        main.create_branch("b")


def test_a_branch_of_nothing(main):
    with pytest.raises(heliosdb_sqlite.OperationalError, match="no such branch: 'bb'"):
        main.create_branch("c", from_branch="bb")


@pytest.mark.parametrize("database", [":memory:", ""])
def test_a_database_in_memory_has_no_branches(connect, database):
    conn = connect(database)
    with pytest.raises(
        heliosdb_sqlite.NotSupportedError, match="in memory has no branches: save it to a file first"
    ):
        conn.create_branch("b")


def test_an_open_transaction_is_refused(main, rows):
    main.execute("DELETE FROM fruit")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="commit or roll back first"):
        main.create_branch("b")
    main.rollback()
    assert len(rows(main)) == 3


def test_uncommitted_work_of_others_is_not_in_it(main, on, rows, path, journal):
    main.execute(f"PRAGMA journal_mode = {journal}")
    main.create_branch("first")
    other = standard.connect(path)
    other.execute("DELETE FROM fruit")
    conn = heliosdb_sqlite.connect(path, timeout=0.2)
    if journal == "wal":  # registering the branch is a write
        with pytest.raises(heliosdb_sqlite.OperationalError, match="locked"):
            conn.create_branch("b")
    other.rollback()
    conn.create_branch("b")
    assert len(rows(on("b"))) == 3
    other.close()
    conn.close()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="autocommit= is new in 3.12")
def test_without_autocommit_a_transaction_that_has_done_nothing_is_none(main, connect, path):
    conn = connect(path, autocommit=False)
    conn.create_branch("b")
    conn.execute("UPDATE fruit SET price = 1")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="commit or roll back first"):
        conn.create_branch("c")


def test_a_copy_that_takes_longer_goes_on_behind(main, on, path, rows):
    main.execute("PRAGMA journal_mode = WAL")
    fill(main)
    reader = standard.connect(path)  # keeps the write-ahead log from being emptied
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM fruit").fetchone()
    main.execute("UPDATE fruit SET price = 7")
    main.commit()
    main.create_branch("b")
    main.execute("DELETE FROM big")  # after the branch was made: no part of it
    main.execute("UPDATE fruit SET price = 8")
    main.commit()
    reader.close()
    main.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn = on("b")  # waits for the copy
    assert {price for _, _, price, _ in rows(conn)} == {7.0}
    assert conn.execute("SELECT count(*) FROM big").fetchone() == (BIG // 4000,)
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_progress_is_told_and_the_copy_complete(main, files):
    main.execute("PRAGMA journal_mode = WAL")
    fill(main)
    told = []
    main.create_branch("b", progress=lambda done, size: told.append((done, size)))
    assert [name.endswith(".db") for name in files()] == [True]
    if told:  # a file system that shares blocks has nothing to tell
        assert told == sorted(told)
        assert told[-1][0] == told[-1][1] >= BIG


WRITER = """
import sqlite3, sys, time
conn = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
print("ready", flush=True)
end = time.time() + float(sys.argv[2])
while time.time() < end:
    conn.execute("BEGIN IMMEDIATE")
    conn.execute("UPDATE counter SET a = a + 1")
    conn.execute("INSERT INTO history SELECT a FROM counter")
    conn.execute("UPDATE counter SET b = b + 1")
    conn.execute("COMMIT")
    time.sleep(0.0005)
"""


def test_the_snapshot_is_exact_while_plain_sqlite3_writes(main, on, path, journal):
    main.execute(f"PRAGMA journal_mode = {journal}")
    main.executescript(
        "CREATE TABLE counter (a, b); INSERT INTO counter VALUES (0, 0); CREATE TABLE history (a)"
    )
    if journal == "wal":
        fill(main)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), "1.2"], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for writer in writers:
        writer.stdout.readline()
    conn = heliosdb_sqlite.connect(path, timeout=30)
    seen = []
    for number in range(4):
        conn.create_branch(f"b{number}")
        after = conn.execute("SELECT a FROM counter").fetchone()[0]
        branch = on(f"b{number}")
        a, b = branch.execute("SELECT a, b FROM counter").fetchone()
        count, last = branch.execute("SELECT count(*), max(a) FROM history").fetchone()
        assert a == b == count == (last or 0)
        assert a <= after
        assert branch.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        seen.append(a)
        branch.close()
    for writer in writers:
        assert writer.wait() == 0
        writer.stdout.close()
    assert seen == sorted(seen)
    conn.close()


@pytest.mark.parametrize("without", ["handles", "copy_file_range"])
def test_ways_to_copy_where_the_fastest_is_not_to_be_had(main, on, rows, monkeypatch, without, journal):
    main.execute(f"PRAGMA journal_mode = {journal}")
    fill(main)
    monkeypatch.setattr(copying, "clone", lambda *_: False)
    if without == "handles":
        monkeypatch.setattr(copying, "_HANDLES", ())
    else:
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    main.create_branch("b")
    conn = on("b")
    assert rows(conn) == rows(main)
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_copying_costs_no_lock_of_this_process(main, path):
    """Closing a handle to the file would drop them all: another process could then write into a transaction."""
    main.execute("PRAGMA journal_mode = DELETE")
    holder = heliosdb_sqlite.connect(path, isolation_level=None)
    main.create_branch("b")
    holder.execute("BEGIN")
    holder.execute("SELECT * FROM fruit").fetchall()
    copying.copy(str(path), str(path) + ".copy")
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN EXCLUSIVE')"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert "database is locked" in done.stderr
    holder.close()


def test_a_copy_that_fails_says_so_when_it_is_opened(main, on, monkeypatch):
    main.execute("PRAGMA journal_mode = WAL")
    fill(main)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copying, "clone", lambda *_: False)
    monkeypatch.setattr(copying, "copy", full)
    main.create_branch("b")
    with pytest.raises(
        heliosdb_sqlite.OperationalError, match=r"could not be copied .*No space left.*create it again"
    ):
        on("b")
    monkeypatch.undo()
    main.create_branch("b")  # the name is free
    on("b")


def test_a_foreground_copy_that_fails_leaves_nothing(main, monkeypatch, files):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copying, "clone", lambda *_: False)
    monkeypatch.setattr(copying, "copy", full)
    with pytest.raises(OSError, match="No space left"):
        main.create_branch("b")
    assert [each.name for each in main.list_branches()] == ["main"]
    assert files() == []


def test_writers_are_not_held_up_by_a_copy_behind(main, path, monkeypatch):
    main.execute("PRAGMA journal_mode = WAL")
    fill(main)
    go = threading.Event()
    real = copying.copy
    monkeypatch.setattr(copying, "clone", lambda *_: False)
    monkeypatch.setattr(copying, "copy", lambda *args: (go.wait(20), real(*args)))
    made = main.create_branch("b")
    assert made.state == "copying"
    main.execute("DELETE FROM fruit")
    main.commit()
    go.set()
    conn = heliosdb_sqlite.connect(path, branch="b")
    assert conn.execute("SELECT count(*) FROM fruit").fetchone() == (3,)
    conn.close()


def test_the_interpreter_finishes_a_copy_before_it_ends(tmp_path):
    code = """
import os, sys, heliosdb_sqlite
conn = heliosdb_sqlite.connect(sys.argv[1])
conn.execute("PRAGMA journal_mode = WAL")
conn.execute("CREATE TABLE big (data)")
conn.executemany("INSERT INTO big VALUES (?)", [(os.urandom(4000),) for _ in range(6000)])
conn.commit()
conn.create_branch("b")
conn.close()
"""
    path = tmp_path / "a.db"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    conn = heliosdb_sqlite.connect(path, branch="b")
    assert conn.execute("SELECT count(*) FROM big").fetchone() == (6000,)
    conn.close()


def test_branches_of_a_symlinked_database_stand_beside_the_file(main, path, tmp_path, connect, rows):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(path)
    connect(link).create_branch("b")
    assert os.listdir(tmp_path / "elsewhere") == ["link.db"]
    assert rows(connect(link, branch="b")) == rows(main)


def test_past_states_need_the_plugin_that_remembers_them(main, monkeypatch):
    monkeypatch.setattr("heliosdb_branching.branches.past.can_restore", lambda: False)
    with pytest.raises(heliosdb_sqlite.NotSupportedError, match=r"pip install 'heliosdb\[timetravel\]'"):
        main.create_branch("b", as_of="2024-01-01")


def test_two_threads_make_branches_at_once(main, path):
    def work(number):
        conn = heliosdb_sqlite.connect(path, timeout=30)
        for each in range(4):
            conn.create_branch(f"{number}-{each}")
        conn.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(main.list_branches()) == 13


def test_a_branch_keeps_the_files_permissions(main, path):
    path.chmod(0o600)
    made = main.create_branch("b")
    assert Path(made.path).stat().st_mode & 0o777 == 0o600


def test_creation_times_are_told_with_their_zone(main):
    before = time.time()
    made = main.create_branch("b")
    assert before - 1 <= made.created_at.timestamp() <= time.time() + 1
    assert made.divergence_point.utcoffset() is not None
    assert 0 <= made.age_days < 1


def test_a_log_that_starts_anew_while_it_is_copied_is_copied_again(main, path, connect, monkeypatch):
    main.execute("PRAGMA journal_mode = WAL")
    main.execute("PRAGMA wal_autocheckpoint = 0")
    main.create_branch("a")
    for number in range(50):
        main.execute("UPDATE fruit SET price = ?", (number,))
        main.commit()
    real, copies = copying.copy_plainly, []

    def meanwhile(source, target):
        real(source, target)
        copies.append(source)
        if len(copies) == 1:
            main.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
            main.execute("UPDATE fruit SET price = 99")  # the first page of a new log
            main.commit()

    main.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # the database has all of the log
    monkeypatch.setattr(copying, "copy_plainly", meanwhile)
    main.create_branch("b")
    assert len(copies) == 2
    branch = connect(path, branch="b")
    assert branch.execute("SELECT DISTINCT price FROM fruit").fetchall() == [(99.0,)]
    assert branch.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_long_log_is_emptied_first(main, path, connect):
    main.execute("PRAGMA journal_mode = WAL")
    main.execute("PRAGMA wal_autocheckpoint = 0")
    main.execute("CREATE TABLE big (data)")
    main.executemany("INSERT INTO big VALUES (?)", [(os.urandom(4000),) for _ in range(1500)])
    main.commit()
    main.create_branch("b")
    assert os.path.getsize(f"{path}-wal") < 2**20
    assert connect(path, branch="b").execute("SELECT count(*) FROM big").fetchone() == (1500,)
