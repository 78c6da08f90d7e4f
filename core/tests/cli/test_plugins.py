"""``heliosdb plugins`` lists what is installed, what it brings, and how to get the rest."""

from __future__ import annotations

import os

import pytest

from heliosdb_sqlite._catalogue import FEATURES


def words(result):
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_every_plugin_of_heliosdbs_is_listed_with_what_it_brings(heliosdb):
    output = words(heliosdb("plugins"))

    for feature in FEATURES:
        names = (
            *feature.options,
            *feature.methods,
            *feature.functions,
            *feature.clauses,
            *feature.statements,
        )
        for name in (feature.name, *names, *feature.sql_functions):
            assert name in output


@pytest.mark.alone
def test_those_that_are_not_installed_are_listed_with_the_command_that_installs_them(heliosdb):
    output = words(heliosdb("plugins"))

    for feature in FEATURES:
        assert f"{feature.name} not installed: pip install 'heliosdb[{feature.name}]'" in output


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """Installs a distribution for processes to come, with one plugin: a module of this text."""

    def install(text, group="heliosdb"):
        (tmp_path / "greeting.py").write_text(text)
        info = tmp_path / "greeting_plugin-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greeting-plugin\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[{group}]\ngreeting = greeting\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)

    return install


GREETING = """
from pydantic import BaseModel
from heliosdb_sqlite.plugins import Syntax, hookimpl

class Options(BaseModel):
    greeting: str = "hello"

@hookimpl
def heliosdb_options():
    return Options

@hookimpl
def heliosdb_methods():
    return {"greet": print}

@hookimpl
def heliosdb_cursor_methods():
    return {"greet_all": print}

@hookimpl
def heliosdb_functions():
    return {"start_greeting": print}

@hookimpl
def heliosdb_syntax():
    return Syntax(column_types=("greeting",), clauses=("SAY HELLO",), functions=("hello",))
"""


def test_a_plugin_of_somebody_elses(heliosdb_process, distribution):
    distribution(GREETING)
    result = heliosdb_process("plugins")

    output = " ".join(result.stdout.split())
    assert result.returncode == 0, result.stderr
    assert (
        "greeting greeting-plugin 1.2 connect() greeting methods conn.greet(), cursor.greet_all() "
        "functions start_greeting() SQL GREETING, SAY HELLO, hello()"
    ) in output


def test_a_plugin_for_every_connection(heliosdb_process, distribution):
    distribution("", group="heliosdb.always")

    assert "greeting-plugin 1.2 on every connection" in " ".join(heliosdb_process("plugins").stdout.split())


def test_a_plugin_that_can_not_be_loaded_is_listed_with_the_reason(heliosdb_process, distribution):
    distribution("raise RuntimeError('no [bold] luck')")
    result = heliosdb_process("plugins", before="import warnings; warnings.simplefilter('ignore')")

    assert result.returncode == 0
    assert "not loaded: RuntimeError: no [bold] luck" in " ".join(result.stdout.split())


def test_a_plugin_that_is_switched_off(heliosdb_process, distribution, monkeypatch):
    distribution(GREETING)
    monkeypatch.setenv("HELIOSDB_DISABLE_PLUGINS", "greeting")

    assert "not loaded: disabled by HELIOSDB_DISABLE_PLUGINS" in " ".join(
        heliosdb_process("plugins").stdout.split()
    )
