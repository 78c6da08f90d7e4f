"""What goes wrong is one line on stderr and an exit code, never a traceback."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing

import click
import pytest

from heliosdb_sqlite.plugins import hookimpl, key_options
from heliosdb_sqlite.testing import registered


def error(result, code=1):
    assert result.exit_code == code, result.output
    return " ".join(result.output.split("Error: ")[1].split())


def test_a_file_that_is_not_there(heliosdb, tmp_path):
    assert error(heliosdb("info", tmp_path / "no.db"), code=2) == (
        f"Invalid value for '[FILE]': File '{tmp_path / 'no.db'}' does not exist."
    )
    assert not (tmp_path / "no.db").exists()


def test_a_folder(heliosdb, tmp_path):
    assert "is a directory" in error(heliosdb("info", tmp_path), code=2)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among its files")
def test_a_pipe(heliosdb, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert error(heliosdb("info", tmp_path / "pipe")).endswith("is not a regular file")


@pytest.mark.parametrize("text", ["hello", "SQLite format 3", "a,b\n1,2\n" * 1000])
def test_a_file_that_is_no_database(heliosdb, tmp_path, text):
    (tmp_path / "x.db").write_text(text)
    assert error(heliosdb("info", tmp_path / "x.db")) == (
        f"{tmp_path / 'x.db'}: file is not a database: it does not begin as SQLite's files do"
    )


def test_an_encrypted_database_is_told_from_any_other_file(heliosdb, tmp_path):
    (tmp_path / "x.db").write_bytes(random.Random(1).randbytes(8192))
    assert error(heliosdb("info", tmp_path / "x.db")) == (
        f"{tmp_path / 'x.db'}: file is not a database: it seems to be encrypted or compressed; "
        "connect(..., encryption_key=...) opens encrypted ones"
    )


@pytest.mark.parametrize("place", [16, 100])
def test_a_damaged_database(heliosdb, tmp_path, place):
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
    with (tmp_path / "x.db").open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 8)

    assert error(heliosdb("info", tmp_path / "x.db")).endswith(": the file is damaged")


def test_an_unknown_command_and_an_unknown_option(heliosdb):
    assert error(heliosdb("inform"), code=2).startswith("No such command 'inform'")
    assert error(heliosdb("info", "--nonsense"), code=2).startswith("No such option")


def test_a_database_error_in_a_plugins_command(heliosdb):
    class Plugin:
        @hookimpl
        def heliosdb_commands(self, cli):
            @cli.command()
            def fail():
                raise sqlite3.OperationalError("no such thing: [bold]")

            @cli.command()
            @click.argument("name")
            def greet(name):
                click.echo(f"hello {name}")

    with registered(Plugin(), always=False):
        assert error(heliosdb("fail")) == "no such thing: [bold]"
        assert heliosdb("greet", "you").output == "hello you\n"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("file is not a database", "{file}: file is not a database"),
        ("unable to open database file: {file}", "unable to open database file: {file}"),
        ("no such table: t", "no such table: t"),
        (
            "connect(..., encryption_key=...)",
            "connect(..., encryption_key=...); --key-env or --key-file takes the key here",
        ),
    ],
)
def test_an_error_names_the_file_and_the_option(heliosdb, tmp_path, said, shown):
    file = tmp_path / "app.db"

    class Plugin:
        @hookimpl
        def heliosdb_commands(self, cli):
            @cli.group()
            def deep():
                pass

            @deep.command()
            @click.argument("file")
            @key_options
            def fail(file, encryption_key):
                raise sqlite3.DatabaseError(said.format(file=file))

    with registered(Plugin(), always=False):
        assert error(heliosdb("deep", "fail", file)) == shown.format(file=file)
        assert "takes the key here" not in error(heliosdb("deep", "fail", file, "--key-env", "PATH"))


def test_a_command_of_a_plugin_that_is_not_there(heliosdb, monkeypatch):
    monkeypatch.setattr(
        "heliosdb_sqlite.cli.app.manager", lambda _: type("M", (), {"implementations": lambda *_: {}})
    )
    for name, plugin in (
        ("encrypt", "crypto"),
        ("branch", "branching"),
        ("history", "timetravel"),
        ("serve", "server"),
    ):
        assert f"{name} comes with the {plugin} plugin" in error(heliosdb(name, "x.db"), code=2)
    assert error(heliosdb("nonsense"), code=2).startswith("No such command 'nonsense'")


def test_a_key_comes_from_a_variable_or_a_file(heliosdb, tmp_path, monkeypatch):
    class Plugin:
        @hookimpl
        def heliosdb_commands(self, cli):
            @cli.command()
            @key_options
            def unlock(encryption_key):
                click.echo(repr(encryption_key))

    raw, digits, short = (tmp_path / name for name in ("raw", "digits", "short"))
    raw.write_bytes(b"k" * 32)
    digits.write_text((b"k" * 32).hex() + "\n")
    short.write_bytes(b"k")
    monkeypatch.setenv("SECRET", "word")
    monkeypatch.delenv("UNSET", raising=False)
    with registered(Plugin(), always=False):
        assert heliosdb("unlock").output == "None\n"
        assert heliosdb("unlock", "--key-env", "SECRET").output == "'word'\n"
        for file in (raw, digits):
            assert heliosdb("unlock", "--key-file", file).output == f"{b'k' * 32!r}\n"
        assert "UNSET is not set" in error(heliosdb("unlock", "--key-env", "UNSET"))
        assert "a key file has 32 bytes" in error(heliosdb("unlock", "--key-file", short))
        assert "in one way" in error(heliosdb("unlock", "--key-file", raw, "--key-env", "SECRET"), code=2)
