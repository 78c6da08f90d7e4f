"""Where SQLite's functions are found, and what is said where they are not."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import subprocess
import sys
from importlib.util import find_spec

import pytest

import heliosdb_sqlite
from heliosdb_crypto.vfs import binding
from heliosdb_crypto.vfs.symbols import PLACES, addresses, in_table


@pytest.fixture
def library():
    found = addresses()
    assert found is not None, "these tests need a Python that can encrypt"
    return found


@pytest.fixture
def table(library):
    """A table like the one that SQLite gives to extensions."""
    entries = (ctypes.c_void_p * (max(PLACES.values()) + 1))()
    for name, place in PLACES.items():
        entries[place] = library(name)
    return entries


def test_the_functions_are_found_in_a_table_for_extensions(library, table):
    found = in_table(ctypes.addressof(table))
    assert {name: found(name) for name in PLACES} == {name: library(name) for name in PLACES}
    assert ctypes.string_at(binding.Sqlite(found).default.zName) == ctypes.string_at(
        binding.sqlite().default.zName
    )


def test_a_function_that_the_table_lacks_is_told(table):
    table[PLACES["sqlite3_database_file_object"]] = None
    with pytest.raises(AttributeError, match="sqlite3_database_file_object is not in SQLite's table"):
        binding.Sqlite(in_table(ctypes.addressof(table)))


HIDDEN = """
import sys
from heliosdb_crypto.vfs import symbols
symbols.sqlite_library = lambda: None  # a Python with SQLite built in, and its symbols hidden
import heliosdb_sqlite
conn = heliosdb_sqlite.connect(sys.argv[1], encryption_key=b"k" * 32)
conn.execute("PRAGMA journal_mode = WAL")
conn.execute("CREATE TABLE t AS SELECT 'swordfish' AS a")
conn.commit()
conn.close()
"""


@pytest.mark.skipif(
    not hasattr(sqlite3.Connection, "enable_load_extension") or find_spec("sqlite_vec") is None,
    reason="needs a Python that loads extensions, and sqlite-vec",
)
def test_where_symbols_are_hidden_an_extension_passes_them_on(open_encrypted, file):
    subprocess.run([sys.executable, "-c", HIDDEN, str(file)], check=True, timeout=60)
    assert open_encrypted().execute("SELECT a FROM t").fetchall() == [("swordfish",)]


def test_it_says_so_where_sqlite_is_out_of_reach(monkeypatch, tmp_path):
    monkeypatch.setattr(binding, "_addresses", lambda: None)
    with pytest.raises(sqlite3.NotSupportedError, match="needs ctypes to reach the SQLite library"):
        heliosdb_sqlite.connect(tmp_path / "a.db", encryption_key=os.urandom(32))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(binding.sqlite3, "sqlite_version_info", (3, 31, 1))
    with pytest.raises(sqlite3.NotSupportedError, match=r"needs SQLite 3\.34"):
        heliosdb_sqlite.connect(tmp_path / "a.db", encryption_key=os.urandom(32))
