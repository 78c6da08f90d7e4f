"""CPython's own sqlite3 suite, run in a process of its own in one configuration."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .configurations import Configuration
from .run_suite import PACKAGE
from .swap import CHILDREN, CONFIGURATION

KIT = Path(__file__).parent


@dataclass(frozen=True)
class SuiteRun:
    """What one run of the suite found."""

    configuration: Configuration
    outcomes: dict[str, list[str]]
    """Test id to its outcome and, where it did not pass, why."""
    warnings: list[list[Any]]
    """Warnings that no test caught: test id, category, text, file and line."""
    opens: dict[str, str]
    """Test module to what its sqlite3 opens: ``heliosdb_sqlite.Connection``, a ``subclass``, ``another``."""
    connections: dict[str, int]
    """How many connections the tests opened: ``ours``, ``others``."""
    hooks: dict[str, int]
    """How often each hook of the configuration's plugin was called."""
    children: list[dict[str, Any]]
    """The same counts for each Python that the suite started and that opened a connection."""

    @property
    def counted(self) -> str:
        """The outcomes in words: ``477 ok 4 skip``."""
        counts = Counter(outcome for outcome, _ in self.outcomes.values())
        return " ".join(f"{count} {outcome}" for outcome, count in counts.most_common())


def environment(configuration: Configuration) -> dict[str, str]:
    """Return an environment in which every Python started runs in the given configuration, and its children too."""
    folders = [str(KIT / "startup"), str(KIT.parent)]
    return {**os.environ, CONFIGURATION: configuration.value, "PYTHONPATH": os.pathsep.join(folders)}


@functools.cache
def run(configuration: Configuration) -> SuiteRun:
    """Run the whole suite on this interpreter; once for each configuration in a test session."""
    with tempfile.TemporaryDirectory() as folder:
        output, children = Path(folder, "outcomes.json"), Path(folder, "children.jsonl")
        process = subprocess.run(
            [sys.executable, str(KIT / "run_suite.py"), str(output)],
            cwd=folder,
            env={**environment(configuration), CHILDREN: str(children)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        if process.returncode or not output.exists():
            raise AssertionError(f"the suite did not run to its end\n{process.stdout}\n{process.stderr}")
        found = json.loads(output.read_text(encoding="utf-8"))
        reports = [json.loads(line) for line in children.read_text(encoding="utf-8").splitlines()]
    started = [child for child in reports if child["connections"] and child["script"] == "-c"]
    return SuiteRun(configuration, children=started, **found)


def differences(expected: SuiteRun, actual: SuiteRun) -> list[str]:
    """Return one line for each test or uncaught warning in which the two runs differ."""
    lines = []
    for test in sorted(expected.outcomes.keys() | actual.outcomes.keys()):
        before, after = expected.outcomes.get(test), actual.outcomes.get(test)
        if before != after:
            lines.append(f"{test}: {before} became {after}")
    lines += [
        f"no longer warned: {warning}" for warning in expected.warnings if warning not in actual.warnings
    ]
    lines += [f"newly warned: {warning}" for warning in actual.warnings if warning not in expected.warnings]
    return lines


def require_suite() -> None:
    """Skip where the interpreter came without its tests, as Debian's does; in CI that is a failure."""
    try:
        present = importlib.util.find_spec(PACKAGE) is not None
    except ModuleNotFoundError:
        present = False
    if present:
        return
    message = (
        f"this Python {platform.python_version()} comes without {PACKAGE}: CPython's own suite did not run"
    )
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def assert_same_as_stdlib(configuration: Configuration, record: Any, note: str = "") -> None:
    """Run the suite with the standard library's module and in the given configuration; everything must be the same.

    :param record: pytest's ``record_property``; gets the line for the end of the report
    :param note: what else that line should say about the configuration
    """
    require_suite()
    expected, actual = run(Configuration.STDLIB), run(configuration)
    assert expected.connections.keys() == {"others"}
    assert_swapped(actual)
    found = differences(expected, actual)
    same = "same" if not found else f"{len(found)} differences"
    python = platform.python_version()
    name = f"{configuration.value}, {note}" if note else configuration.value
    record("dropin", f"CPython sqlite3 suite {python}: stdlib {expected.counted}; heliosdb {name}: {same}")
    assert not found, "\n".join(found)


def assert_swapped(run: SuiteRun) -> None:
    """The run was HeliosDB's: every connection in it, its child processes included, and every hook of its plugin."""
    plain = {"heliosdb_sqlite.Connection"}
    allowed = plain if run.configuration is Configuration.PLAIN else plain | {"subclass"}
    assert run.opens and set(run.opens.values()) <= allowed, run.opens
    assert run.connections.keys() == {"ours"} and run.connections["ours"] > 200, run.connections
    assert run.children, "the suite starts Python processes that connect"
    assert all(child["connections"].keys() == {"ours"} for child in run.children), run.children
    if run.configuration is Configuration.EVERY_HOOK:
        from .idle_plugins import HOOKS

        assert {hook for hook, calls in run.hooks.items() if calls > 0} == HOOKS
        assert all(child["hooks"].get("connect") for child in run.children), run.children
