"""Branches merged into each other, to and fro and by way of others, come out as git's merge base says.

The model keeps every state with what it was made from. The base of a merge is the latest state that both sides have
behind them; where there are several, what these make together.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import heliosdb_sqlite
from heliosdb_branching import MergeConflict, MergeReport

pytestmark = pytest.mark.ends

State = dict[Any, Any]
"""A state: what stands under each key, a tuple of cells."""


class Unsettled:
    """What stands where two sides have decided differently: it is the same as nothing."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


class Commit(NamedTuple):
    """A state with those that it was made from."""

    number: int
    state: State
    parents: tuple[Any, ...]

    def history(self) -> dict[int, Commit]:
        found, waiting = {self.number: self}, [self]
        while waiting:
            for each in waiting.pop().parents:
                if each.number not in found:
                    found[each.number] = each
                    waiting.append(each)
        return found


def merge(base: State, ours: State, theirs: State, strategy: str | None) -> tuple[State, int]:
    """Merge three states; without a strategy, what clashes stays unsettled."""
    result, clashes = {}, 0
    for key in {**base, **ours, **theirs}:
        was, our, their = base.get(key), ours.get(key), theirs.get(key)
        if their in (was, our):
            merged = our
        elif our == was:
            merged = their
        elif was is None or our is None or their is None:
            clashes += 1
            merged = their if strategy == "theirs" else our if strategy else None
            if strategy is None:
                merged = tuple(Unsettled() for _ in our or their or ())
        else:
            cells = []
            for w, o, t in zip(was, our, their, strict=True):
                if t in (w, o):
                    cells.append(o)
                elif o == w:
                    cells.append(t)
                else:
                    clashes += 1
                    cells.append(t if strategy == "theirs" else o if strategy else Unsettled())
            merged = tuple(cells)
        if merged is not None:
            result[key] = merged
    return result, clashes


def base_of(one: Commit, other: Commit) -> State:
    """Return what two states have in common, as git's recursive merge finds it."""
    mine, its = one.history(), other.history()
    common = [mine[number] for number in mine if number in its]
    best = [
        each
        for each in common
        if not any(each.number in later.history() for later in common if later.number != each.number)
    ]
    best.sort(key=lambda each: each.number)
    made = best[0]
    for each in best[1:]:
        state, _ = merge(base_of(made, each), made.state, each.state, None)
        made = Commit(-each.number, state, (made, each))
    return made.state


class World:
    """A database, its branches, and what the model says of them."""

    has_things = False

    def __init__(self, path: Path, stack: ExitStack, names: str, setup: str) -> None:
        self.path = path
        self.stack = stack
        self.connections: dict[str, Any] = {}
        self.heads: dict[str, Commit] = {}
        self.refused = 0
        self.numbers: Iterator[int] = iter(range(1, 10**6))
        main = self.open("main")
        main.executescript(setup)
        first = self.commit(self.read("main"))
        self.heads["main"] = first
        for name in names:
            self.branch(name, "main")

    def open(self, name: str) -> Any:
        options = {} if name == "main" else {"branch": name}
        connection = self.stack.enter_context(closing(heliosdb_sqlite.connect(self.path, **options)))
        connection.execute("PRAGMA synchronous = OFF")
        self.connections[name] = connection
        return connection

    def branch(self, name: str, parent: str) -> None:
        self.connections["main"].create_branch(name, from_branch=parent)
        self.open(name)
        self.heads[name] = self.heads[parent]

    def commit(self, state: State, *parents: Commit) -> Commit:
        return Commit(next(self.numbers), state, parents)

    def read(self, name: str) -> State:
        raise NotImplementedError

    def edited(self, name: str) -> None:
        self.connections[name].commit()
        self.heads[name] = self.commit(self.read(name), self.heads[name])

    def merged(self, name: str, into: str, strategy: str) -> bool:
        """Merge, and see that it is what the model says; return whether there was no conflict."""
        ours, theirs = self.heads[into], self.heads[name]
        wanted, clashes = merge(base_of(ours, theirs), ours.state, theirs.state, strategy)
        outcome = self.outcome(name, into, strategy)
        found = [] if isinstance(outcome, heliosdb_sqlite.NotSupportedError) else outcome.conflicts
        if isinstance(outcome, MergeReport):
            now = self.read(into)
            if self.is_exact or len(found) == clashes:
                assert (len(found), now) == (clashes, wanted)
                assert strategy != "abort" or not clashes
            self.heads[into] = self.commit(now, ours, theirs)
            return True
        assert self.read(into) == ours.state
        if isinstance(outcome, MergeConflict):
            assert strategy == "abort" or self.has_things
            assert len(found) == clashes if self.is_exact else len(found) >= clashes
            return False
        self.refused += 1
        assert not self.is_exact, outcome
        return False

    @property
    def is_exact(self) -> bool:
        """Whether there are as many conflicts as git finds: schemas that came by way of others may have more."""
        return not self.has_things or len(self.heads) <= 3

    def outcome(self, name: str, into: str, strategy: str) -> Any:
        try:
            return self.connections["main"].merge_branch(name, into=into, strategy=strategy)
        except (MergeConflict, heliosdb_sqlite.NotSupportedError) as error:
            return error


