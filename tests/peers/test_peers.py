"""Projects that stand on sqlite3 pass the same of their own tests with heliosdb_sqlite in its place."""

from __future__ import annotations

import faulthandler

import pytest

from peers_kit.places import environment_of, source_of
from peers_kit.projects import ONLY_CHECKED_OUT, PROJECTS
from peers_kit.runs import differences, run

HERE = [project for project in PROJECTS if project.runs_here]


@pytest.mark.parametrize("project", HERE, ids=[project.run for project in HERE])
def test_the_same_tests_pass(project, folder, checkouts, record_property):
    faulthandler.cancel_dump_traceback_later()  # a suite takes minutes: it has a time limit of its own
    checkout = checkouts.get(project.name)
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
        f"{project.run} {project.version}: {standard.counted} | {ours.counted} | {len(found)} different",
    )
    assert "passed" in standard.outcomes.values(), standard.output
    assert standard.connections["ours"] == 0
    assert ours.connections["ours"] > 0
    assert ours.connections["others"] == 0
    assert found == {}
