"""What enable_vector_search switches on, and on which connections."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite


def test_the_functions_are_on_the_connection_that_asked():
    conn = heliosdb_sqlite.connect(":memory:", enable_vector_search=True)
    assert conn.execute("SELECT vector_distance('[0, 1]', '[0, 1]')").fetchone() == (0.0,)
    conn.close()


@pytest.mark.parametrize("keywords", [{}, {"enable_vector_search": False}])
def test_and_on_no_other(keywords):
    conn = heliosdb_sqlite.connect(":memory:", **keywords)
    with pytest.raises(sqlite3.OperationalError, match="enable_vector_search=True"):
        conn.execute("SELECT vector_distance('[0, 1]', '[0, 1]')")
    conn.close()


@pytest.mark.parametrize("keywords", [{}, {"enable_vector_search": False}])
def test_without_it_a_vector_column_is_refused_instead_of_ignored(keywords):
    conn = heliosdb_sqlite.connect(":memory:", **keywords)
    with pytest.raises(sqlite3.NotSupportedError, match="enable_vector_search=True"):
        conn.execute("CREATE TABLE t (embedding VECTOR(3))")
    conn.close()


def test_a_list_binds_on_no_other_connection(conn):
    other = sqlite3.connect(":memory:")
    assert conn.execute("SELECT length(?)", ([1, 2],)).fetchone() == (8,)
    with pytest.raises((sqlite3.ProgrammingError, sqlite3.InterfaceError)):
        other.execute("SELECT ?", ([1, 2],))
    other.close()


def test_a_value_that_is_no_truth_value_is_refused():
    with pytest.raises(sqlite3.ProgrammingError, match="enable_vector_search='cosine'"):
        heliosdb_sqlite.connect(":memory:", enable_vector_search="cosine")
