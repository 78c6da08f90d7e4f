"""Random programs: connections, a schema, and whatever then comes to mind."""

from __future__ import annotations

import sqlite3
import sys
from typing import Any

from hypothesis import strategies as st

from .operations import Backup, Blob, Call, CallCursor, Connect, Execute, Fetch, Set, SetFactory, With
from .schemas import Schema, schemas, statements
from .statements import SCRIPTS
from .values import parameter_lists, parameters
from .world import CONNECTIONS, CURSORS, ROW_FACTORIES, TEXT_FACTORIES

LEVELS = (None, "", "DEFERRED", "immediate", "EXCLUSIVE")


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    """Keywords of connect."""
    chosen: dict[str, Any] = {"timeout": 0}
    optional: dict[str, st.SearchStrategy[Any]] = {
        "isolation_level": st.sampled_from(LEVELS),
        "detect_types": st.sampled_from((0, sqlite3.PARSE_DECLTYPES, sqlite3.PARSE_COLNAMES, 3)),
        "cached_statements": st.sampled_from((0, 1, 128)),
        "check_same_thread": st.booleans(),
    }
    if sys.version_info >= (3, 12):
        optional["autocommit"] = st.sampled_from((True, False, sqlite3.LEGACY_TRANSACTION_CONTROL))
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


def executions(schema: Schema) -> st.SearchStrategy[Any]:
    """execute, executemany and executescript over the schema."""
    texts = statements(schema)
    arguments = {
        "execute": st.tuples(texts) | st.tuples(texts, parameters()),
        "executemany": st.tuples(texts, parameter_lists()),
        "executescript": st.tuples(st.sampled_from(SCRIPTS) | texts),
    }
    one, many, script = (
        st.builds(Execute, SLOTS, OWNERS, st.just(method), given, FETCHES)
        for method, given in arguments.items()
    )
    return st.one_of(one, one, one, one, many, script)


@st.composite
def programs(draw: st.DrawFn) -> list[Any]:
    """A program: connections, a schema, and whatever then comes to mind."""
    schema = draw(schemas())
    start = [Connect(slot, draw(options())) for slot in range(CONNECTIONS)]
    calls = CALLS + (NEWER_CALLS if sys.version_info >= (3, 11) else ())
    execute = executions(schema)
    cursors = st.sampled_from(range(CURSORS))
    rows, texts = st.sampled_from(sorted(ROW_FACTORIES)), st.sampled_from(sorted(TEXT_FACTORIES))
    others: list[st.SearchStrategy[Any]] = [
        st.builds(Call, SLOTS, st.sampled_from(calls)),
        st.builds(CallCursor, SLOTS, cursors, st.sampled_from(CURSOR_CALLS)),
        st.builds(Fetch, SLOTS, cursors, FETCHES),
        st.builds(Set, SLOTS, st.sampled_from(ATTRIBUTES)),
        st.builds(SetFactory, SLOTS, st.just("row_factory"), rows, st.none() | cursors),
        st.builds(SetFactory, SLOTS, st.just("text_factory"), texts),
        st.builds(With, SLOTS, st.lists(execute, max_size=3), st.booleans()),
        st.builds(Backup, SLOTS),
        st.builds(Connect, SLOTS, options()),
    ]
    if sys.version_info >= (3, 11):
        others.append(st.builds(Blob, SLOTS, st.booleans(), st.sampled_from((b"", b"xy", b"too long"))))
    body = draw(st.lists(st.one_of(execute, execute, execute, st.one_of(others)), min_size=1, max_size=30))
    return [*start, Execute(0, "connection", "executescript", (schema.script,), "none"), *body]
