"""options_of() and database_of(): what a plugin needs to open another connection like the one it has."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

import heliosdb_sqlite
from heliosdb_sqlite.plugins import database_of, hookimpl, keywords_of, options_of, remember_option
from heliosdb_sqlite.testing import registered


class TwinOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    twin_level: int = 1
    twin_key: SecretStr = SecretStr("")


class Elsewhere:
    """Opens another file than the one asked for."""

    @hookimpl
    def heliosdb_options(self):
        return TwinOptions

    @hookimpl
    def heliosdb_open(self, target, options):
        return target.moved(f"{target.database}.elsewhere")


def test_a_twin_has_the_options_that_were_given_and_the_file_that_was_asked_for(tmp_path):
    path = tmp_path / "a.db"
    with (
        registered(Elsewhere(), always=False),
        closing(heliosdb_sqlite.connect(path, twin_level=3, twin_key="k")) as conn,
    ):
        assert (database_of(conn), set(options_of(conn))) == (path, {"twin_level", "twin_key"})
        with closing(heliosdb_sqlite.connect(database_of(conn), **options_of(conn))) as twin:
            assert options_of(twin) == options_of(conn)
            files = [each.execute("PRAGMA database_list").fetchone()[2] for each in (conn, twin)]
            assert files == [f"{path}.elsewhere"] * 2


def test_what_was_left_at_its_default_is_not_an_option_of_the_connection(tmp_path):
    with (
        registered(Elsewhere(), always=False),
        closing(heliosdb_sqlite.connect(tmp_path / "a.db", twin_level=1)) as conn,
    ):
        assert options_of(conn) == {"twin_level": 1}


def test_a_plain_connection_has_no_options_and_does_not_know_its_name():
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        assert options_of(conn) == {}
        with pytest.raises(sqlite3.ProgrammingError, match="no plugin is switched on"):
            database_of(conn)


def test_an_option_that_a_method_changed_is_remembered(tmp_path):
    with registered(Elsewhere(), always=False):
        conn = heliosdb_sqlite.connect(tmp_path / "a.db", twin_level=1)
        remember_option(conn, "twin_level", 5)
        assert options_of(conn) == {"twin_level": 5}
        with pytest.raises(KeyError):
            remember_option(conn, "unheard_of", 5)
        conn.close()


def test_sqlites_own_keywords_are_known(tmp_path):
    with registered(Elsewhere(), always=False):
        conn = heliosdb_sqlite.connect(
            tmp_path / "a.db", twin_level=1, timeout=3, detect_types=sqlite3.PARSE_DECLTYPES
        )
        assert dict(keywords_of(conn)) == {"timeout": 3, "detect_types": sqlite3.PARSE_DECLTYPES}
        conn.close()
