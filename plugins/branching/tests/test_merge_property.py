"""Random edits on both sides, merged again and again, come out as a three-way merge of Python dicts says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import heliosdb_sqlite
from heliosdb_branching import MergeConflict

pytestmark = pytest.mark.ends

Row = tuple[Any, ...]
State = dict[Any, Row]

VALUES = st.sampled_from([None, 0, 1, 1.0, 2.5, "", "1", "é", b"", b"\x00\xff", 2**62])


class Shape(NamedTuple):
    """A kind of table: its definition, its key columns, and the keys that the edits use."""

    sql: str
    key: tuple[str, ...]
    keys: Any


SHAPES = {
    "integer key": Shape("CREATE TABLE t (k INTEGER PRIMARY KEY, a, b)", ("k",), st.integers(1, 6)),
    "autoincrement": Shape(
        "CREATE TABLE t (k INTEGER PRIMARY KEY AUTOINCREMENT, a, b)", ("k",), st.integers(1, 6)
    ),
    "text key": Shape("CREATE TABLE t (k TEXT PRIMARY KEY, a, b)", ("k",), st.sampled_from("abcdef")),
    "without rowid": Shape(
        "CREATE TABLE t (k TEXT, l INTEGER, a, b, PRIMARY KEY (k, l)) WITHOUT ROWID",
        ("k", "l"),
        st.tuples(st.sampled_from("ab"), st.integers(1, 3)),
    ),
    "no type": Shape(
        "CREATE TABLE t (k, a, b, g AS (a), PRIMARY KEY (k))",
        ("k",),
        st.sampled_from(["1", b"1", 1, 2.5, "é"]),
    ),
}

Edit = tuple[Any, ...]
edits = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.integers(0, 9), VALUES, VALUES),
        st.tuples(st.just("replace"), st.integers(0, 9), VALUES, VALUES),
        st.tuples(st.just("update"), st.integers(0, 9), st.sampled_from("ab"), VALUES),
        st.tuples(st.just("delete"), st.integers(0, 9)),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("update or replace"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("upsert"), st.integers(0, 9), VALUES, VALUES),
        st.just(("commit",)),
    ),
    max_size=8,
)


def key_of(shape: Shape, key: Any) -> Row:
    return key if len(shape.key) > 1 else (key,)


def run_edits(connection: Any, shape: Shape, keys: list[Any], script: list[Edit]) -> None:
    """Make the edits that the table allows."""
    where = " AND ".join(f"{column} = ?" for column in shape.key)
    columns = ", ".join((*shape.key, "a", "b"))
    marks = ", ".join("?" * (len(shape.key) + 2))
    assign = ", ".join(f"{column} = ?" for column in shape.key)
    for what, *rest in script:
        key = key_of(shape, keys[rest[0] % len(keys)]) if rest else ()
        try:
            if what == "insert":
                connection.execute(f"INSERT INTO t ({columns}) VALUES ({marks})", (*key, *rest[1:]))
            elif what == "replace":
                connection.execute(f"REPLACE INTO t ({columns}) VALUES ({marks})", (*key, *rest[1:]))
            elif what == "upsert":
                connection.execute(
                    f"INSERT INTO t ({columns}) VALUES ({marks}) ON CONFLICT DO UPDATE SET a = excluded.a",
                    (*key, *rest[1:]),
                )
            elif what == "update":
                connection.execute(f"UPDATE t SET {rest[1]} = ? WHERE {where}", (rest[2], *key))
            elif what == "delete":
                connection.execute(f"DELETE FROM t WHERE {where}", key)
            elif what == "commit":
                connection.commit()
            else:
                other = key_of(shape, keys[rest[1] % len(keys)])
                verb = "UPDATE" if what == "move" else "UPDATE OR REPLACE"
                connection.execute(f"{verb} t SET {assign} WHERE {where}", (*other, *key))
        except heliosdb_sqlite.IntegrityError:
            pass
    connection.commit()


def state_of(connection: Any, shape: Shape) -> State:
    """The table by its typed keys: 1 and 1.0 differ, as SQLite's values do."""
    found = connection.execute(f"SELECT {', '.join(shape.key)}, a, b FROM t").fetchall()
    return {row[: len(shape.key)]: row for row in found}


def typed(value: Any) -> Any:
    return (type(value), value)


def same(one: Row | None, other: Row | None) -> bool:
    if one is None or other is None:
        return one is other
    return [typed(each) for each in one] == [typed(each) for each in other]


