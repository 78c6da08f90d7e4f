"""What the core says of a plugin that is missing is what that plugin brings when it is there."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution
from itertools import pairwise

import pytest

from heliosdb_sqlite._catalogue import FEATURES, Feature, plugins_of_method, plugins_of_option
from heliosdb_sqlite.plugins import Syntax
from heliosdb_sqlite.plugins._manager import Manager, manager
from heliosdb_sqlite.plugins.hookspecs import HOOKS


@pytest.fixture(params=FEATURES, ids=lambda feature: feature.name)
def feature(request: pytest.FixtureRequest) -> Feature:
    return request.param


def brought(feature: Feature, hook: str) -> set[str]:
    return {*manager().ask(feature.name, hook, default={})}


def test_every_plugin_of_ours_is_in_it():
    ours = {found.name for found in manager().found if found.distribution.startswith("heliosdb-")}
    assert ours == {feature.name for feature in FEATURES}


def test_the_plugin_is_installed_and_loaded(feature):
    assert feature.installed
    assert [found.problem for found in manager().found if found.name == feature.name] == [""]


def test_the_distribution_is_an_extra_of_the_core_by_that_name(feature):
    assert distribution(f"heliosdb-{feature.name}")
    assert feature.name in distribution("heliosdb").metadata.get_all("Provides-Extra")


def test_its_options(feature):
    model = manager().ask(feature.name, "heliosdb_options")
    assert {*feature.options} == {*model.model_fields}


def test_its_methods(feature):
    assert {*feature.methods} == brought(feature, "heliosdb_methods") | brought(
        feature, "heliosdb_cursor_methods"
    )


def test_its_functions(feature):
    assert {*feature.functions} == brought(feature, "heliosdb_functions")


def test_its_sql(feature):
    syntax: Syntax = manager().ask(feature.name, "heliosdb_syntax", default=Syntax())

    assert {*feature.column_types, *feature.sized_types} == {*syntax.column_types}
    assert {*feature.clauses, *feature.statements} == {*syntax.clauses}
    assert {*feature.sql_functions} == {*syntax.functions}


def test_the_way_to_switch_it_on_names_an_option_of_its_own(feature):
    assert any(f"connect(..., {option}=" in feature.enable for option in feature.options)


def test_it_knows_whose_every_keyword_and_method_is():
    for name, model in manager().implementations("heliosdb_options").items():
        assert {plugins_of_option(keyword) for keyword in model().model_fields} == {(name,)}
    for hook in ("heliosdb_methods", "heliosdb_cursor_methods"):
        for name, bring in manager().implementations(hook).items():
            assert {plugins_of_method(method) for method in bring()} == {(name,)}


GROWING = """
import json, sys
import heliosdb_sqlite
def features():
    ours = {name.removeprefix("heliosdb_sqlite.tuning.").removeprefix("heliosdb_").removesuffix(".plugin")
            for name in sys.modules if name.startswith("heliosdb_") and name.endswith(".plugin")}
    return sorted(ours) + ["numpy"] * ("numpy" in sys.modules)
seen = [features()]
def opens(**options):
    connection = heliosdb_sqlite.connect(":memory:", **options)
    seen.append(features())
    return connection
opens()
opens(concurrency="wal")
opens(enable_cache=True, query_analyzer=True)
older = opens(enable_time_travel=True)
opens(column_key=bytes(32))
older.create_branch
seen.append(features())
heliosdb_sqlite.start_server
seen.append(features())
opens(enable_vector_search=True)
print(json.dumps(seen))
"""


def test_a_plugin_is_imported_when_something_of_its_is_asked_for():
    done = subprocess.run([sys.executable, "-c", GROWING], capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    new = [sorted({*after} - {*before}) for before, after in pairwise(seen)]
    assert seen[0] == []
    assert new == [
        [],
        ["concurrency"],
        ["analyzer", "cache"],
        ["timetravel"],
        ["crypto"],
        ["branching"],
        ["server"],
        ["numpy", "vector"],
    ]


def test_hooks_run_in_one_order_whichever_plugin_was_imported_first():
    at_once, one_by_one = Manager(), Manager()
    at_once.discover()
    at_once.load()
    one_by_one.discover()
    for name in ("vector", "crypto", "timetravel", "cache", "concurrency"):
        one_by_one.load([name])
    one_by_one.load()
    for hook in HOOKS:
        assert [*one_by_one.implementations(hook)] == [*at_once.implementations(hook)]
    assert one_by_one.found == at_once.found