class Rows(World):
    """A world in which rows are edited."""

    SETUP = (
        "CREATE TABLE t (k INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES (1, 0, 0), (2, 0, 0), (3, 0, 0)"
    )

    def read(self, name: str) -> State:
        return {row[0]: row for row in self.connections[name].execute("SELECT k, a, b FROM t").fetchall()}

    def edit(self, name: str, what: str, key: int, value: int) -> None:
        connection = self.connections[name]
        if what == "delete":
            connection.execute("DELETE FROM t WHERE k = ?", (key,))
        elif what == "insert":
            connection.execute("REPLACE INTO t VALUES (?, ?, ?)", (key, value, value))
        else:
            connection.execute(f"UPDATE t SET {what} = ? WHERE k = ?", (value, key))
        self.edited(name)


class Schemas(World):
    """A world in which columns, tables, indexes and views come and go; a state has their definitions."""

    has_things = True
    SETUP = "CREATE TABLE t (k INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1)"

    def read(self, name: str) -> State:
        connection = self.connections[name]
        found = {
            each[:2]: (each[2],)
            for each in connection.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 't'"
                " AND name NOT LIKE '%heliosdb%' AND tbl_name NOT LIKE '%heliosdb%'"
            ).fetchall()
        }
        for (index,) in connection.execute("SELECT name FROM pragma_index_list('t')").fetchall():
            found["index", index] = (index,)
        for column in connection.execute("SELECT name FROM pragma_table_info('t')").fetchall():
            found["column", column[0]] = column
        return found

    def edit(self, name: str, what: str, number: int, variant: int) -> None:
        connection, there = self.connections[name], self.heads[name].state
        if what == "column":
            has = ("column", f"c{number}") in there
            connection.execute(f"ALTER TABLE t {'DROP' if has else 'ADD'} COLUMN c{number}")
        elif what == "table":
            has = ("table", f"n{number}") in there
            connection.execute(
                f"DROP TABLE n{number}" if has else f"CREATE TABLE n{number} (k INTEGER PRIMARY KEY)"
            )
        elif what == "index":
            has = ("index", f"i{number}") in there
            connection.execute(f"DROP INDEX i{number}" if has else f"CREATE INDEX i{number} ON t (a)")
        else:
            connection.execute(f"DROP VIEW IF EXISTS v{number}")
            if variant:
                connection.execute(f"CREATE VIEW v{number} AS SELECT {variant} AS x")
        self.edited(name)


STRATEGIES = st.sampled_from(["abort", "ours", "theirs"])


def steps(branches: str, edits: Any, *, most: int) -> Any:
    """What happens: edits, merges in every direction, and branches of branches."""
    merges = st.tuples(
        st.just("merge"), st.sampled_from(branches), st.sampled_from(["main", *branches]), STRATEGIES
    )
    return st.lists(
        st.one_of(st.tuples(st.just("edit"), st.sampled_from(["main", *branches]), edits), merges, merges),
        min_size=4,
        max_size=most,
    )


