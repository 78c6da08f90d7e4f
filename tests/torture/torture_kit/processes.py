"""Processes that are there to be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Start ``python -m torture_kit.PROGRAM``, and return it once it has opened the database."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"torture_kit.{program}", *map(str, arguments)],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n", process.communicate()[1]
    return process
