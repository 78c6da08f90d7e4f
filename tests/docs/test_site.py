"""docs/ builds into a site without a warning."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from docs_kit.files import PAGES, ROOT


def test_the_site_builds_strictly(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(list(tmp_path.rglob("index.html"))) >= len(PAGES)
    assert "<svg" in (tmp_path / "benchmarks" / "index.html").read_text(encoding="utf-8")


def test_the_table_of_ratios_is_made_from_the_results() -> None:
    code = "from benchmarks.page import *; print(renewed(README.read_text(), table(measurements())), end='')"
    made = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert made.stdout == (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
