"""The same script in two fresh processes: one line differs, the import."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

IMPORTS = {"sqlite3": "import sqlite3", "heliosdb": "import heliosdb_sqlite as sqlite3"}
MODULES = {"sqlite3": "sqlite3", "heliosdb": "heliosdb_sqlite"}


@dataclass(frozen=True)
class Finished:
    """What a process left behind."""

    code: int
    output: str
    errors: str
    files: tuple[str, ...]


def _run(arguments: list[str], folder: Path, typed: str) -> Finished:
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    files = tuple(sorted(path.name for path in folder.iterdir()))
    return Finished(process.returncode, process.stdout, process.stderr, files)


def run_script(script: str, folder: Path) -> Finished:
    """Run the script below each of the two import lines, in two empty folders; both must do the same."""
    finished = {}
    for side, line in IMPORTS.items():
        (folder / side).mkdir(parents=True)
        (folder / side / "script.py").write_text(f"{line}\n{script}", encoding="utf-8")
        finished[side] = _run(["script.py"], folder / side, "")
    assert finished["heliosdb"] == finished["sqlite3"]
    return finished["heliosdb"]


def run_module(arguments: list[str], folder: Path, typed: str = "") -> tuple[Finished, Finished]:
    """Run ``python -m sqlite3`` and ``python -m heliosdb_sqlite`` with the arguments; return what both left behind."""
    for side in MODULES:
        (folder / side).mkdir(parents=True, exist_ok=True)
    expected, actual = (_run(["-m", MODULES[side], *arguments], folder / side, typed) for side in MODULES)
    return expected, actual
