"""Random programs against a model that remembers every state: AS OF, periods and restore() agree with it."""

from __future__ import annotations

import warnings
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heliosdb_timetravel import HistoryWarning
from timetravel_kit.model import Model
from timetravel_kit.tables import KINDS, Kind

EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def run_program(folder, kind: Kind, seed: int, steps: int) -> None:
    random = Random(seed)
    path = folder / f"{seed}.db"
    model = Model(path, kind, random)
    try:
        for _ in range(steps):
            model.step()
        model.check()
        model.restore()
        model.check()
    finally:
        model.close()
        for file in folder.glob(f"{seed}.db*"):
            file.unlink()


@EACH_KIND
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 30))
def test_every_state_is_remembered(tmp_path, kind, seed, steps):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HistoryWarning)
        run_program(tmp_path, kind, seed, steps)


@pytest.mark.exhaustive
@EACH_KIND
def test_every_state_is_remembered_in_long_programs(tmp_path, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HistoryWarning)
        for seed in range(100):
            run_program(tmp_path, kind, seed, 120)
