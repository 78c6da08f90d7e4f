"""The property: a program can't tell heliosdb_sqlite from sqlite3."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import heliosdb_sqlite

from . import values
from .configurations import Configuration, active
from .observe import difference
from .programs import programs
from .world import play

settings.register_profile(
    "dropin",
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# In CI the same programs each time; anywhere else new ones, and those that failed before.
settings.register_profile("dropin-ci", settings.get_profile("dropin"), derandomize=True, database=None)


def assert_no_difference(configuration: Configuration, folder: Path) -> None:
    """Play random programs through both modules; each step must show the same and leave the same state."""
    values.register()
    stages = {module: folder / module.__name__ for module in (sqlite3, heliosdb_sqlite)}
    for stage in stages.values():
        stage.mkdir()

    @settings.get_profile("dropin-ci" if os.environ.get("CI") else "dropin")
    @given(programs())
    def check(program: list[Any]) -> None:
        expected, actual = (play(module, stage, program) for module, stage in stages.items())
        for number, (before, after) in enumerate(zip(expected, actual, strict=True)):
            if before != after:
                lines = [f"step {number}, {before.operation}", *difference(before, after)]
                pytest.fail("\n".join(lines), pytrace=False)

    with active(configuration):
        check()