def model(base: State, ours: State, theirs: State, strategy: str) -> tuple[State, int]:
    """Merge as the documentation says; return the result and how many conflicts there were."""
    result, conflicts = {}, 0
    for key in {**base, **ours, **theirs}:
        was, our, their = base.get(key), ours.get(key), theirs.get(key)
        if same(their, was) or same(our, their):
            merged = our
        elif same(our, was):
            merged = their
        elif was is None or our is None or their is None:
            conflicts += 1
            merged = their if strategy == "theirs" else our
        else:
            cells = []
            for w, o, t in zip(was, our, their, strict=True):
                if typed(t) == typed(w) or typed(o) == typed(t):
                    cells.append(o)
                elif typed(o) == typed(w):
                    cells.append(t)
                else:
                    conflicts += 1
                    cells.append(t if strategy == "theirs" else o)
            merged = tuple(cells)
        if merged is not None:
            result[key] = merged
    return result, conflicts


@pytest.fixture(scope="module")
def fresh() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(10**9))
        yield lambda: Path(folder) / f"{next(numbers)}.db"


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), strategy=st.sampled_from(["abort", "ours", "theirs"]))
def test_a_merge_is_the_three_way_merge_of_its_rows(
    fresh: Callable[[], Path], shape: Shape, data: Any, strategy: str
) -> None:
    check(fresh(), shape, data, strategy)


@pytest.mark.parametrize("shape", ["integer key", "without rowid"])
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), strategy=st.sampled_from(["abort", "ours", "theirs"]))
def test_a_merge_row_by_row_is_the_same(
    fresh: Callable[[], Path], shape: str, data: Any, strategy: str
) -> None:
    """As with a SQLite that is too old to do it inside, or where no further database can be attached."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("heliosdb_branching.merging.tables.IS_POSSIBLE", False)
        patch.setattr("heliosdb_branching.merging.sheets._CAN_JOIN", False)
        check(fresh(), SHAPES[shape], data, strategy)


@pytest.mark.exhaustive
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), strategy=st.sampled_from(["abort", "ours", "theirs"]))
def test_a_merge_is_the_three_way_merge_of_its_rows_many_times(
    fresh: Callable[[], Path], shape: Shape, data: Any, strategy: str
) -> None:
    check(fresh(), shape, data, strategy)


def check(path: Path, shape: Shape, data: Any, strategy: str) -> None:
    keys = data.draw(st.lists(shape.keys, min_size=2, max_size=6, unique_by=typed), label="keys")
    with ExitStack() as stack:
        main = stack.enter_context(closing(heliosdb_sqlite.connect(path)))
        main.execute("PRAGMA synchronous = OFF")
        main.execute(shape.sql)
        run_edits(main, shape, keys, data.draw(edits, label="at first"))
        main.create_branch("b")
        branch = stack.enter_context(closing(heliosdb_sqlite.connect(path, branch="b")))
        base = state_of(main, shape)
        for turn in range(data.draw(st.integers(1, 3), label="merges")):
            run_edits(main, shape, keys, data.draw(edits, label=f"main {turn}"))
            run_edits(branch, shape, keys, data.draw(edits, label=f"branch {turn}"))
            ours, theirs = state_of(main, shape), state_of(branch, shape)
            wanted, conflicts = model(base, ours, theirs, strategy)
            rehearsal = main.merge_branch("b", strategy=strategy, dry_run=True)
            assert state_of(main, shape) == ours
            assert len(rehearsal.conflicts) == conflicts
            try:
                report = main.merge_branch("b", strategy=strategy)
            except MergeConflict as conflict:
                found = len(conflict.conflicts)
            else:
                found = 0
            if found:
                assert strategy == "abort"
                assert found == conflicts
                assert state_of(main, shape) == ours
                continue
            assert strategy != "abort" or conflicts == 0
            merged = state_of(main, shape)
            assert {key: [*map(typed, row)] for key, row in merged.items()} == {
                key: [*map(typed, row)] for key, row in wanted.items()
            }
            assert state_of(branch, shape) == theirs
            if data.draw(st.booleans(), label="undone") and report.total_row_changes:
                main.undo_merge("b")
                assert {key: [*map(typed, row)] for key, row in state_of(main, shape).items()} == {
                    key: [*map(typed, row)] for key, row in ours.items()
                }
            else:
                base = theirs
        assert main.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert branch.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
