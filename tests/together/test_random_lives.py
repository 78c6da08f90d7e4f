"""Random lives of a database with random features: at every step it shows what plain sqlite3 shows, and remembers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from machine_kit.branching import Branching
from machine_kit.copying import Copying
from machine_kit.looking import Looking
from machine_kit.writing import Writing


class Life(Writing, Looking, Branching, Copying):
    """A database, and all that can be done with it."""


def live(examples: int, steps: int, **more: Any) -> None:
    checks = {"deadline": None, "suppress_health_check": list(HealthCheck), **more}
    run_state_machine_as_test(
        Life, settings=settings(max_examples=examples, stateful_step_count=steps, **checks)
    )


def test_random_lives() -> None:
    live(10, 30, derandomize=True, phases=[Phase.generate])  # to find a shorter life may take minutes


@pytest.mark.exhaustive
def test_many_random_lives() -> None:
    live(400, 80)
