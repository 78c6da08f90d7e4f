"""The tutorial's plugin works when it is installed, and passes the tests that the tutorial gives it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import heliosdb_sqlite as sqlite3
from docs_kit.blocks import all_blocks
from docs_kit.files import DOCS
from docs_kit.running import shell


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tutorial's files, laid out as an installer would leave them, without asking an index for anything."""
    for block in all_blocks(DOCS / "plugins" / "tutorial.md"):
        if block.file:
            path = tmp_path / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.source, encoding="utf-8")
    (tmp_path / "src" / "sqlite_sampling" / "__init__.py").touch()
    declared = (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    entry_point = re.search(r"\[project\.entry-points\.heliosdb\]\n(\w+) = \"([\w.]+)\"", declared)
    assert entry_point
    info = tmp_path / "src" / "sqlite_sampling-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: sqlite-sampling\nVersion: 1.0\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(
        f"[heliosdb]\n{entry_point[1]} = {entry_point[2]}\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path / "src")
    return tmp_path


def test_its_tests_pass(project: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(project / "src"), os.environ.get("PYTHONPATH", "")]),
        },
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert " passed" in finished.stdout


def test_heliosdb_lists_it_and_has_its_command(project: Path) -> None:
    assert "sampling" in shell("heliosdb plugins")
    database = sqlite3.connect("library.db")
    database.execute("CREATE TABLE books (title TEXT)")
    database.execute("INSERT INTO books VALUES ('Emma'), ('Persuasion')")
    database.commit()
    database.close()
    assert sorted(shell("heliosdb sample library.db books --count 5").split()) == [
        "('Emma',)",
        "('Persuasion',)",
    ]
