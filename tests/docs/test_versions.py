"""Each distribution says in one voice which version it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs_kit.files import DISTRIBUTIONS, name


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=name)
def test_the_package_the_project_and_the_changelog_name_the_same_version(folder: Path) -> None:
    project = (folder / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', project, re.MULTILINE)
    packages = [
        each.read_text(encoding="utf-8")
        for each in folder.glob("src/**/__init__.py")
        if _is_top(each, folder)
    ]
    assert [re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE) for text in packages] == [[version]]
    changes = re.findall(r"^## (\S+)", (folder / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert changes[0] == version


def _is_top(file: Path, folder: Path) -> bool:
    """Return whether it is the distribution's own package: integrations share the package around theirs."""
    return not any(
        (above / "__init__.py").exists() for above in file.parent.parents if above.is_relative_to(folder)
    )
