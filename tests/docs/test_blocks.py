"""The blocks of the documentation are of the kinds that are run, or plainly for the reader alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from docs_kit.blocks import LANGUAGES, all_blocks
from docs_kit.files import PAGES, ROOT, name

OURS = [ROOT / "README.md", *PAGES]
EACH = pytest.mark.parametrize("path", OURS, ids=name)


@EACH
def test_every_block_is_of_a_known_kind(path: Path) -> None:
    assert {block.language for block in all_blocks(path)} <= LANGUAGES
    fences = re.findall(r"^ *```", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(all_blocks(path)), "a block does not say what it is in"


@EACH
def test_what_is_not_run_has_nothing_that_could_be(path: Path) -> None:
    for block in all_blocks(path):
        if block.language == "sh":
            assert not re.search(r"^\s*(heliosdb|python3? -m heliosdb_sqlite)\b", block.source, re.MULTILINE)
        if block.language == "console":
            commands = re.findall(r"^\$ (.*)", block.source, re.MULTILINE)
            assert commands
            assert all(re.match(r"(\w+=\S+ )*(heliosdb|python)\b", command) for command in commands)


@EACH
def test_nothing_is_installed_by_a_name_that_could_be_somebody_elses(path: Path) -> None:
    for block in all_blocks(path):
        if block.language in ("sh", "console"):
            for line in block.source.splitlines():
                if (
                    re.search(r"\b(pip install|uv add|uv pip install|pipx)\b", line)
                    and "--no-index" not in line
                ):
                    assert not re.search(r"(?<![\w/.-])'?heliosdb", line), line


def sessions() -> set[str]:
    """The names of the sessions in noxfile.py."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {
        each.name for each in functions if any("nox.session" in ast.unparse(d) for d in each.decorator_list)
    }


@EACH
def test_every_command_of_dev_py_is_one(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"dev\.py (?:nox -s )?\"?([a-z]+)", text)) - {"nox"}
    assert named <= sessions() | {"test"}


@EACH
def test_no_line_is_too_long_to_read_as_text(path: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert [line for line in prose.splitlines() if len(line) > 120 and not line.startswith("|")] == []
