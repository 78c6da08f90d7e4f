"""The property: a program can't tell heliosdb_sqlite from sqlite3."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, given, settings

import heliosdb_sqlite

from . import values
from .configurations import STDLIB, Aspect, Configuration
from .observe import difference
from .programs import programs
from .world import Step, play

# What an operation that shows an aspect has in its repr.
_ASKS_FOR: dict[Aspect, tuple[str, ...]] = {
    "trace": ("\\ud800", "__call__"),  # an error with a place in the statement; a statement by itself
    "autocommit": (),
    "total_changes": ("changes()",),
    "files": ("Backup(", "iterdump", "serialize", "sqlite_master", "VACUUM"),
}


def assert_no_difference(configuration: Configuration, examples: int = 100, *, own: bool = True) -> str:
    """Play random programs through both modules; each step must show the same and leave the same state.

    In CI they are the same programs each time; anywhere else new ones, and those that failed before.

    :param own: whether HeliosDB's own differences count: what the plugin's hooks change when they do nothing
    :return: a line for the end of a report
    """
    values.register()
    ignoring = configuration.ignoring
    chosen = settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        print_blob=False,
    )
    if os.environ.get("CI"):
        chosen = settings(chosen, derandomize=True, database=None)

    with tempfile.TemporaryDirectory() as folder:

        def steps(module: ModuleType, operations: list[Any], configuration: Configuration) -> list[Step]:
            (stage := Path(folder, module.__name__)).mkdir(exist_ok=True)
            with configuration.active():
                return play(module, stage, operations, ignoring)

        @chosen
        @given(programs(autocommit="autocommit" not in ignoring))
        def check(operations: list[Any]) -> None:
            asked = [operation for operation in operations if not _about(operation, ignoring)]
            expected, actual = steps(sqlite3, asked, STDLIB), steps(heliosdb_sqlite, asked, configuration)
            same = [before == after for before, after in zip(expected, actual, strict=True)]
            if not (own or all(same)):
                idle = steps(heliosdb_sqlite, asked, replace(configuration, idle=True))
                same = [
                    as_before or now == then for as_before, now, then in zip(same, actual, idle, strict=True)
                ]
            if not all(same):
                number = same.index(False)
                program = [f"{place}: {step.operation}" for place, step in enumerate(expected[: number + 1])]
                different = difference(expected[number], actual[number])
                raise AssertionError(
                    "\n".join(["a program sees a difference in its last step:", *program, *different])
                )

        check()
    return f"random programs: {examples}; heliosdb {configuration.name}: same"


def _about(operation: object, ignoring: frozenset[Aspect]) -> bool:
    """Return whether the operation asks for something that may differ."""
    return any(word in repr(operation) for aspect in ignoring for word in _ASKS_FOR[aspect])
