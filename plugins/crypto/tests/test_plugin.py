"""What the plugin brings besides: its act in the demo, its facts, its README; and that it is still sqlite3."""

from __future__ import annotations

import io
import re
import sqlite3
import sys
from pathlib import Path

import pytest
from rich.console import Console

import heliosdb_sqlite
from heliosdb_crypto.demo import ACT
from heliosdb_sqlite.plugins import database_of, options_of
from heliosdb_sqlite.testing.dropin import dropin_checks


def test_the_demo_shows_a_file_before_and_after(tmp_path):
    said = []
    for _ in range(2):  # in the same folder, too
        console = Console(file=io.StringIO(), width=160)
        ACT.play(console, tmp_path, ())
        said.append(console.file.getvalue())
    for each in said:
        assert "b'HeliosDB" in each and "'generator' 0 times" in each
        assert "wrong encryption key for 'manual-encrypted.db'" in each
        assert "page 5 of 'manual-encrypted.db' failed authentication" in each
        assert re.search(r"wrote 1 of \d+ pages", each)
        assert "('Ann', 'ann@example.com')" in each


def test_it_says_what_this_python_can_do():
    from heliosdb_sqlite.capabilities import capabilities

    facts = {each.name: each.value for each in capabilities()}
    assert facts["encryption"] == "yes"
    assert "scrypt" in facts["passphrases become keys by"]


def test_the_readmes_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    code, output = re.search(r"```python\n(.*?)```\n\n```output\n(.*?)```", readme, re.DOTALL).groups()
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == output


def test_a_twin_of_a_connection_can_be_opened(open_encrypted, file):
    conn = open_encrypted()
    conn.execute("CREATE TABLE t (a)")
    conn.rekey(b"n" * 32)
    twin = heliosdb_sqlite.connect(database_of(conn), **options_of(conn))
    assert twin.execute("SELECT * FROM t").fetchall() == []
    twin.close()


def test_other_connections_are_left_alone(conn, file, tmp_path):
    plain = heliosdb_sqlite.connect(tmp_path / "plain.db")
    plain.execute("CREATE TABLE t (a)")
    plain.close()
    assert (tmp_path / "plain.db").read_bytes()[:6] == b"SQLite"
    standard = sqlite3.connect(tmp_path / "plain.db")
    assert standard.execute("SELECT * FROM t").fetchall() == []
    standard.close()


@pytest.mark.parametrize(
    "check",
    [each for each in dropin_checks("heliosdb_crypto.plugin", examples=20) if str(each) == "idle"],
    ids=str,
)
def test_a_connection_without_a_key_does_without_it(check):
    check()


KNOWN = {"OpenTests.test_factory_database_arg": "a factory is given the URI that names the file layer"}
if sys.version_info >= (3, 13):  # which warns of them
    KNOWN |= {
        "ConnectionTests.test_connect_positional_arguments": "positional arguments reach SQLite by name",
        "ConnectionFactoryTests.test_connection_factory_as_positional_arg": "positional arguments reach SQLite by name",
    }


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.version_info < (3, 12), reason="the known differences are those of 3.12 and later")
def test_cpythons_own_tests_pass_on_encrypted_connections():
    (check,) = (
        each
        for each in dropin_checks(
            "crypto_kit.quick:plugin", {"encryption_key": "word"}, ignoring=("files", "trace"), known=KNOWN
        )
        if str(each) == "cpython-suite"
    )
    check()


@pytest.mark.parametrize("factory", [sqlite3.Connection, heliosdb_sqlite.Connection])
def test_a_class_or_function_of_the_users_makes_the_connection(open_encrypted, factory):
    class Mine(factory):
        pass

    assert isinstance(open_encrypted(factory=Mine), Mine)

    def make(*args, **keywords):
        return Mine(*args, **keywords)

    conn = open_encrypted(factory=make)
    conn.execute("CREATE TABLE t (a)")
    assert isinstance(conn, Mine)
