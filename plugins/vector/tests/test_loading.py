"""sqlite-vec's functions beside ours: each way to load them, asked for by name and tried for real."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from importlib.util import find_spec

import pytest

from heliosdb_vector.loading import VARIABLE, load_sqlite_vec, sqlite_vec_loading

HAS_LOADING = hasattr(sqlite3.Connection, "enable_load_extension")
HAS_PACKAGE = find_spec("sqlite_vec") is not None


def in_a_new_process(way, code):
    """A process asks for a way by the environment; what it prints."""
    run = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, VARIABLE: way}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.parametrize("way", ["extension", "ctypes"])
def test_a_way_works_or_says_why_it_can_not(way):
    loading = sqlite_vec_loading(way)
    if loading.way == "off":
        assert loading.version == ""
        assert loading.reason.startswith(f"{way}: ")
        return
    assert loading.way == way
    conn = sqlite3.connect(":memory:")
    load_sqlite_vec(conn, way)
    assert conn.execute("SELECT vec_version()").fetchone() == (loading.version,)
    assert conn.execute("SELECT vec_distance_l2('[0, 0]', '[3, 4]')").fetchone() == (5.0,)
    conn.close()


def test_extension_loading_is_used_exactly_where_this_python_has_it():
    assert (sqlite_vec_loading("extension").way == "extension") is (HAS_LOADING and HAS_PACKAGE)


@pytest.mark.parametrize("way", ["extension", "ctypes", "off"])
def test_the_environment_forces_a_way_and_our_functions_stay_the_same(way):
    code = (
        "import heliosdb_sqlite; from heliosdb_vector.loading import sqlite_vec_loading as by\n"
        "conn = heliosdb_sqlite.connect(':memory:', enable_vector_search=True)\n"
        "vec = conn.execute(\"SELECT count(*) FROM pragma_function_list WHERE name = 'vec_version'\").fetchone()[0]\n"
        "print(by().way, vec, *conn.execute(\"SELECT vector_distance('[1, 2]', '[2, 1]', 'l1')\").fetchone())"
    )
    expected = sqlite_vec_loading(way).way
    assert in_a_new_process(way, code) == f"{expected} {int(expected != 'off')} 2.0"


def test_a_way_that_does_not_exist_is_an_error(monkeypatch, open_vector):
    monkeypatch.setenv(VARIABLE, "magic")
    with pytest.raises(
        sqlite3.ProgrammingError, match=f"{VARIABLE}='magic': it is one of extension, ctypes, off"
    ):
        open_vector()


@pytest.mark.parametrize("way", ["extension", "ctypes"])
def test_nothing_leaks_into_other_connections(way):
    conn, other, later = sqlite3.connect(":memory:"), sqlite3.connect(":memory:"), None
    load_sqlite_vec(conn, way)
    later = sqlite3.connect(":memory:")
    for outside in (other, later):
        with pytest.raises(sqlite3.OperationalError, match="no such function: vec_version"):
            outside.execute("SELECT vec_version()")
    for each in (conn, other, later):
        each.close()


def test_extension_loading_is_off_again_for_the_user(conn):
    if HAS_LOADING:
        with pytest.raises(sqlite3.OperationalError, match="not authorized"):
            conn.load_extension("anything")
    else:
        assert not hasattr(conn, "load_extension")


@pytest.mark.parametrize("way", ["extension", "ctypes"])
def test_sqlite_vec_and_vector_distance_agree(way, open_vector, monkeypatch):
    if sqlite_vec_loading(way).way == "off":
        assert sqlite_vec_loading(way).reason
        return
    monkeypatch.setenv(VARIABLE, way)
    conn = open_vector()
    for theirs, metric in (
        ("vec_distance_cosine", "cosine"),
        ("vec_distance_l2", "l2"),
        ("vec_distance_l1", "l1"),
    ):
        pair = {"a": [1, 2, -3], "b": [4, -5, 6], "metric": metric}
        a, b = conn.execute(f"SELECT {theirs}(:a, :b), vector_distance(:a, :b, :metric)", pair).fetchone()
        assert a == pytest.approx(b, rel=1e-6)


def test_vec0_tables_work_where_sqlite_vec_does(conn):
    if sqlite_vec_loading().way == "off":
        with pytest.raises(sqlite3.OperationalError, match="no such module: vec0"):
            conn.execute("CREATE VIRTUAL TABLE v USING vec0 (embedding float[2])")
        return
    conn.execute("CREATE VIRTUAL TABLE v USING vec0 (embedding float[2])")
    conn.executemany("INSERT INTO v (rowid, embedding) VALUES (?, ?)", [(1, [0, 0]), (2, [5, 5])])
    assert conn.execute("SELECT rowid FROM v WHERE embedding MATCH ? AND k = 1", ([4, 4],)).fetchall() == [
        (2,)
    ]


def test_heliosdb_info_says_what_is_there():
    from heliosdb_sqlite.capabilities import capabilities

    found = {each.name: each for each in capabilities()}
    assert {"sqlite-vec", "NumKong"} <= found.keys()
    assert all(
        each.value.startswith("no") is bool(each.consequence)
        for each in (found["sqlite-vec"], found["NumKong"])
    )
