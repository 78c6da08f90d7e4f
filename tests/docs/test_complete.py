"""Nothing that users or plugin authors can write is missing from docs/."""

from __future__ import annotations

import re

import click
import pytest

import heliosdb_sqlite
from docs_kit import surface
from docs_kit.blocks import all_blocks
from docs_kit.files import DOCS, PAGES, ROOT, section
from heliosdb_sqlite.plugins import DemoAct, Statement, Syntax, Target
from heliosdb_sqlite.testing import Event, Recorder

TEXT = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
CODE = "\n".join([
    *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", TEXT),
    *(block.source for path in PAGES for block in all_blocks(path)),
])  # fmt: skip
HOOKS = (DOCS / "plugins" / "hooks.md").read_text(encoding="utf-8")
OPTIONS = (DOCS / "connect.md").read_text(encoding="utf-8")
CLI = (DOCS / "cli.md").read_text(encoding="utf-8")


def shown(word: str) -> bool:
    """Is the word somewhere in docs/, in code?"""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", CODE) is not None


@pytest.mark.parametrize("name", surface.HOOKS)
def test_every_hook_has_its_section_with_signature_stability_and_an_example(name: str) -> None:
    text = section(HOOKS, f"### {name}")
    signature, provisional = surface.hook(name)
    assert text, f"docs/plugins/hooks.md has no section about {name}"
    assert signature in text
    assert ("*Provisional.*" if provisional else "*Stable.*") in text
    assert re.search(rf"```(python|pycon)\n(?:(?!```).)*{name}", text, re.DOTALL), "no example implements it"


def test_no_section_is_about_a_hook_that_is_gone() -> None:
    assert set(re.findall(r"^### (heliosdb_\w+)$", HOOKS, re.MULTILINE)) == set(surface.HOOKS)


@pytest.mark.parametrize("keyword", surface.options())
def test_every_connect_option(keyword: str) -> None:
    assert shown(keyword)


@pytest.mark.parametrize(("keyword", "default"), list(surface.defaults().items()))
def test_the_default_of_every_connect_option(keyword: str, default: object) -> None:
    row = re.search(rf"^\| `{keyword}` \| ([^|]+) \|", OPTIONS, re.MULTILINE)
    assert row is not None
    assert row[1] == ("none" if keyword in ("encryption_key", "column_key") else f"`{default!r}`")


@pytest.mark.parametrize("method", surface.methods())
def test_every_method_and_function_of_a_plugin(method: str) -> None:
    assert re.search(rf"(?<!\w){method[:-2]}\(", CODE)


@pytest.mark.parametrize("word", surface.sql())
def test_every_word_of_sql_that_a_plugin_claims(word: str) -> None:
    assert shown(word)


@pytest.mark.parametrize("variable", surface.variables())
def test_every_environment_variable(variable: str) -> None:
    assert shown(variable)


@pytest.mark.parametrize("extra", surface.extras())
def test_every_extra(extra: str) -> None:
    assert re.search(rf"\[[\w,-]*\b{extra}\b[\w,-]*\]", CODE)


@pytest.mark.parametrize(("words", "command"), list(surface.commands()), ids=str)
def test_every_command_with_its_options(words: str, command: click.Command) -> None:
    text = section(CLI, f"## {words}") or section(CLI, f"### {words}")
    assert text, f"docs/cli.md has no section about {words}"
    for parameter in command.params:
        flags = [*parameter.opts, *parameter.secondary_opts]
        named = flags if isinstance(parameter, click.Option) else [parameter.human_readable_name]
        for each in named:
            assert each in text


@pytest.mark.parametrize("name", surface.plugin_names())
def test_every_name_that_plugins_import(name: str) -> None:
    assert shown(name)


@pytest.mark.parametrize("cls", [Statement, Syntax, Target, DemoAct, Recorder, Event])
def test_every_member_of_the_contracts_classes(cls: type) -> None:
    assert [each for each in surface.members(cls) if not shown(each)] == []


@pytest.mark.parametrize(("module", "names"), list(surface.sql_tools()))
def test_every_tool_for_sql(module: str, names: list[str]) -> None:
    assert shown(module)
    assert [each for each in names if not shown(each)] == []


def test_every_name_the_module_adds_to_sqlite3s() -> None:
    added = {each for each in vars(heliosdb_sqlite.dbapi2) if "issing" in each}
    assert added == {"MissingPlugin"}
    assert shown("MissingPlugin")


def test_every_benchmark_is_named() -> None:
    page = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    found = [path.parent.relative_to(ROOT) for path in ROOT.glob("benchmarks/**/__main__.py")]
    assert [each for each in found if f"`{'.'.join(each.parts)}`" not in page] == []
