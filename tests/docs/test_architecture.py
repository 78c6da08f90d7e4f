"""Who imports whom is as docs/architecture.md says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from docs_kit.files import DISTRIBUTIONS, ROOT, name
from docs_kit.imported import among, between_folders, circle, imports, modules

CORE = ROOT / "core" / "src" / "heliosdb_sqlite"
PACKAGES = [path for folder in DISTRIBUTIONS for path in folder.glob("src/*") if any(path.rglob("*.py"))]
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
# The rooms of a plugin, the lowest first: what a file is like, then SQLite, then what users call.
ROOMS = {
    "heliosdb_branching": [
        *(
            "errors",
            "names",
            "running",
            "opening",
            "results",
            "registry",
            "logs",
            "files",
            "schema",
            "lineage",
        ),
        *("connections", "merging", "comparing", "branches", "api", "surface", "plugin"),
    ],
    "heliosdb_crypto": ["format", "codec", "keys", "vfs", "naming", "connecting", "columns", "plugin"],
    "heliosdb_server": [
        *("protocol", "types", "translation", "functions", "catalog"),
        *("session", "network", "server", "plugin"),
    ],
    "heliosdb_timetravel": ["errors", "storage", "reading", "session", "versions", "methods", "plugin"],
    "heliosdb_vector": [
        *("values", "functions", "statements", "results", "recognising", "memory", "index"),
        *("search", "surface", "plugin"),
    ],
}
WITHOUT_SQLITE = ["crypto/format.py", "crypto/codec", "server/protocol", "server/types"]


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


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_no_modules_import_one_another(package: Path) -> None:
    # The core imports most of itself inside functions, from below too: when a feature is used.
    assert circle(among(package, at_import=package == CORE)) == []


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_no_folders_import_one_another(package: Path) -> None:
    for folder, graph in between_folders(among(package, at_import=package == CORE)).items():
        assert circle(graph) == [], folder


@pytest.mark.parametrize("plugin", ROOMS)
def test_a_room_imports_none_that_is_above_it(plugin: str) -> None:
    rooms = ROOMS[plugin]
    for module, imported in among(
        ROOT / "plugins" / plugin.removeprefix("heliosdb_") / "src" / plugin
    ).items():
        room = module.partition(".")[0]
        above = rooms[rooms.index(room) + 1 :] if room in rooms else []
        assert not {each for each in imported if each.partition(".")[0] in above}, module


@pytest.mark.parametrize("place", WITHOUT_SQLITE)
def test_formats_and_protocols_know_nothing_of_sqlite(place: str) -> None:
    plugin, _, below = place.partition("/")
    path = ROOT / "plugins" / plugin / "src" / f"heliosdb_{plugin}" / below
    for module in modules(path) or [path]:
        assert not {"sqlite3", "heliosdb_sqlite"} & {each.partition(".")[0] for each in imports(module)}, (
            module
        )
