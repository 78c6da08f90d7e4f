"""The power goes at any moment: what was acknowledged is on the disk, and nothing is half done."""

from __future__ import annotations

import shutil

import pytest

from torture_kit.bank import FEATURES, examine, found
from torture_kit.power import Disk, read
from torture_kit.processes import start

TRANSFERS, MOMENTS = 25, 6


@pytest.mark.parametrize("feature", FEATURES)
def test_the_power_goes_at_any_moment(tmp_path, feature, rounds, chance):
    bank, before, after = tmp_path / "bank", tmp_path / "before", tmp_path / "after"
    bank.mkdir()
    found(bank / "bank.db", feature)
    known = 0
    for number in range(rounds):
        shutil.rmtree(before, ignore_errors=True)
        shutil.copytree(bank, before)
        diary = tmp_path / f"diary-{number}"
        process = start("recorded", bank / "bank.db", feature, diary, f"round{number}", TRANSFERS)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        entries = read(diary)
        assert sum(entry[0] == "told" for entry in entries) == TRANSFERS
        moments = sorted(chance.sample(range(len(entries)), MOMENTS))
        disk, at = Disk(before, bank), 0
        for moment in [*moments, len(entries)]:
            for entry in entries[at:moment]:
                disk.happen(entry)
            at = moment
            disk.fail(after, chance, chance.choice([0, 0.5, 0.9, 1]))
            known = max(known, examine(after / "bank.db", feature, disk.told))
    assert known, "no transfer was acknowledged: nothing was tested"
