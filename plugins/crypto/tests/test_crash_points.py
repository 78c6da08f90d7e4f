"""A crash at any write leaves the last committed state, or the one being committed, whole.

Each state of the files that a kill or a power failure could leave is opened twice: by HeliosDB, and by plain SQLite first
and then by HeliosDB. Plain SQLite may roll an encrypted journal back, as any tool that somebody points at the file would;
it must not damage anything.
"""

from __future__ import annotations

import shutil
import sqlite3

import pytest

import heliosdb_sqlite
from crypto_kit.power import Crashes, installed
from crypto_kit.programs import KEY, PROGRAMS, Steps, contents

pytestmark = pytest.mark.ends

_SHARDS = 6  # the points are shared out among so many tests, none of which takes minutes
MODES = ["delete", "truncate", "persist", "wal"]


def survivors(folder, key=KEY):
    """What is in the database that a crash has left; None where there is no file yet."""
    path = folder / "c.db"
    conn = heliosdb_sqlite.connect(path, encryption_key=key, isolation_level=None)
    try:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = contents(conn)
        conn.execute("CREATE TABLE afterwards (a)")  # it can be written to
        conn.execute("DROP TABLE afterwards")
        return found
    finally:
        conn.close()


def plain_tool(folder):
    """Read the database as the sqlite3 shell would."""
    for name in ("c.db", "c.db-other"):
        if (folder / name).exists():
            plain = sqlite3.connect(folder / name)
            with pytest.raises(sqlite3.Error):
                plain.execute("SELECT * FROM sqlite_master").fetchall()
                raise sqlite3.OperationalError("an empty file has an empty schema")
            plain.close()


def restore(state, folder):
    shutil.rmtree(folder)
    shutil.copytree(state, folder)


def check(tmp_path, program, mode, *, every, shard, power):
    (tmp_path / "run").mkdir()
    crashes = Crashes(tmp_path / "run", tmp_path, every=every, shard=shard, power=power)

    def committed(count):
        crashes.done = count

    with installed(crashes):
        steps = Steps(tmp_path / "run" / "c.db", committed)
        steps.connection.execute(f"PRAGMA journal_mode = {mode}")
        steps.connection.execute("PRAGMA synchronous = FULL")
        steps.connection.execute("PRAGMA wal_autocheckpoint = 20")
        PROGRAMS[program](steps)
        steps.connection.close()
    assert crashes.writes > 10
    for state in crashes.states:
        allowed = steps.states[state.done : state.done + 2]
        # Where they were: a journal over two files has their names.
        restore(state.folder, tmp_path / "run")
        assert survivors(tmp_path / "run") in allowed, state
        restore(state.folder, tmp_path / "run")
        plain_tool(tmp_path / "run")
        assert survivors(tmp_path / "run") in allowed, f"{state}, after plain SQLite"
        shutil.rmtree(state.folder)
    return len(crashes.states)


@pytest.mark.exhaustive
@pytest.mark.parametrize("shard", range(_SHARDS))
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_crash_point(tmp_path, program, mode, shard, record_property):
    states = check(tmp_path, program, mode, every=_SHARDS, shard=shard, power=program != "two_files")
    record_property("states", states)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_some_crash_points(tmp_path, program, mode):
    check(tmp_path, program, mode, every=37, shard=0, power=program != "two_files")
