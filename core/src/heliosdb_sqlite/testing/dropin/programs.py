"""Random programs: connections, a schema, and whatever then comes to mind."""

from __future__ import annotations

import sqlite3
import sys
from typing import Any

from hypothesis import strategies as st

from .operations import Backup, Blob, Call, CallCursor, Connect, Execute, Fetch, Set, SetFactory, With
from .schemas import Schema, insertions, schemas, statements
from .statements import SCRIPTS
from .values import parameter_lists, parameters
from .world import CONNECTIONS, CURSORS, ROW_FACTORIES, TEXT_FACTORIES

LEVELS = (None, "", "DEFERRED", "immediate", "EXCLUSIVE")


@st.composite
def options(draw: st.DrawFn, *, autocommit: bool) -> dict[str, Any]:
    """Keywords of connect."""
    chosen: dict[str, Any] = {"timeout": 0}
    optional: dict[str, st.SearchStrategy[Any]] = {
        "isolation_level": st.sampled_from(LEVELS if autocommit else LEVELS[1:]),
        "detect_types": st.sampled_from((0, sqlite3.PARSE_DECLTYPES, sqlite3.PARSE_COLNAMES, 3)),
        "cached_statements": st.sampled_from((0, 1, 128)),
        "check_same_thread": st.booleans(),
    }
    if sys.version_info >= (3, 12):
        modes = (sqlite3.LEGACY_TRANSACTION_CONTROL, False, True)
        optional["autocommit"] = st.sampled_from(modes if autocommit else modes[:1])
    for name in sorted(optional):
        if draw(st.booleans()):
            chosen[name] = draw(optional[name])
    return chosen


SLOTS = st.sampled_from((*[0] * 4, *range(CONNECTIONS)))
OWNERS = st.sampled_from(("0", "0", "1", "new", "connection", "connection"))
FETCHES = st.sampled_from(("all", "all", "all", "one", "many", "size", "next", "iterate", "none"))
CALLS = (
    ("commit",), ("commit",), ("commit",), ("rollback",), ("rollback",), ("interrupt",), ("iterdump",),
    ("close",), ("cursor", 5), ("cursor", list), ("create_function", "late", 0, list),
    ("create_function", "late", -5, list), ("create_collation", "late", None), ("commit", 1),
    ("set_authorizer", None), ("set_progress_handler", None, 0), ("execute",), ("execute", 1),
    ("execute", b"SELECT 1"), ("execute", "SELECT 1", (), 1), ("executemany", "SELECT 1"),
    ("executescript", None), ("executescript", "SELECT '\0'"), ("__enter__",), ("__exit__", None, None, None),
    ("__call__", "SELECT 1"), ("__call__", 5), ("executemany", "SELECT ?", [(1,)]), ("missing",),
    ("load_extension", "nowhere"), ("enable_load_extension", False),
)  # fmt: skip
NEWER_CALLS = (
    ("serialize",), ("getlimit", 1), ("setlimit", 1, 500), ("setlimit", 1, 10**6), ("getlimit", 999),
    ("blobopen", "log", "what", 99), ("create_window_function", "late", 1, None),
)  # fmt: skip
CURSOR_CALLS = (
    ("close",), ("fetchmany", 0), ("fetchmany", -1), ("fetchall",), ("fetchone",), ("setinputsizes", ()),
    ("setoutputsize", 5), ("execute", "SELECT 1", 1, 2), ("executescript", "SELECT 1; SELECT 2"),
    ("missing",), ("fetchone", 1), ("__iter__",),
)  # fmt: skip
ATTRIBUTES: tuple[tuple[str, Any], ...] = (
    *(("isolation_level", level) for level in LEVELS), ("isolation_level", "wrong"), ("isolation_level", 1),
    ("isolation_level", "DEFERRED\0"), ("in_transaction", 1),
    *(("autocommit", value) for value in (True, False, -1, 7) if sys.version_info >= (3, 12)),
)  # fmt: skip

