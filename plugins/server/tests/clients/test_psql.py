"""psql, as its users type in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest

PSQL = shutil.which("psql")
pytestmark = pytest.mark.skipif(
    PSQL is None and not os.environ.get("CI"), reason="psql is not installed here"
)


@pytest.fixture
def psql(server):
    def run(*commands, stdin=None, expect=0):
        assert PSQL, "psql is not installed: CI must have it"
        arguments = [PSQL, "-X", "-v", "ON_ERROR_STOP=1", server.url]
        for command in commands:
            arguments += ["-c", command]
        done = subprocess.run(arguments, capture_output=True, text=True, input=stdin, timeout=30)
        assert done.returncode == expect, done.stderr
        return done.stdout + done.stderr

    return run


DESCRIPTIONS = [
    r"\d",
    r"\d+",
    r"\dt",
    r"\dt+",
    r"\di",
    r"\di+",
    r"\dv",
    r"\dv+",
    r"\dn",
    r"\dn+",
    r"\l",
    r"\l+",
    r"\df",
    r"\du",
    r"\du+",
    r"\dx",
    r"\ds",
    r"\dp",
    r"\dT",
    r"\db",
    r"\da",
    r"\do",
    r"\dc",
    r"\dC",
    r"\dL",
    r"\dD",
    r"\dE",
    r"\dm",
    r"\dd",
    r"\ddp",
    r"\drds",
    r"\dy",
    r"\dO",
    r"\des",
    r"\dRp",
    r"\dF",
    r"\dX",
    r"\dP",
    r"\dAc",
    r"\conninfo",
    r"\encoding",
]


@pytest.mark.parametrize("command", DESCRIPTIONS)
def test_a_description_is_no_error(psql, command):
    assert "ERROR" not in psql(command)


def test_a_table_is_described_as_postgresql_describes_it(psql):
    said = psql(r"\d users")
    assert 'Table "public.users"' in said
    assert " name   | text    |           | not null | " in said
    assert '"users_pkey" PRIMARY KEY, btree (id)' in said
    assert '"users_email_key" UNIQUE CONSTRAINT, btree (email)' in said
    assert 'TABLE "posts" CONSTRAINT "posts_user_id_fkey" FOREIGN KEY (user_id) REFERENCES users(id)' in said


def test_a_view_is_described(psql):
    psql("CREATE VIEW v AS SELECT name FROM users")
    assert "View definition:" in psql(r"\d+ v")


def test_rows_are_aligned(psql):
    assert (
        psql("SELECT id, name FROM users ORDER BY id LIMIT 1")
        == " id | name \n----+------\n  1 | ann\n(1 row)\n\n"
    )


def test_copy_reads_and_writes_the_clients_files(psql, tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("10,dan,dan@x\n11,eve,\n")
    assert "COPY 2" in psql(rf"\copy users (id, name, email) FROM '{source}' CSV")
    psql(rf"\copy (SELECT id, name FROM users WHERE id >= 10 ORDER BY id) TO '{target}' CSV HEADER")
    assert target.read_text() == "id,name\n10,dan\n11,eve\n"


def test_an_error_shows_its_place(psql):
    said = psql("SELECT nope FROM users", expect=1)
    assert 'ERROR:  column "nope" does not exist' in said
    assert "LINE 1: SELECT nope FROM users\n               ^" in said


def test_a_script_in_one_transaction(psql):
    script = "BEGIN;\nINSERT INTO users (name) VALUES ('x');\nSELECT count(*) FROM users;\nROLLBACK;\nSELECT count(*) FROM users;\n"
    said = psql(stdin=script)
    assert " 4\n" in said
    assert " 3\n" in said


def test_watch_repeats(server):
    process = subprocess.Popen(
        [PSQL, "-X", server.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdin.write("SELECT 41 + 1 AS answer \\watch 0.1\n")
    process.stdin.flush()
    seen = 0
    while seen < 3:
        seen += process.stdout.readline().strip() == "42"
    process.kill()
    process.communicate()


def test_a_database_that_is_not_served_is_named(server):
    url = server.url.replace("/app", "/other")
    done = subprocess.run([PSQL, "-X", url, "-c", "SELECT 1"], capture_output=True, text=True, timeout=10)
    assert done.returncode == 2
    assert 'database "other" does not exist' in done.stderr
    assert 'This server serves "app"' in done.stderr


def test_control_c_ends_the_statement(server):
    process = subprocess.Popen(
        [PSQL, "-X", server.url, "-c", "SELECT pg_sleep(30)"], stderr=subprocess.PIPE, text=True
    )
    for _ in range(200):
        if server.get_status().running_queries:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert "canceling statement due to user request" in process.communicate(timeout=20)[1]
