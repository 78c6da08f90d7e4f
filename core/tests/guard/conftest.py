"""Connections that lack a feature, for one of the two reasons there are."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite._catalogue import FEATURES
from heliosdb_sqlite.testing import Recorder, registered


class Idle:
    """A plugin with no hook at all."""


@pytest.fixture
def plain():
    """A connection on which no plugin is switched on."""
    with closing(heliosdb_sqlite.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (a)")
        yield connection


@pytest.fixture
def active():
    """A connection with a plugin that has nothing to do with any of the features, and sees every statement."""
    with registered(Recorder()), closing(heliosdb_sqlite.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (a)")
        yield connection


@pytest.fixture(params=["plain", "active"])
def connection(request):
    """Each of the two."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def everything_installed():
    """All of HeliosDB's plugins are there, the real ones or stand-ins of the same name."""
    with ExitStack() as stack:
        for feature in FEATURES:
            if not feature.installed:
                stack.enter_context(registered(Idle(), feature.name, always=False))
        yield