ROW_EDITS = st.tuples(
    st.sampled_from(["a", "b", "a", "b", "insert", "delete"]), st.integers(1, 3), st.integers(0, 2)
)
SCHEMA_EDITS = st.tuples(
    st.sampled_from(["column", "table", "index", "view"]), st.integers(1, 2), st.integers(0, 2)
)


def play(kind: type[World], path: Path, branches: str, script: list[Any]) -> None:
    with ExitStack() as stack:
        world: Any = kind(path, stack, branches, kind.SETUP)  # type: ignore[attr-defined]
        for what, name, *rest in script:
            if what == "edit":
                world.edit(name, *rest[0])
            elif what == "branch":
                world.branch(name, *rest)
            elif what == "merge" and name != rest[0]:
                world.merged(name, *rest)
        for connection in world.connections.values():
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture(scope="module")
def fresh() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(10**9))
        yield lambda: Path(folder) / f"{next(numbers)}.db"


KNOTS: dict[str, list[Any]] = {
    "two sides that decided a conflict each in its way": [
        ("branch", "p", "x"), ("edit", "y", ("delete", 1, 0)), ("edit", "p", ("b", 1, 1)),
        ("merge", "y", "main", "ours"), ("merge", "x", "y", "ours"), ("branch", "q", "p"),
        ("merge", "p", "main", "ours"), ("merge", "y", "q", "ours"), ("merge", "q", "main", "abort"),
    ],
    "what came of a branch from its child, and less of it later by another way": [
        ("merge", "x", "y", "ours"), ("edit", "x", ("a", 2, 2)), ("branch", "p", "x"), ("merge", "y", "p", "ours"),
        ("merge", "p", "y", "theirs"), ("edit", "p", ("delete", 2, 0)), ("merge", "p", "y", "ours"),
    ],
    "what came of a branch, and less of it later by way of another one": [
        ("merge", "x", "y", "abort"), ("edit", "y", ("a", 3, 1)), ("merge", "y", "main", "ours"),
        ("edit", "main", ("a", 3, 0)), ("merge", "y", "x", "theirs"), ("merge", "x", "main", "ours"),
        ("edit", "y", ("delete", 3, 2)), ("merge", "y", "main", "ours"), ("merge", "y", "x", "ours"),
        ("merge", "x", "y", "ours"), ("merge", "y", "main", "abort"),
    ],
}  # fmt: skip


SCHEMA_KNOT: list[Any] = [
    ("branch", "p", "x"), ("branch", "q", "x"), ("edit", "p", ("index", 2, 1)), ("edit", "q", ("column", 1, 2)),
    ("merge", "q", "p", "ours"), ("merge", "p", "x", "abort"), ("merge", "x", "y", "theirs"),
    ("merge", "y", "q", "theirs"),
]  # fmt: skip


def test_what_came_with_ones_own_changes_by_way_of_others_comes_back_with_them(tmp_path: Path) -> None:
    play(Schemas, tmp_path / "a.db", "xy", SCHEMA_KNOT)


@pytest.mark.parametrize("script", KNOTS.values(), ids=KNOTS)
def test_merges_that_make_a_knot(tmp_path: Path, script: list[Any]) -> None:
    play(Rows, tmp_path / "a.db", "xy", script)


WORLDS: Any = {"rows": (Rows, ROW_EDITS), "schemas": (Schemas, SCHEMA_EDITS)}
BEARABLE: Any = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize("branches", ["xy", "xyz"])
@settings(max_examples=8, derandomize=True, **BEARABLE)
@given(data=st.data())
def test_merges_in_every_direction(fresh: Callable[[], Path], kind: str, branches: str, data: Any) -> None:
    world, edits = WORLDS[kind]
    play(world, fresh(), branches, data.draw(steps(branches, edits, most=10)))


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize("branches", ["xy", "xyz"])
@settings(max_examples=300, **BEARABLE)
@given(data=st.data())
def test_merges_in_every_direction_many_times(
    fresh: Callable[[], Path], kind: str, branches: str, data: Any
) -> None:
    world, edits = WORLDS[kind]
    play(world, fresh(), branches, data.draw(steps(branches, edits, most=16)))
