"""``python -m heliosdb_sqlite`` is ``python -m sqlite3``, which came with Python 3.12."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dropin_kit.scripts import run_module

needs_the_command = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="python -m sqlite3 came with Python 3.12"
)


@needs_the_command
@pytest.mark.parametrize(
    "arguments",
    [
        ["-v"],
        ["--version"],
        [":memory:", "SELECT 1, 'a' UNION ALL SELECT 2, 'b'"],
        ["app.db", "CREATE TABLE t(a)"],
        [":memory:", "SELEC"],
        [":memory:", "SELECT 1; SELECT 2"],
        ["no/such/folder/app.db", "SELECT 1"],
        ["--nonsense"],
        ["a", "b", "c"],
    ],
    ids=" ".join,
)
def test_arguments_have_the_same_output_and_exit_code(arguments: list[str], tmp_path: Path) -> None:
    expected, actual = run_module(arguments, tmp_path)
    assert (actual.code, actual.output, actual.files) == (expected.code, expected.output, expected.files)
    assert actual.errors.splitlines()[-1:] == expected.errors.splitlines()[-1:]  # a traceback's last line


@needs_the_command
def test_help_is_the_same(tmp_path: Path) -> None:
    expected, actual = run_module(["-h"], tmp_path)
    assert actual.output.replace("heliosdb_sqlite", "sqlite3") == expected.output


@needs_the_command
@pytest.mark.parametrize(
    "typed",
    ["SELECT 1;\n", "SELECT\n1;\n", ".version\n.help\n", "SELEC;\n", ".quit\n", "CREATE TABLE t(a);\n", ""],
)
@pytest.mark.parametrize("arguments", [[], ["app.db"]])
def test_the_shell_answers_the_same(typed: str, arguments: list[str], tmp_path: Path) -> None:
    expected, actual = run_module(arguments, tmp_path, typed)
    assert actual == expected


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python has the command")
def test_before_3_12_it_says_what_is_missing(tmp_path: Path) -> None:
    _, actual = run_module([":memory:", "SELECT 1"], tmp_path)
    assert actual.code != 0
    assert "3.12" in actual.errors
    assert "Traceback" not in actual.errors
