"""Column keys and branches: what is merged can be read where it arrives, with the branch gone, and searched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import heliosdb_sqlite

OLD, NEW = b"o" * 32, b"n" * 32
TABLE = "CREATE TABLE {} (id INTEGER PRIMARY KEY, pin TEXT ENCRYPTED, code TEXT ENCRYPTED DETERMINISTIC)"
RANDOMISED = "CREATE TABLE {} (id INTEGER PRIMARY KEY, pin TEXT ENCRYPTED)"

Opens = Callable[..., Any]


@pytest.fixture(params=[{}, {"enable_time_travel": True}], ids=["alone", "with time travel"])
def opens(tmp_path: Path, request: pytest.FixtureRequest) -> Opens:
    """Open the database, or a branch, with a column key or several."""

    def connect(branch: str = "main", *, key: Any = OLD) -> Any:
        options = {**request.param, "column_key": key}
        return heliosdb_sqlite.connect(tmp_path / "app.db", branch=branch, **options)

    return connect


def on_branch(opens: Opens, *statements: str, key: Any = OLD, name: str = "b") -> None:
    with closing(opens(name, key=key)) as branch:
        for sql in statements:
            branch.execute(sql)
        branch.commit()


def merge(opens: Opens, name: str = "b") -> None:
    with closing(opens(key=(NEW, OLD))) as main:
        main.merge_branch(name)
        main.delete_branch(name)


def test_the_first_encrypted_columns_are_made_on_a_branch(opens: Opens) -> None:
    with closing(opens()) as main:
        main.create_branch("b")
        on_branch(opens, TABLE.format("t"), "INSERT INTO t VALUES (1, 'p1', 'c1')")
        main.merge_branch("b", dry_run=True)
        main.merge_branch("b")
        main.delete_branch("b")
        main.execute("INSERT INTO t VALUES (2, 'p2', 'c2')")
        main.execute("UPDATE t SET pin = 'new' WHERE code = 'c1'")
        main.commit()
    with closing(opens()) as main:
        assert main.execute("SELECT * FROM t").fetchall() == [(1, "new", "c1"), (2, "p2", "c2")]
        assert main.execute("SELECT id FROM t WHERE code = 'c2'").fetchall() == [(2,)]


def test_a_key_that_was_changed_on_a_branch_comes_with_what_it_wrote(opens: Opens) -> None:
    with closing(opens()) as main:
        main.execute(TABLE.format("t"))
        main.execute("INSERT INTO t VALUES (1, 'p1', 'c1')")
        main.commit()
        main.create_branch("b")
    on_branch(opens, "INSERT INTO t VALUES (2, 'p2', 'c2')", key=(NEW, OLD))
    on_branch(opens, RANDOMISED.format("u"), "INSERT INTO u VALUES (1, 'p1')", key=(NEW, OLD))
    merge(opens)
    with closing(opens(key=(NEW, OLD))) as main:
        assert main.execute("SELECT * FROM t").fetchall() == [(1, "p1", "c1"), (2, "p2", "c2")]
        assert main.execute("SELECT id FROM t WHERE code = 'c2'").fetchall() == [(2,)]
        assert main.execute("SELECT * FROM u").fetchall() == [(1, "p1")]


def test_from_one_branch_to_another(opens: Opens) -> None:
    with closing(opens()) as main:
        main.create_branch("b")
        main.create_branch("c")
        on_branch(opens, TABLE.format("t"), "INSERT INTO t VALUES (1, 'p1', 'c1')")
        main.merge_branch("b", into="c")
        main.delete_branch("b")
    with closing(opens("c")) as branch:
        assert branch.execute("SELECT * FROM t WHERE code = 'c1'").fetchall() == [(1, "p1", "c1")]


def test_first_keys_that_were_made_apart(opens: Opens) -> None:
    with closing(opens()) as main:
        main.create_branch("b")
        main.create_branch("c")
        main.execute(TABLE.format("t"))
        main.execute("INSERT INTO t VALUES (1, 'p1', 'c1')")
        main.commit()
        on_branch(opens, RANDOMISED.format("u"), "INSERT INTO u VALUES (1, 'p1')")
        merge(opens)  # keys that only read come along
        assert main.execute("SELECT * FROM u").fetchall() == [(1, "p1")]
        assert main.execute("SELECT id FROM t WHERE code = 'c1'").fetchall() == [(1,)]
        on_branch(opens, TABLE.format("v"), "INSERT INTO v VALUES (1, 'p1', 'c1')", name="c")
        with pytest.raises(sqlite3.NotSupportedError, match=r"'code' of table 'v' .*: nothing was merged"):
            main.merge_branch("c")
        assert main.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'v'").fetchone() == (0,)
        assert main.execute("SELECT id FROM t WHERE code = 'c1'").fetchall() == [(1,)]
