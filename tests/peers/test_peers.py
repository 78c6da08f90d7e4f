"""Projects that stand on sqlite3 pass the same of their own tests with heliosdb_sqlite in its place."""

from __future__ import annotations

import faulthandler
from pathlib import Path

import pytest

from peers_kit.places import environment_of, source_of, version_of
from peers_kit.projects import ONLY_CHECKED_OUT, PROJECTS
from peers_kit.runs import differences, run


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each project's release, and each checkout that was given."""
    checkouts = metafunc.config.getoption("--checkout")
    given = [(name, Path(place).resolve()) for name, _, place in (each.partition("=") for each in checkouts)]
    named = {project.name: project for project in PROJECTS}
    cases = [pytest.param(named[name], place, id=f"{name}-checkout") for name, place in given]
    cases += [
        pytest.param(project, None, id=project.run)
        for project in PROJECTS
        if project.runs_here and not (project.name in ONLY_CHECKED_OUT and project.name in dict(given))
    ]
    metafunc.parametrize(("project", "checkout"), cases)


def test_the_same_tests_pass(project, checkout, folder, record_property):
    faulthandler.cancel_dump_traceback_later()  # a suite takes minutes: it has a time limit of its own
    if checkout is None and project.name in ONLY_CHECKED_OUT:
        pytest.skip(f"its release has no tests: --checkout {project.name}=FOLDER")
    python = environment_of(project, folder, checkout=checkout)
    source = checkout or source_of(project, python, folder)

    standard, ours = (run(python, source, project, ours=ours) for ours in (False, True))
    found = differences(standard, ours, project.known)
    if found:  # by chance, maybe: only what comes again counts
        again = differences(
            *(run(python, source, project, ours=each) for each in (False, True)), project.known
        )
        found = {name: change for name, change in found.items() if again.get(name) == change}

    record_property(
        "peer",
        f"{project.run} {version_of(project, python)}: {standard.counted} | {ours.counted} | {len(found)} different",
    )
    assert "passed" in standard.outcomes.values(), standard.output
    assert standard.connections["ours"] == 0
    assert ours.connections["ours"] > 0
    assert ours.connections["others"] == 0
    assert found == {}
