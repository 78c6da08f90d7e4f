"""Who imports whom is as docs/architecture.md says."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs_kit.files import DISTRIBUTIONS, ROOT, name

CORE = ROOT / "core" / "src" / "heliosdb_sqlite"
PLUGINS = [folder for folder in DISTRIBUTIONS if folder.parent.name == "plugins"]
FOR_PLUGINS = (
    "heliosdb_sqlite",
    "heliosdb_sqlite.plugins",
    "heliosdb_sqlite.sql",
    "heliosdb_sqlite.testing",
    "heliosdb_sqlite.native",
)
LATE = {"pluggy", "pydantic", "pydantic_core", "sqlglot"}
COMMAND_LINE = {"click", "rich"}


def imports(path: Path, *, at_import: bool = False) -> Iterator[str]:
    """Yield the absolute names that a module imports; with at_import, those it imports when it is imported itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        later = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        types_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if types_only or (at_import and later):
            skipped.update(each for child in getattr(node, "body", []) for each in ast.walk(child))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def tops(path: Path, *, at_import: bool = False) -> set[str]:
    return {each.partition(".")[0] for each in imports(path, at_import=at_import)} - set(
        sys.stdlib_module_names
    )


@pytest.mark.parametrize("path", modules(CORE), ids=name)
def test_the_core_imports_no_plugin_and_little_else(path: Path) -> None:
    allowed = LATE | {"heliosdb_sqlite"}
    if path.is_relative_to(CORE / "cli"):
        allowed |= COMMAND_LINE
    if path.is_relative_to(CORE / "testing"):
        allowed |= {"pytest", "hypothesis", "test"}
    assert tops(path) <= allowed


@pytest.mark.parametrize("path", sorted(CORE.glob("*.py")), ids=name)
def test_a_plain_connection_imports_nothing_of_others(path: Path) -> None:
    assert not tops(path, at_import=True) & (LATE | COMMAND_LINE)


@pytest.mark.parametrize("folder", PLUGINS, ids=name)
def test_a_plugin_imports_what_is_for_plugins_alone(folder: Path) -> None:
    own = f"heliosdb_{folder.name}"
    for path in modules(folder / "src"):
        for each in imports(path):
            if each.startswith("heliosdb_"):
                assert each.partition(".")[0] in ("heliosdb_sqlite", own), f"{name(path)} imports {each}"
                assert "._" not in each or each.startswith(own), f"{name(path)} imports {each}"
                assert each.startswith((*FOR_PLUGINS, own))
