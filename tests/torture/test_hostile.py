"""Files and texts that nobody meant well with: an error, never a crash, a hang or an answer that is wrong."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from torture_kit.bank import FEATURES, connect, examine, found
from torture_kit.words import no_sql

READ = """
import sqlite3, sys, faulthandler
from pathlib import Path
from torture_kit.bank import connect
faulthandler.enable()
try:
    conn = connect(Path(sys.argv[1]), sys.argv[2])
    for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        quoted = '"' + str(name).replace('"', '""') + '"'
        try:
            conn.execute(f"SELECT * FROM {quoted}").fetchall()
            if "enable_time_travel" in dir() or sys.argv[2] in ("time travel", "all"):
                conn.execute(f"SELECT * FROM {quoted} FOR SYSTEM_TIME ALL").fetchall()
        except sqlite3.Error:
            pass
    for method in ("list_branches",):
        getattr(conn, method)()
    conn.close()
except (sqlite3.Error, ValueError, OSError) as error:
    print(type(error).__name__, error)
"""


def survives(path: Path, feature: str) -> None:
    """Another process reads all there is: it ends by itself, with or without errors of ours."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path), feature],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=120,
        errors="replace",
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("feature", FEATURES)
def test_random_bytes_as_a_database(tmp_path, feature, rounds, chance):
    for number in range(rounds):
        path = tmp_path / f"{number}.db"
        head = b"SQLite format 3\0" if number % 2 else b""
        path.write_bytes(head + chance.randbytes(chance.choice([1, 100, 4096, 20_000])))
        before = path.read_bytes()
        survives(path, feature)
        # SQLite takes a single byte for an empty database, and PRAGMA journal_mode writes to that.
        assert len(before) == 1 or path.read_bytes() == before, "a file that is no database was written to"


@pytest.mark.parametrize("feature", FEATURES)
def test_bytes_of_a_database_that_turned(tmp_path, feature, rounds, chance):
    sound = tmp_path / "sound.db"
    found(sound, feature)
    for number in range(rounds):
        path = tmp_path / f"{number}.db"
        shutil.copy(sound, path)
        data = bytearray(path.read_bytes())
        for _ in range(chance.choice([1, 3, 50])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.choice([len(data), chance.randrange(len(data))])])
        survives(path, feature)


@pytest.mark.parametrize("feature", ["time travel", "vectors"])
def test_tables_of_ours_that_somebody_filled(tmp_path, feature, rounds, chance):
    for _ in range(rounds):
        path = tmp_path / f"{chance.randrange(10**9)}.db"
        found(path, feature)
        with closing(sqlite3.connect(path)) as plain:
            tables = [
                (name, len(plain.execute(f'PRAGMA table_info("{name}")').fetchall()))
                for (name,) in plain.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
                if "heliosdb" in name
            ]
            junk = [None, -1, 2**63 - 1, 1e300, "", "x" * 1000, "'; DROP TABLE account; --", b"\0\xff" * 9]
            for name, columns in tables:
                for _ in range(3):
                    values = [chance.choice(junk) for _ in range(columns)]
                    marks = ", ".join("?" * columns)
                    try:
                        plain.execute(f'INSERT OR REPLACE INTO "{name}" VALUES ({marks})', values)
                        plain.execute(f'UPDATE OR IGNORE "{name}" SET rowid = rowid')
                    except sqlite3.Error:
                        continue  # a CHECK of the table kept it out
            plain.commit()
        survives(path, feature)
        with closing(sqlite3.connect(path)) as plain:
            assert plain.execute("SELECT count(*) FROM account").fetchone() == (50,)


def test_a_registry_of_branches_that_somebody_filled(tmp_path, rounds, chance):
    for number in range(rounds):
        path = tmp_path / str(number) / "bank.db"
        path.parent.mkdir()
        found(path, "plain")
        with closing(connect(path, "plain")) as conn:
            conn.create_branch("b")
            conn.list_branches()
        for file in sorted(path.parent.rglob("*")):
            if file.is_file() and file != path and chance.random() < 0.7:
                file.write_bytes(chance.randbytes(chance.randrange(0, 9000)))
        survives(path, "plain")
        examine(path, "plain", [])


@pytest.mark.parametrize("feature", FEATURES)
def test_texts_that_are_no_sql(tmp_path, feature, rounds, chance):
    path = tmp_path / "bank.db"
    found(path, feature)
    with closing(connect(path, feature)) as conn:
        for _ in range(rounds * 300):
            text = no_sql(chance)
            if "DROP" in text or "ALTER" in text:
                conn.execute("BEGIN")  # it may be SQL after all
            try:
                conn.execute(text, [1] * text.count("?")).fetchall()
            except (sqlite3.Error, sqlite3.Warning, ValueError):
                pass
            conn.rollback()
        with conn:
            conn.execute("DELETE FROM account")
            conn.executemany("INSERT INTO account (id, amount) VALUES (?, 1000)", ((n,) for n in range(50)))
    if os.path.exists(path):
        examine(path, feature, [])
