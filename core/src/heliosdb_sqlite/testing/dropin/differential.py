"""The property: a program can't tell heliosdb_sqlite from sqlite3."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

import heliosdb_sqlite

from . import values
from .configurations import Aspect, Configuration
from .observe import difference
from .programs import programs
from .world import play

# What an operation that shows an aspect has in its repr.
_ASKS_FOR: dict[Aspect, tuple[str, ...]] = {
    "trace": ("\\ud800",),  # an error that tells a position in the statement
    "autocommit": (),
    "total_changes": ("changes()",),
    "files": ("Backup(", "iterdump", "serialize", "sqlite_master", "VACUUM"),
}


def assert_no_difference(configuration: Configuration, examples: int = 100) -> str:
    """Play random programs through both modules; each step must show the same and leave the same state.

    In CI they are the same programs each time; anywhere else new ones, and those that failed before.

    :return: a line for the end of a report
    """
    values.register()
    chosen = settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        print_blob=False,
    )
    if os.environ.get("CI"):
        chosen = settings(chosen, derandomize=True, database=None)

    with tempfile.TemporaryDirectory() as folder:
        stages = {module: Path(folder, module.__name__) for module in (sqlite3, heliosdb_sqlite)}
        for stage in stages.values():
            stage.mkdir()

        @chosen
        @given(programs(autocommit="autocommit" not in configuration.ignoring))
        def check(operations: list[Any]) -> None:
            ignoring = configuration.ignoring
            asked = [operation for operation in operations if not _about(operation, ignoring)]
            played = [play(module, stage, asked, ignoring) for module, stage in stages.items()]
            for number, (before, after) in enumerate(zip(*played, strict=True)):
                if before != after:
                    program = [
                        f"{place}: {step.operation}" for place, step in enumerate(played[0][: number + 1])
                    ]
                    lines = [
                        "a program sees a difference in its last step:",
                        *program,
                        *difference(before, after),
                    ]
                    raise AssertionError("\n".join(lines))

        with configuration.active():
            check()
    return f"random programs: {examples}; heliosdb {configuration.name}: same"


def _about(operation: object, ignoring: frozenset[Aspect]) -> bool:
    """Return whether the operation asks for something that may differ."""
    return any(word in repr(operation) for aspect in ignoring for word in _ASKS_FOR[aspect])
