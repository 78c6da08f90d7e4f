"""The commands of every plugin, on an encrypted database: each takes the key from the environment."""

from __future__ import annotations

import secrets
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest
from click.testing import CliRunner

import heliosdb_sqlite
from heliosdb_crypto import Passphrase, Scrypt
from heliosdb_sqlite.cli.app import build

COMMANDS = {
    "analyze": ("analyze", "{file}"),
    "branch": ("branch", "list", "{file}"),
    "history": ("history", "{file}", "t", "1"),
    "restore": ("restore", "{file}", "--tag", "first", "--yes"),
    "decrypt": ("decrypt", "{file}"),
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "app.db"
    key = Passphrase("a long phrase", Scrypt(n=1024))  # quick to derive; the file says so to the commands
    conn = heliosdb_sqlite.connect(path, encryption_key=key, enable_time_travel=True)
    conn.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'before')")
    conn.tag("first")
    conn.executescript("UPDATE t SET a = 'after'")
    conn.close()
    return path


@pytest.fixture
def run(file):
    def run(command, variable, **environment):
        words = [word.format(file=file) for word in COMMANDS[command]]
        return CliRunner().invoke(build(), [*words, "--key-env", variable], env=environment)

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_the_key_comes_from_the_environment(run, command):
    done = run(command, "PHRASE", PHRASE="a long phrase")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("command", COMMANDS)
def test_another_key_or_none_is_one_line(run, file, command):
    before = file.read_bytes()
    for environment in ({"PHRASE": "another phrase"}, {"PHRASE": ""}, {}):
        done = run(command, "PHRASE", **environment)
        assert done.exit_code == 1
        assert len(done.output.strip().splitlines()) == 1
        assert ("wrong encryption key" if environment.get("PHRASE") else "PHRASE is not set") in done.output
    assert file.read_bytes() == before


def test_history_and_restore_work_on_what_is_encrypted(run, file):
    assert "'before'" in run("history", "PHRASE", PHRASE="a long phrase").output
    assert "1 row changed" in run("restore", "PHRASE", PHRASE="a long phrase").output
    conn = heliosdb_sqlite.connect(file, encryption_key="a long phrase")
    assert conn.execute("SELECT a FROM t").fetchall() == [("before",)]
    conn.close()


def test_history_and_restore_work_on_a_branch(tmp_path):
    def run(*words):
        done = CliRunner().invoke(build(), [*map(str, words), "--branch", "spring"])
        assert done.exit_code == 0, done.output
        return done.output

    file = tmp_path / "app.db"
    conn = heliosdb_sqlite.connect(file, enable_time_travel=True)
    conn.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'main')")
    conn.close()
    conn = heliosdb_sqlite.connect(file, branch="main")
    conn.create_branch("spring")
    conn.close()
    conn = heliosdb_sqlite.connect(file, branch="spring", enable_time_travel=True)
    conn.tag("first")
    conn.executescript("UPDATE t SET a = 'spring'")
    conn.close()
    assert "+ a = 'spring'" in run("history", file, "t", 1)
    assert "1 row changed" in run("restore", file, "--tag", "first", "--yes")
    for branch, changes in (("main", 1), ("spring", 3)):
        conn = heliosdb_sqlite.connect(file, branch=branch, enable_time_travel=True)
        assert len(conn.history("t", 1)) == changes
        conn.close()


def test_a_file_with_a_raw_key_is_served(tmp_path):
    key, path = secrets.token_bytes(32), tmp_path / "sealed.db"
    (tmp_path / "key").write_text(key.hex(), encoding="ascii")
    with closing(heliosdb_sqlite.connect(path, encryption_key=key)) as connection:
        connection.execute("CREATE TABLE t (a)")
    command = [
        sys.executable,
        "-uc",
        "from heliosdb_sqlite.cli import main; main()",
        "serve",
        "--port",
        "0",
        "--key-file",
        tmp_path / "key",
        path,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().split()[-1]
            with psycopg.connect(url, autocommit=True) as client:
                client.execute("INSERT INTO t VALUES (1)")
        finally:
            process.terminate()
    with closing(heliosdb_sqlite.connect(path, encryption_key=key)) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
