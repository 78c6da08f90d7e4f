"""``heliosdb serve`` and ``heliosdb user``, as processes."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
import pytest
from click.testing import CliRunner

import heliosdb_sqlite
from heliosdb_sqlite.cli.app import build

COMMAND = [sys.executable, "-c", "from heliosdb_sqlite.cli import main; main()"]


@pytest.fixture
def serve(path):
    """Starts ``heliosdb serve`` for the file; returns the process and the address that it prints."""
    started = []

    def start(*options, env=None):
        process = subprocess.Popen(
            [*COMMAND, "serve", str(path), "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
        )  # fmt: skip
        started.append(process)
        said = process.stdout.readline()
        found = re.search(r"postgresql://\S+", said)
        assert found, said + process.stdout.read()
        return process, found[0]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def heliosdb(*arguments):
    """Run a command within this process."""
    return CliRunner().invoke(build(), list(map(str, arguments)))


def test_it_serves_until_it_is_told_to_end(serve, path):
    process, url = serve()
    connection = psycopg2.connect(url)
    cursor = connection.cursor()
    cursor.execute("INSERT INTO users (name) VALUES ('dan') RETURNING id")
    assert cursor.fetchone() == (4,)
    connection.commit()
    connection.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert process.stdout.read().strip() == "stopping"
    with closing(sqlite3.connect(path)) as beside, beside:
        assert beside.execute("SELECT count(*) FROM users").fetchone() == (4,)
    beside.close()


def test_a_running_statement_ends_before_the_server_does(serve):
    process, url = serve("--drain", "20")
    busy, idle = psycopg2.connect(url), psycopg2.connect(url)
    busy.autocommit = True
    answers = []

    def run():
        cursor = busy.cursor()
        cursor.execute("SELECT pg_sleep(1); SELECT 42")
        answers.append(cursor.fetchone())

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    thread.join(20)
    assert answers == [(42,)]
    assert process.wait(30) == 0
    with pytest.raises(psycopg2.OperationalError):
        idle.cursor().execute("SELECT 1")
    busy.close()
    idle.close()


def test_users_are_added_listed_and_removed(path):
    assert "ann may log in" in heliosdb("user", "add", path, "ann", "--password", "correct horse").output
    heliosdb("user", "add", path, "bob", "--password", "other")
    assert heliosdb("user", "list", path).output.split() == ["ann", "bob"]
    with heliosdb_sqlite.start_server(path, port=0) as server:
        place = {"host": "127.0.0.1", "port": server.port, "dbname": "app"}
        psycopg2.connect(user="ann", password="correct horse", **place).close()
        for user, password in (("ann", "wrong"), ("helios", ""), ("eve", "correct horse")):
            with pytest.raises(psycopg2.OperationalError):
                psycopg2.connect(user=user, password=password, **place)
    heliosdb("user", "remove", path, "bob")
    assert heliosdb("user", "list", path).output.split() == ["ann"]


def test_what_it_can_not_do_is_said(path, server):
    for options, said in (
        (["--port", server.port], "give another port="),
        (["--port", "0", "--auth", "certificate"], "needs enable_ssl"),
        (["--port", "0", "--key-env", "NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE is not set"),
        (["--port", "0", "--allow", "nonsense"], "nonsense"),
    ):
        done = heliosdb("serve", path, *options)
        assert done.exit_code != 0
        assert said in done.output + str(done.exception)


def test_it_serves_by_tls_alone(serve, path, certificates):
    heliosdb("user", "add", path, "ann", "--password", "correct horse")
    process, url = serve(
        "--ssl-cert", str(certificates / "localhost.crt"), "--ssl-key", str(certificates / "localhost.key"),
        "--auth", "password",
    )  # fmt: skip
    place = {
        "host": "127.0.0.1",
        "port": urlsplit(url).port,
        "dbname": "app",
        "user": "ann",
        "password": "correct horse",
    }
    connection = psycopg2.connect(
        sslmode="verify-ca",
        sslrootcert=str(certificates / "authority.crt"),
        channel_binding="require",
        **place,
    )
    cursor = connection.cursor()
    cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    assert cursor.fetchone() == (True,)
    connection.close()
    with pytest.raises(psycopg2.OperationalError, match="encrypted connections only"):
        psycopg2.connect(sslmode="disable", **place)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_it_takes_the_names_of_certificates(serve, certificates):
    names = {"--ssl-cert": "localhost.crt", "--ssl-key": "localhost.key", "--ssl-ca": "authority.crt"}
    _, url = serve(
        "--auth",
        "certificate",
        *(part for option, name in names.items() for part in (option, str(certificates / name))),
    )
    place = {
        "host": "127.0.0.1",
        "port": urlsplit(url).port,
        "dbname": "app",
        "user": "ann",
        "sslmode": "require",
    }
    shown = {"sslcert": str(certificates / "ann.crt"), "sslkey": str(certificates / "ann.key")}
    psycopg2.connect(**place, **shown).close()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(**place, sslcert="none", sslkey="none")


@pytest.mark.parametrize("port", [-1, 65536, "5432"])
def test_a_port_that_is_none_is_refused(path, port):
    with pytest.raises(sqlite3.ProgrammingError, match="is no port: give 1 to 65535"):
        heliosdb_sqlite.start_server(path, port=port)


def test_the_command_says_which_ports_there_are(path):
    said = heliosdb("serve", "--port", "99999", path)
    assert said.exit_code == 2
    assert "0<=x<=65535" in said.output


def test_without_users_the_list_says_how_to_add_one(path):
    said = heliosdb("user", "list", path)
    assert said.output == f"no users yet: heliosdb user add {path} NAME adds one\n"
