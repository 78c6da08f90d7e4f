"""What type checkers know of the plugins is what the plugins have: parameters of methods, attributes of results."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import heliosdb_sqlite
from heliosdb_branching.comparing.compare import BranchDiff
from heliosdb_branching.comparing.diff import RowChange
from heliosdb_branching.results import Branch, MergeReport, TableChanges, UndoReport
from heliosdb_server.hybrid import ServerInfo
from heliosdb_server.server import Server, ServerStatus
from heliosdb_sqlite.tuning.analyzer.results import Suggestion
from heliosdb_sqlite.tuning.cache.stats import CacheStats
from heliosdb_timetravel.purging import Purged
from heliosdb_timetravel.restoring import Changes, Restored
from heliosdb_timetravel.versions import Version

STUB = ast.parse((Path(heliosdb_sqlite.__file__).parent / "_typing.pyi").read_text(encoding="utf-8"))
CLASSES = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}
RESULTS = {
    "Branch": Branch,
    "BranchDiff": BranchDiff,
    "CacheStats": CacheStats,
    "MergeReport": MergeReport,
    "Purged": Purged,
    "Restored": Restored,
    "RowChange": RowChange,
    "RowChanges": Changes,
    "RowCounts": TableChanges,
    "RowVersion": Version,
    "Server": Server,
    "ServerInfo": ServerInfo,
    "ServerStatus": ServerStatus,
    "Suggestion": Suggestion,
    "UndoReport": UndoReport,
}
METHODS = [
    (kind, node)
    for kind, name in (("Connection", "ConnectionMethods"), ("Cursor", "CursorMethods"))
    for node in CLASSES[name].body
    if isinstance(node, ast.FunctionDef)
]


def methods(name: str) -> set[str]:
    return {node.name for node in CLASSES[name].body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", RESULTS)
def test_the_attributes_of_results(name):
    found = RESULTS[name]
    has = {*dir(found), *getattr(found, "__dataclass_fields__", ())}
    if issubclass(found, tuple):
        has -= {*dir(tuple)} | {each for each in has if each.startswith("_")}
    assert {each for each in methods(name) if not each.startswith("_")} == {
        each for each in has if not each.startswith("_")
    }


@pytest.mark.parametrize(("kind", "stub"), METHODS, ids=[node.name for _, node in METHODS])
def test_the_parameters_of_methods(kind, stub):
    given, empty = stub.args, inspect.Parameter.empty
    written = [
        *((each.arg, inspect.Parameter.POSITIONAL_OR_KEYWORD) for each in given.args[1:]),
        *((each.arg, inspect.Parameter.KEYWORD_ONLY) for each in given.kwonlyargs),
    ]
    required = len(given.args) - 1 - len(given.defaults)
    defaults = [empty] * required + [
        empty if each is None else ast.literal_eval(each) for each in (*given.defaults, *given.kw_defaults)
    ]
    with heliosdb_sqlite.connect(":memory:") as conn:
        owner = conn if kind == "Connection" else conn.cursor()
        real = inspect.signature(getattr(owner, stub.name)).parameters.values()
        assert written == [(each.name, each.kind) for each in real]
        assert defaults == [each.default for each in real]
    conn.close()
