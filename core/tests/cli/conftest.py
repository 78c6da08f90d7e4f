"""The command ``heliosdb``, called as from a terminal of 80 columns."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from heliosdb_sqlite.cli.app import build

RUN = "from heliosdb_sqlite.cli import main; main()"


@pytest.fixture
def heliosdb(monkeypatch):
    """Calls the command in this process and returns click's result: ``heliosdb("info", file)``."""
    monkeypatch.setenv("COLUMNS", "80")
    runner = CliRunner()
    return lambda *arguments: runner.invoke(build(), [str(each) for each in arguments], prog_name="heliosdb")


@pytest.fixture
def heliosdb_process():
    """Calls the command in a process of its own, with Python code to run before it."""

    def call(*arguments, before=""):
        command = [sys.executable, "-c", f"{before}\n{RUN}", *map(str, arguments)]
        environment = {**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, timeout=60)

    return call


@pytest.fixture
def other_process():
    """Runs Python code in another process up to its ``print``, and lets it live until the test has ended."""
    processes = []

    def start(code):
        process = subprocess.Popen(
            [sys.executable, "-c", f"{code}\nprint('ready', flush=True); input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout.readline() == "ready\n"

    yield start
    for process in processes:
        process.communicate("\n")


def snapshot(folder: Path):
    """Return each file's size, contents and time of change."""
    return {
        file.name: (
            hashlib.sha256(file.read_bytes()).hexdigest(),
            file.stat().st_size,
            file.stat().st_mtime_ns,
        )
        for file in sorted(folder.iterdir())
    }


@pytest.fixture
def unchanged(tmp_path):
    """Checks at the test's end that every file in its folder is what it was when this was called."""
    before = []
    yield lambda: before.append(snapshot(tmp_path))
    assert before
    assert snapshot(tmp_path) == before[-1]
