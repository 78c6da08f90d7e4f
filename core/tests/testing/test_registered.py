"""A plugin under test is registered for a block, with options and a count of its calls, installed or not."""

from __future__ import annotations

import sqlite3
from collections import Counter

import pytest
from pydantic import BaseModel, ConfigDict, Field

import heliosdb_sqlite
from heliosdb_sqlite.plugins import Plugin, hookimpl, register, unregister
from heliosdb_sqlite.testing import registered


class SizeOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(default=1, ge=1)
    colour: str = "red"


class Sized(Plugin):
    """Notes the options of each connection."""

    def __init__(self):
        self.seen = []

    @hookimpl
    def heliosdb_options(self):
        return SizeOptions

    @hookimpl
    def heliosdb_connect(self, connection, options):
        self.seen.append((options.size, options.colour))


def connect(**options):
    heliosdb_sqlite.connect(":memory:", **options).close()


def test_it_is_on_for_every_connection_of_the_block():
    with registered(Sized()) as plugin:
        connect()
    connect()
    assert plugin.seen == [(1, "red")]


def test_or_only_for_those_that_ask_for_it():
    with registered(Sized(), always=False) as plugin:
        connect()
        connect(size=2)
    assert plugin.seen == [(2, "red")]


def test_options_stand_in_for_those_that_connect_does_not_give():
    with registered(Sized(), options={"size": 5}) as plugin:
        connect()
        connect(colour="blue")
        connect(size=7)
    assert plugin.seen == [(5, "red"), (5, "blue"), (7, "red")]


def test_such_options_are_checked_as_any_others():
    with (
        registered(Sized(), options={"size": 0}),
        pytest.raises(sqlite3.ProgrammingError, match=r"^size=0: input should be greater"),
    ):
        connect()
    with pytest.raises(TypeError, match="no option 'sise': it has size, colour"):
        registered(Sized(), options={"sise": 5}).__enter__()
    with pytest.raises(TypeError, match="no option 'size': it has none"):
        registered(object(), options={"size": 5}).__enter__()


def test_its_hooks_calls_are_counted():
    calls = Counter()
    with registered(Sized(), calls=calls) as plugin:
        connect()
        connect()
    assert calls["connect"] == len(plugin.seen) == 2


def test_an_installed_plugin_makes_room_and_comes_back():
    plugin = Sized()
    register(plugin, "installed")
    try:
        with registered(plugin, options={"size": 3}):
            connect()
        connect()
        connect(size=4)
        assert plugin.seen == [(3, "red"), (4, "red")]
    finally:
        unregister("installed")


def test_another_version_of_the_contract_stays_one():
    plugin = Sized()
    plugin.heliosdb_contract = 2
    with pytest.raises(sqlite3.ProgrammingError, match="version 2"):
        registered(plugin, options={"size": 3}).__enter__()


def test_the_plugin_is_gone_when_the_block_raises():
    with pytest.raises(ZeroDivisionError), registered(Sized()) as plugin:
        1 / 0  # noqa: B018
    connect()
    assert plugin.seen == []
