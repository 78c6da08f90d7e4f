"""``heliosdb info FILE`` leaves the file, its folder and what stands beside it as they are."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest


@pytest.fixture
def app(tmp_path):
    """A database with one row in it."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
    return path


@pytest.fixture
def logged(app):
    """The same with a write-ahead log, which its last connection has taken into the file."""
    with closing(sqlite3.connect(app)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    return app


def left_behind(app, tmp_path, *suffixes):
    """Make of ``app`` what a killed program leaves: a log with a second row in it."""
    with closing(sqlite3.connect(app)) as connection:
        connection.execute("INSERT INTO t VALUES (2)")
        connection.commit()
        for suffix in ("", *suffixes):
            shutil.copyfile(f"{app}{suffix}", tmp_path / f"copy{suffix}")
    for suffix in ("", *suffixes):
        shutil.move(tmp_path / f"copy{suffix}", f"{app}{suffix}")


def rows(result):
    assert result.exit_code == 0, result.output
    return next(line.split("│")[3].strip() for line in result.output.splitlines() if line.startswith("│ t "))


def test_with_a_rollback_journal(heliosdb, app, unchanged):
    unchanged()
    assert rows(heliosdb("info", app)) == "1"


def test_with_a_write_ahead_log(heliosdb, logged, unchanged):
    unchanged()
    result = heliosdb("info", logged)

    assert rows(result) == "1"
    assert "write-ahead log" in result.output


def test_with_a_log_that_a_killed_program_left_or_that_was_copied_along(
    heliosdb, logged, tmp_path, unchanged
):
    left_behind(logged, tmp_path, "-wal")
    unchanged()
    result = heliosdb("info", logged)

    assert rows(result) == "2"
    assert "beside it, -wal" in result.output


def test_with_an_empty_log(heliosdb, logged, tmp_path, unchanged):
    (tmp_path / "app.db-wal").touch()
    unchanged()
    assert rows(heliosdb("info", logged)) == "1"


def test_in_a_folder_that_can_not_be_written_to(heliosdb, logged, tmp_path, unchanged):
    left_behind(logged, tmp_path, "-wal")
    unchanged()
    tmp_path.chmod(0o500)
    try:
        assert rows(heliosdb("info", logged)) == "2"
    finally:
        tmp_path.chmod(0o700)


def test_while_another_process_has_the_log_open(heliosdb_process, other_process, logged, tmp_path):
    other_process(
        f"import sqlite3; c = sqlite3.connect({str(logged)!r}); c.execute('PRAGMA wal_autocheckpoint = 0')\n"
        "c.execute('INSERT INTO t VALUES (2)'); c.commit()\n"
        "c.execute('BEGIN IMMEDIATE'); c.execute('INSERT INTO t VALUES (3)')"
    )
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    result = heliosdb_process("info", logged)

    assert result.returncode == 0, result.stderr
    assert "│ t    │ table │ 2 " in result.stdout  # what is committed
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    shared = "app.db-shm"  # memory of the processes at work, in which each reader leaves a mark
    assert before.keys() == after.keys()
    assert {name: after[name] for name in after if name != shared} == {
        name: before[name] for name in before if name != shared
    }


def test_while_another_process_is_in_a_transaction(heliosdb_process, other_process, app, tmp_path):
    other_process(
        f"import sqlite3; c = sqlite3.connect({str(app)!r}, isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE'); c.execute('INSERT INTO t VALUES (2)')"
    )
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    result = heliosdb_process("info", app)

    assert result.returncode == 0, result.stderr
    assert "│ t    │ table │ 1 " in result.stdout
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_locked_database_is_an_error_that_says_so(heliosdb_process, other_process, app):
    other_process(
        f"import sqlite3; c = sqlite3.connect({str(app)!r}, isolation_level=None); c.execute('BEGIN EXCLUSIVE')"
    )
    result = heliosdb_process("info", app)

    assert result.returncode == 1
    assert result.stderr == f"Error: {app}: database is locked: another process is writing to it\n"
    assert "rollback journal" in result.stdout  # what the file's first bytes say is shown before


def test_a_transaction_that_was_interrupted_is_an_error_that_says_so(heliosdb, app, tmp_path, unchanged):
    with closing(sqlite3.connect(app)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
        for suffix in ("", "-journal"):
            shutil.copyfile(f"{app}{suffix}", tmp_path / f"killed{suffix}")
    unchanged()
    result = heliosdb("info", tmp_path / "killed")

    assert result.exit_code == 1
    assert "a transaction was interrupted, and the next program that writes will undo it" in result.output
