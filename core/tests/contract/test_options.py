"""connect() keywords of plugins."""

from __future__ import annotations

import sqlite3
import sys

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import registered


class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    shout: bool = False
    volume: int = Field(default=3, ge=0, le=11)
    password: SecretStr | None = None
    token: str = Field(default="", repr=False)


class Shouting:
    def __init__(self):
        self.seen = []

    @hookimpl
    def heliosdb_options(self):
        return Options

    @hookimpl
    def heliosdb_active(self, options):
        return options.shout

    @hookimpl
    def heliosdb_connect(self, connection, options):
        self.seen.append(options)


@pytest.fixture(autouse=True)
def plugin():
    with registered(Shouting(), "shouting", always=False) as registered_plugin:
        yield registered_plugin


def test_the_plugin_gets_its_validated_options(plugin):
    heliosdb_sqlite.connect(":memory:", shout=True, volume="7", timeout=1.0).close()
    assert plugin.seen == [Options(shout=True, volume=7)]


def test_a_plugin_that_is_not_asked_for_is_not_active(plugin):
    for keywords in ({}, {"shout": False}, {"volume": 5}, {"uri": True}):
        conn = heliosdb_sqlite.connect(":memory:", **keywords)
        assert type(conn) is heliosdb_sqlite.Connection
        conn.close()
    assert plugin.seen == []


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"shout": True, "volume": 12}, "volume=12: input should be less than or equal to 11"),
        ({"shout": "perhaps"}, "shout='perhaps': input should be a valid boolean"),
        ({"volume": None}, "volume=None"),
    ],
)
def test_a_wrong_value_is_named_with_its_option(keywords, said):
    with pytest.raises(sqlite3.ProgrammingError, match=said):
        heliosdb_sqlite.connect(":memory:", **keywords)


@pytest.mark.parametrize("keywords", [{"password": 12345678}, {"token": 12345678}])
def test_a_secret_is_never_shown(keywords):
    with pytest.raises(sqlite3.ProgrammingError) as raised:
        heliosdb_sqlite.connect(":memory:", **keywords)
    assert "12345678" not in str(raised.value)
    assert next(iter(keywords)) in str(raised.value)


def test_an_unknown_keyword_is_a_type_error_with_the_nearest_one():
    with pytest.raises(
        TypeError, match=r"'shuot' is an invalid keyword argument for connect.*did you mean 'shout'"
    ):
        heliosdb_sqlite.connect(":memory:", shuot=True)
    with pytest.raises(TypeError, match="did you mean 'timeout'"):
        heliosdb_sqlite.connect(":memory:", time_out=1)
    with pytest.raises(TypeError, match="'xyzzy' is an invalid keyword argument"):
        heliosdb_sqlite.connect(":memory:", xyzzy=1)


@pytest.mark.alone
def test_the_keyword_of_a_plugin_that_is_not_installed_says_how_to_get_it():
    with pytest.raises(heliosdb_sqlite.MissingPlugin, match=r"pip install 'heliosdb\[vector\]'"):
        heliosdb_sqlite.connect(":memory:", enable_vector_search=True)
    with pytest.raises(sqlite3.NotSupportedError, match=r"pip install 'heliosdb\[crypto\]'"):
        heliosdb_sqlite.connect(":memory:", encryption_key=None)


def test_a_refused_connection_opens_nothing(tmp_path):
    with pytest.raises(sqlite3.ProgrammingError):
        heliosdb_sqlite.connect(tmp_path / "a.db", volume="loud")
    assert list(tmp_path.iterdir()) == []


class Mine(heliosdb_sqlite.Connection):
    def __init__(self, *args, mine=None, **kwargs):
        self.given = (args, mine, kwargs)
        super().__init__(*args, **kwargs)
        self.execute("CREATE TABLE made_in_init (a)")

    def execute(self, *args):
        self.executed = args[0]
        return super().execute(*args)


def test_a_users_factory_gets_the_features_below_its_own_methods(plugin):
    conn = heliosdb_sqlite.connect(":memory:", factory=Mine, shout=True)
    assert isinstance(conn, Mine)
    assert conn.executed == "CREATE TABLE made_in_init (a)"
    assert conn.given == ((":memory:",), None, {"factory": Mine})
    assert len(plugin.seen) == 1
    conn.close()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="CPython hands a factory its own keywords since 3.11")
def test_a_factory_keeps_keywords_of_its_own(plugin):
    conn = heliosdb_sqlite.connect(":memory:", factory=Mine, shout=True, mine=5)
    assert conn.given[1] == 5
    conn.close()


def test_a_factory_function_makes_a_connection_with_features(plugin):
    conn = heliosdb_sqlite.connect(":memory:", factory=lambda *args, **kwargs: Mine(*args), shout=True)
    assert isinstance(conn, Mine)
    assert len(plugin.seen) == 1
    conn.close()


def test_a_factory_that_makes_the_standard_librarys_connection_is_refused():
    with pytest.raises(sqlite3.ProgrammingError, match=r"let it make a heliosdb_sqlite\.Connection"):
        heliosdb_sqlite.connect(
            ":memory:", factory=lambda *args, **kwargs: sqlite3.Connection(*args), shout=True
        )


def test_a_standard_library_subclass_can_be_the_factory(plugin):
    class Theirs(sqlite3.Connection):
        pass

    conn = heliosdb_sqlite.connect(":memory:", factory=Theirs, shout=True)
    assert isinstance(conn, Theirs)
    assert isinstance(conn, heliosdb_sqlite.Connection)
    conn.close()


def test_a_connect_hook_that_raises_closes_the_connection(tmp_path):
    made = []

    class Fails:
        @hookimpl
        def heliosdb_connect(self, connection):
            made.append(connection)
            raise LookupError("no")

    with registered(Fails()), pytest.raises(LookupError, match="no"):
        heliosdb_sqlite.connect(tmp_path / "a.db")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].execute("SELECT 1")


def test_open_hooks_are_a_pipeline_over_the_target(tmp_path):
    class Elsewhere:
        @hookimpl
        def heliosdb_open(self, target):
            return target.moved(f"{target.database}.moved", timeout=1.5)

    with registered(Elsewhere(), "one"), registered(Elsewhere(), "two"):
        conn = heliosdb_sqlite.connect(str(tmp_path / "a.db"))
        conn.execute("CREATE TABLE t (a)")
        conn.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.db.moved.moved"]