AUTOCOMMIT = (("isolation_level", None), ("autocommit", True), ("autocommit", False))
"""The attributes with which a program can come to write while no transaction is open."""


@st.composite
def executions(draw: st.DrawFn, schema: Schema, *, autocommit: bool) -> Execute:
    """execute, executemany or executescript over the schema."""
    method = draw(
        st.sampled_from(("execute", "execute", "execute", "execute", "executemany", "executescript"))
    )
    many = method == "executemany" and draw(st.integers(0, 3)) > 0
    text = draw(insertions(schema) if many else statements(schema))
    if not autocommit:
        # Writes for which CPython opens no transaction, since it looks no further than the first word.
        text = (
            text.lstrip()
            .removeprefix("/* note */ ")
            .removeprefix("-- note\n")
            .replace("WITH w AS (SELECT 1) ", "")
        )
    arguments: tuple[Any, ...] = (text,)
    if method == "executescript":
        scripts = (
            (text, *SCRIPTS) if autocommit else [script for script in SCRIPTS if "rollback" not in script]
        )
        arguments = (draw(st.sampled_from(scripts)),)
    elif method == "executemany":
        arguments = (text, draw(parameter_lists(text)))
    elif "?" in text or draw(st.booleans()):
        arguments = (text, draw(parameters(text)))
    return Execute(draw(SLOTS), draw(OWNERS), method, arguments, draw(FETCHES))


def others(schema: Schema, *, autocommit: bool) -> st.SearchStrategy[Any]:
    """Everything else that a program does."""
    attributes = [pair for pair in ATTRIBUTES if autocommit or pair not in AUTOCOMMIT]
    cursors = st.sampled_from(range(CURSORS))
    rows, texts = st.sampled_from(sorted(ROW_FACTORIES)), st.sampled_from(sorted(TEXT_FACTORIES))
    calls = CALLS + (NEWER_CALLS if sys.version_info >= (3, 11) else ())
    strategies: list[st.SearchStrategy[Any]] = [
        st.builds(Call, SLOTS, st.sampled_from(calls)),
        st.builds(CallCursor, SLOTS, cursors, st.sampled_from(CURSOR_CALLS)),
        st.builds(Fetch, SLOTS, cursors, FETCHES),
        st.builds(Set, SLOTS, st.sampled_from(attributes)),
        st.builds(SetFactory, SLOTS, st.just("row_factory"), rows, st.none() | cursors),
        st.builds(SetFactory, SLOTS, st.just("text_factory"), texts),
        st.builds(
            With, SLOTS, st.lists(executions(schema, autocommit=autocommit), max_size=3), st.booleans()
        ),
        st.builds(Backup, SLOTS),
        st.builds(Connect, SLOTS, options(autocommit=autocommit)),
    ]
    if sys.version_info >= (3, 11):
        strategies.append(st.builds(Blob, SLOTS, st.booleans(), st.sampled_from((b"", b"xy", b"too long"))))
    return st.one_of(strategies)


@st.composite
def steps(draw: st.DrawFn, schema: Schema, *, autocommit: bool) -> Any:
    """One step of a program; three in four run SQL."""
    kind = others if draw(st.integers(0, 3)) == 3 else executions
    return draw(kind(schema, autocommit=autocommit))


@st.composite
def programs(draw: st.DrawFn, *, autocommit: bool = True) -> list[Any]:
    """A program: connections, a schema, and whatever then comes to mind.

    :param autocommit: whether it may write several rows with one call while no transaction is open
    """
    schema = draw(schemas())
    start: list[Any] = [Connect(slot, draw(options(autocommit=autocommit))) for slot in range(CONNECTIONS)]
    start.append(Execute(0, "connection", "executescript", (schema.script,), "none"))
    body: list[Any] = draw(st.lists(steps(schema, autocommit=autocommit), min_size=8, max_size=30))
    return [*start, *body]
