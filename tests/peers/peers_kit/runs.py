"""One run of a project's tests: the outcome of each, and whose connections it opened."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from heliosdb_sqlite.testing import dropin
from heliosdb_sqlite.testing.dropin import PLAIN, STDLIB, Configuration
from heliosdb_sqlite.testing.dropin.swap import CHILDREN, CONFIGURATION

from .projects import RUNNERS, Project

STARTUP = Path(dropin.__file__).parent / "startup"
LIMIT = 3600
"""Seconds after which a run is given up."""


@dataclass(frozen=True)
class Run:
    """What came of the tests."""

    outcomes: dict[str, str]
    connections: Counter[str]
    """How many connections were opened: ``ours``, ``others``, ``internal``."""
    output: str

    @property
    def counted(self) -> str:
        counts = Counter(self.outcomes.values())
        return ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped"))


def run(python: Path, source: Path, project: Project, *, ours: bool) -> Run:
    """Run the project's tests on sqlite3, or on HeliosDB: the swapped module, or the backend that is tried."""
    backend = project.backend
    with tempfile.TemporaryDirectory() as folder:
        report, children = Path(folder, "report.xml"), Path(folder, "children.jsonl")
        children.touch()
        values = {"report": report, "folder": folder}
        if backend is not None:
            values["backend"] = backend.heliosdb if ours else backend.sqlite3
        done = subprocess.run(
            [str(python), *(word.format(**values) for word in (*project.command, *project.tests))],
            cwd=source,
            env={
                **_environment(PLAIN if ours and backend is None else STDLIB, children),
                **{name: value.format(**values) for name, value in project.environment.items()},
                "PEERS_REPORT": str(report),
            },
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        output = f"{done.stdout}\n{done.stderr}"
        if not report.exists():
            raise AssertionError(f"the tests did not run to their end\n{output}")
        opened: Counter[str] = Counter()
        for line in children.read_text(encoding="utf-8").splitlines():
            opened.update(json.loads(line)["connections"])
        outcomes = _outcomes(report)
        if backend is not None:
            outcomes = {name.replace(*backend.names): outcome for name, outcome in outcomes.items()}
        return Run(outcomes, opened, output)


def _environment(configuration: Configuration, children: Path) -> dict[str, str]:
    """Return the environment in which every Python that is started runs in the configuration."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HELIOSDB_"))
    }
    return {
        **kept,
        CONFIGURATION: configuration.dumps(),
        CHILDREN: str(children),
        "HELIOSDB_DROPIN_PATH": "[]",  # HeliosDB is installed there
        "PYTHONPATH": os.pathsep.join([str(STARTUP), str(RUNNERS)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _outcomes(report: Path) -> dict[str, str]:
    outcomes: dict[str, str] = {}
    for case in ET.parse(report).iter("testcase"):
        inside = {element.tag for element in case}
        name = f"{case.get('classname')}::{case.get('name')}"
        outcome = (
            "failed" if inside & {"failure", "error"} else "skipped" if "skipped" in inside else "passed"
        )
        if outcomes.get(name) != "failed":  # an error of its fixtures is a second line of the same test
            outcomes[name] = outcome
    return outcomes


def differences(standard: Run, ours: Run, known: Mapping[str, str]) -> dict[str, str]:
    """Return the tests that have another outcome, each with what became of it."""
    names = standard.outcomes.keys() | ours.outcomes.keys()
    return {
        name: f"{standard.outcomes.get(name)} became {ours.outcomes.get(name)}"
        for name in sorted(names)
        if standard.outcomes.get(name) != ours.outcomes.get(name)
        and not any(name.endswith(end) for end in known)
    }
