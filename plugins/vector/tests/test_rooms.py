"""The package's rooms import one way: each only what stands below it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import heliosdb_vector

ROOT = Path(heliosdb_vector.__file__).parent
UPWARDS = (
    "values",
    "functions",
    "statements",
    "results",
    "recognising",
    "memory",
    "index",
    "search",
    "surface",
)


@pytest.mark.parametrize("room", UPWARDS)
def test_a_room_imports_what_stands_below_it(room: str) -> None:
    below = {"loading", *UPWARDS[: UPWARDS.index(room)]}
    for path in sorted((ROOT / room).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                named = [node.module.partition(".")[0]] if node.module else [each.name for each in node.names]
                assert {*named} <= below, f"{path.name} imports {named}"
