"""Changes of two sides compared and merged: wall-clock time, committed, with the same edits for everybody."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import heliosdb_sqlite

from ..harness import Contender, Race, Work
from . import data
from .dolt import dolt, installed


@contextmanager
def _ours(rows: int, changes: int, what: str, *, untouched: bool = False) -> Iterator[Work]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.db")
        with closing(heliosdb_sqlite.connect(path, isolation_level=None)) as main:
            main.execute("PRAGMA journal_mode = WAL")
            data.fill(main, rows)
            main.create_branch("b")
            ours, theirs = data.keys(rows, changes)
            with closing(heliosdb_sqlite.connect(path, branch="b", isolation_level=None)) as branch:
                data.edit(branch, theirs, 2)
            if not untouched:
                data.edit(main, ours, 1)

            def once() -> float:
                begin = perf_counter()
                if what == "compare":
                    main.compare_branches("main", "b")
                    return perf_counter() - begin
                main.merge_branch("b")
                took = perf_counter() - begin
                main.undo_merge("b")
                return took

            yield lambda times: sum(once() for _ in range(times))


@contextmanager
def _apsw(rows: int, changes: int, what: str) -> Iterator[Work]:
    """A changeset of the branch's edits, recorded by a session, applied to main; taken back after each turn."""
    import apsw

    with tempfile.TemporaryDirectory() as folder:
        main = apsw.Connection(str(Path(folder, "a.db")))
        main.execute("PRAGMA journal_mode = WAL")
        data.fill(main, rows)
        branch = apsw.Connection(str(Path(folder, "b.db")))
        with branch.backup("main", main, "main") as copying:
            copying.step()
        ours, theirs = data.keys(rows, changes)
        session = apsw.Session(branch, "main")
        session.attach("item")
        data.edit(branch, theirs, 2)
        changeset = session.changeset()
        data.edit(main, ours, 1)
        back = apsw.Changeset.invert(changeset)

        def once() -> float:
            begin = perf_counter()
            if what == "diff":
                differing = apsw.Session(main, "main")
                main.execute("ATTACH ? AS other", (str(Path(folder, "b.db")),))
                differing.attach("item")
                differing.diff("other", "item")
                differing.changeset()
                took = perf_counter() - begin
                differing.close()
                main.execute("DETACH other")
                return took
            with main:
                apsw.Changeset.apply(changeset, main)
            took = perf_counter() - begin
            with main:
                apsw.Changeset.apply(back, main)
            return took

        yield lambda times: sum(once() for _ in range(times))
        session.close()
        branch.close()
        main.close()


@contextmanager
def _dolt(rows: int, changes: int) -> Iterator[Work]:
    with tempfile.TemporaryDirectory() as folder, dolt(Path(folder, "a.db"), rows, changes) as ask:

        def once() -> float:
            ask("diverge")
            return ask("merge")

        yield lambda times: sum(once() for _ in range(times))


@contextmanager
def _edits(rows: int, on_branch: bool) -> Iterator[Work]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.db")
        with closing(heliosdb_sqlite.connect(path, isolation_level=None)) as main:
            main.execute("PRAGMA journal_mode = WAL")
            data.fill(main, rows)
            main.create_branch("b")
        chosen, _ = data.keys(rows, rows // 4)
        name = {"branch": "b"} if on_branch else {}
        with closing(heliosdb_sqlite.connect(path, isolation_level=None, **name)) as connection:
            turn = [0]

            def once() -> float:
                turn[0] += 1
                begin = perf_counter()
                data.edit(connection, chosen, turn[0])
                return perf_counter() - begin

            yield lambda times: sum(once() for _ in range(times))


def races(quick: bool) -> Iterator[Race]:
    """A race for each size and number of changes; the peer is apsw's session extension."""
    if find_spec("apsw"):
        for rows in (100_000,) if quick else (100_000, 1_000_000):
            for changes in (10, 1000) if quick else (10, 1000, 100_000):
                yield _merge(rows, changes)
                if changes == 1000:
                    yield _compare(rows, changes)
    yield Race(
        "edits on a branch, against main",
        Contender("main", partial(_edits, 100_000, False)),
        (Contender("a branch", partial(_edits, 100_000, True), target=2.0),),
        times=1,
        self_timed=True,
        unit="ms",
    )


def _merge(rows: int, changes: int) -> Race:
    contenders = [
        Contender("merge_branch()", partial(_ours, rows, changes, "merge"), target=1.0),
        Contender(
            "... into a main that is unchanged", partial(_ours, rows, changes, "merge", untouched=True)
        ),
    ]
    if installed():
        contenders.append(Contender("doltlite's merge", partial(_dolt, rows, changes)))
    return Race(
        f"merge {min(changes, rows // 2):,} changes a side, {rows:,} rows",
        Contender("apsw: apply a changeset", partial(_apsw, rows, changes, "apply")),
        tuple(contenders),
        times=1,
        self_timed=True,
        unit="ms",
    )


def _compare(rows: int, changes: int) -> Race:
    return Race(
        f"compare, {changes:,} changes a side, {rows:,} rows",
        Contender("apsw: session.diff", partial(_apsw, rows, changes, "diff")),
        (Contender("compare_branches()", partial(_ours, rows, changes, "compare")),),
        times=1,
        self_timed=True,
        unit="ms",
    )
