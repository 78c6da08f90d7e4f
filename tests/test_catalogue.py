"""What the core says of a plugin that is missing is what that plugin brings when it is there."""

from __future__ import annotations

from importlib.metadata import distribution

import pytest

from heliosdb_sqlite._catalogue import FEATURES, Feature
from heliosdb_sqlite.plugins import Syntax
from heliosdb_sqlite.plugins._manager import manager


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
