"""The drop-in lines at the end of pytest's report."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def summarize(terminalreporter: Any, folder: Path | None = None) -> None:
    """Write the lines that tests recorded with ``record_property("dropin", line)``.

    :param folder: only those of tests below, so that several callers in one session don't repeat each other's lines
    """
    root = terminalreporter.config.rootpath
    lines = [
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if folder is None or _is_below(root / report.nodeid.partition("::")[0], folder)
        for name, value in report.user_properties
        if name == "dropin"
    ]
    if lines:
        terminalreporter.section("drop-in")
        for line in sorted(set(lines)):
            terminalreporter.write_line(line)


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
