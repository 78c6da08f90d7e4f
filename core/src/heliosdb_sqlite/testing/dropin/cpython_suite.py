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
import unittest
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .configurations import STDLIB, Configuration
from .run_suite import PACKAGE
from .swap import CHILDREN, CONFIGURATION

_HERE = Path(__file__).parent
_NOTHING: Mapping[str, str] = MappingProxyType({})
# Every plugin makes this difference: its connections are of a subclass, where the test asks for the very class.
_OF_A_SUBCLASS = {"OpenTests.test_database_keyword": "a connection with plugins is of a subclass"}


@dataclass(frozen=True)
class SuiteRun:
    """What one run of the suite found."""

    configuration: Configuration
    outcomes: dict[str, list[str]]
    """Test id to its outcome and, where it did not pass, why."""
    aspects: dict[str, list[str]]
    """Test id to the aspects of a program that it is about, where that can be told: ``trace``, ``files`` ..."""
    warnings: list[list[Any]]
    """Warnings that no test caught: test id, category, text, file and line."""
    opens: dict[str, str]
    """Test module to what its sqlite3 opens: ``heliosdb_sqlite.Connection``, a ``subclass``, ``another``."""
    connections: dict[str, int]
    """How many connections the tests opened: ``ours``, ``others``, ``internal``."""
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
    return {
        **os.environ,
        CONFIGURATION: configuration.dumps(),
        "HELIOSDB_DROPIN_PATH": json.dumps([os.path.abspath(folder) for folder in sys.path]),
        "PYTHONPATH": str(_HERE / "startup"),
    }


@functools.cache
def run(configuration: Configuration) -> SuiteRun:
    """Run the whole suite on this interpreter; once for each configuration in a process."""
    with tempfile.TemporaryDirectory() as folder:
        output, children = Path(folder, "outcomes.json"), Path(folder, "children.jsonl")
        process = subprocess.run(  # noqa: S603 - this Python, and a script of ours
            [sys.executable, str(_HERE / "run_suite.py"), str(output)],
            cwd=folder,
            env={**environment(configuration), CHILDREN: str(children)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if process.returncode or not output.exists():
            raise AssertionError(f"the suite did not run to its end\n{process.stdout}\n{process.stderr}")
        found = json.loads(output.read_text(encoding="utf-8"))
        reports = [json.loads(line) for line in children.read_text(encoding="utf-8").splitlines()]
    started = [child for child in reports if child["connections"] and child["script"] == "-c"]
    return SuiteRun(configuration, children=started, **found)


def differences(expected: SuiteRun, actual: SuiteRun, known: Mapping[str, str] = _NOTHING) -> list[str]:
    """Return one line for each test or uncaught warning in which the two runs differ.

    :param known: ends of test ids, each with the reason why it differs; one that no longer does is a line too
    """
    ignored = actual.configuration.ignoring
    lines, used = [], set()
    for test in sorted(expected.outcomes.keys() | actual.outcomes.keys()):
        before, after = expected.outcomes.get(test), actual.outcomes.get(test)
        if before == after or not ignored.isdisjoint(expected.aspects.get(test, ())):
            continue
        reasons = {end for end in known if test.endswith(f".{end}")}
        used |= reasons
        if not reasons and not (actual.hooks and _known(test, _OF_A_SUBCLASS)):
            lines.append(f"{test}: {before} became {after}")
    there = {end for end in known if any(test.endswith(f".{end}") for test in expected.outcomes)}
    lines += [f"{end} no longer differs, which was known: {known[end]}" for end in sorted(there - used)]
    lines += [f"no longer warned: {line}" for line in expected.warnings if line not in actual.warnings]
    lines += [f"newly warned: {line}" for line in actual.warnings if line not in expected.warnings]
    return lines


def _known(test: str, ends: Mapping[str, str]) -> bool:
    return any(test.endswith(f".{end}") for end in ends)


def require_suite() -> None:
    """Skip where the interpreter came without its tests, as Debian's does; in CI that is a failure."""
    try:
        present = importlib.util.find_spec(PACKAGE) is not None
    except ModuleNotFoundError:
        present = False
    if present:
        return
    message = f"Python {platform.python_version()} comes without {PACKAGE}: CPython's own suite did not run"
    if os.environ.get("CI"):
        raise AssertionError(message)
    raise unittest.SkipTest(message)  # pytest knows what it means


def assert_same_as_stdlib(
    configuration: Configuration, known: Mapping[str, str] = _NOTHING, note: str = "", *, own: bool = True
) -> str:
    """Run the suite with the standard library's module and in the given configuration; everything must be the same.

    :param known: ends of test ids that differ, ``TraceTests.test_one``, each with the reason why
    :param note: what the line that is returned should say about the configuration
    :param own: whether HeliosDB's own differences count: what the plugin's hooks change when they do nothing
    :return: a line for the end of a report, with what was counted
    """
    require_suite()
    expected, actual = run(STDLIB), run(configuration)
    if expected.connections.keys() != {"others"}:
        raise AssertionError(
            f"the suite did not run on the standard library's module: {expected.connections}"
        )
    assert_swapped(actual)
    found = differences(expected, actual, known)
    if found and not own:
        idle = differences(expected, run(replace(configuration, idle=True)))
        found = [line for line in found if line not in idle]
    name = f"{configuration.name}, {note}" if note else configuration.name
    line = f"CPython sqlite3 suite {platform.python_version()}: stdlib {expected.counted}; heliosdb {name}: "
    if found:
        raise AssertionError("\n".join([f"{line}{len(found)} differences", *found]))
    return f"{line}same"


def assert_swapped(run: SuiteRun) -> None:
    """The run was HeliosDB's: every connection in it, its child processes' included; and its plugin was called."""
    opens = {"heliosdb_sqlite.Connection"} | ({"subclass"} if run.configuration.plugin else set())
    # An idle plugin's parameters are checked with one bare connection, which no program gets to see; so is the library.
    checked = run.configuration.plugin or run.configuration.in_line
    allowed = {"ours", "internal"} if checked else {"ours"}
    checks = {
        "the test modules' connections": set(run.opens.values()) <= opens and run.opens,
        "the connections": run.connections.keys() <= allowed and run.connections["ours"] > 200,
        "those that HeliosDB opened for itself": run.connections.get("internal", 0) <= 3,
        "the connections of child processes": run.children
        and all(child["connections"].keys() <= allowed for child in run.children),
    }
    for what, right in checks.items():
        if not right:
            raise AssertionError(
                f"{what} were not all HeliosDB's: {run.opens} {run.connections} {run.children}"
            )
    if (hooks := run.configuration.hooks()) and hooks.isdisjoint(run.hooks):
        raise AssertionError(
            f"no hook of {run.configuration.plugin} was called: it has {', '.join(sorted(hooks))}"
        )
