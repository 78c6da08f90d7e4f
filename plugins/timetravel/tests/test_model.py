"""Random programs against models that remember every state: AS OF, periods and restore() agree with them."""

from __future__ import annotations

import warnings
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heliosdb_timetravel import HistoryWarning
from timetravel_kit.changing import Changing
from timetravel_kit.model import Model
from timetravel_kit.tables import KINDS, Kind

pytestmark = pytest.mark.ends

SOME = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
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


def change_and_check(folder, seed: int, steps: int) -> None:
    changing = Changing(folder / f"{seed}.db", Random(seed))
    try:
        for _ in range(steps):
            changing.step()
        changing.check()
        changing.reopen()
        changing.check()
    finally:
        changing.conn.close()
        for file in folder.glob(f"{seed}.db*"):
            file.unlink()


@EACH_KIND
@SOME
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 30))
def test_every_state_is_remembered(tmp_path, kind, seed, steps):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HistoryWarning)
        run_program(tmp_path, kind, seed, steps)


@pytest.mark.exhaustive
@pytest.mark.parametrize("first", range(0, 100, 25))
@EACH_KIND
def test_every_state_is_remembered_in_long_programs(tmp_path, kind, first):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HistoryWarning)
        for seed in range(first, first + 25):
            run_program(tmp_path, kind, seed, 120)


@SOME
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 40))
def test_every_state_is_found_through_changes_of_the_schema(tmp_path, seed, steps):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HistoryWarning)
        change_and_check(tmp_path, seed, steps)


@pytest.mark.exhaustive
@pytest.mark.parametrize("first", range(0, 150, 30))
def test_every_state_is_found_through_many_changes_of_the_schema(tmp_path, first):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HistoryWarning)
        for seed in range(first, first + 30):
            change_and_check(tmp_path, seed, 60)
