"""Processes that are killed while they write: nothing that was acknowledged is lost, nothing is half done."""

from __future__ import annotations

import time

import pytest

from torture_kit.bank import FEATURES, acknowledged, examine, found
from torture_kit.processes import start

TELLERS = 8


@pytest.mark.parametrize("feature", FEATURES)
def test_tellers_are_killed_at_any_moment(tmp_path, feature, rounds, chance):
    path = tmp_path / "bank.db"
    found(path, feature)
    known = 0
    for number in range(rounds):
        tellers = [start("teller", path, feature, f"{number}-{each}") for each in range(TELLERS)]
        time.sleep(chance.uniform(0.05, 0.6))
        for each in chance.sample(tellers, TELLERS):
            assert each.poll() is None, each.communicate()[1]
            each.kill()
            time.sleep(chance.choice([0, 0.01]))
        for each in tellers:
            each.communicate()
        now = examine(path, feature, acknowledged(tmp_path))
        assert now >= known
        known = now
    assert known > 0, "no transfer was made: nothing was tested"
