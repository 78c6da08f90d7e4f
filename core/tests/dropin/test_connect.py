"""connect() takes what sqlite3.connect takes, and answers the same: values, errors, warnings, audit events."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import heliosdb_sqlite
from dropin_kit.scripts import run_script
from heliosdb_sqlite.testing.dropin import PLAIN, Configuration
from heliosdb_sqlite.testing.dropin.observe import assert_same

pytestmark = pytest.mark.usefixtures("configuration")

POSITIONAL: tuple[Any, ...] = (":memory:", 1.5, sqlite3.PARSE_DECLTYPES, "IMMEDIATE", False)


def opened(connection: Any) -> object:
    """What shows of a connection; closes it."""
    with_types = connection.execute('SELECT 1 AS "a [none]"').fetchone()
    shown = (
        connection,
        connection.isolation_level,
        connection.row_factory,
        connection.text_factory,
        with_types,
    )
    connection.close()
    return shown


@pytest.mark.parametrize("count", range(1, 6))
def test_positional_arguments_mean_and_warn_the_same(count: int) -> None:
    shown = assert_same(lambda module: opened(module.connect(*POSITIONAL[:count])))
    assert shown.error is None
    # 3.13 and 3.14 deprecate them, and say so at this file's line
    expected = {(3, 13), (3, 14)} if count > 1 else set()
    assert bool(shown.warnings) is (sys.version_info[:2] in expected)
    assert all(warning[2].endswith("test_connect.py") for warning in shown.warnings)


def test_all_eight_positions_mean_the_same() -> None:
    assert_same(lambda module: opened(module.connect(*POSITIONAL, module.Connection, 64, True)))
    assert_same(
        lambda module: opened(module.connect("file::memory:", *POSITIONAL[1:], module.Connection, 64, True))
    )


@pytest.mark.parametrize("count", [9, 10])
def test_too_many_positions_are_refused_the_same(count: int) -> None:
    arguments = (*POSITIONAL, sqlite3.Connection, 64, True, 1, 2)
    assert_same(lambda module: module.connect(*arguments[:count]))


WRONG: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "nothing": ((), {}),
    "not a path": ((5,), {}),
    "a path with a null": (("a\0b",), {}),
    "no such folder": (("no/such/folder/app.db",), {}),
    "position and keyword": ((":memory:", 1.0), {"timeout": 2.0}),
    "database twice": ((":memory:",), {"database": ":memory:"}),
    "a timeout that is no number": ((":memory:",), {"timeout": "long"}),
    "a level that is none": ((":memory:",), {"isolation_level": "SOMETIMES"}),
    "a level of another type": ((":memory:",), {"isolation_level": 5}),
    "detect_types that is no number": ((":memory:",), {"detect_types": "all"}),
    "a factory that can't be called": ((":memory:",), {"factory": 5}),
    "no factory": ((":memory:",), {"factory": None}),
    "a cache of another type": ((":memory:",), {"cached_statements": "many"}),
    "a cache too large": ((":memory:",), {"cached_statements": 2**40}),
    "a negative cache": ((":memory:",), {"cached_statements": -1}),
    "autocommit out of range": ((":memory:",), {"autocommit": 7}),
    "a URI with an unknown mode": (("file:x.db?mode=sideways",), {"uri": True}),
}


@pytest.mark.parametrize(("args", "kwargs"), WRONG.values(), ids=WRONG.keys())
def test_wrong_arguments_are_refused_the_same(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if "autocommit" in kwargs and sys.version_info < (3, 12):
        # This Python's sqlite3 doesn't know the keyword: see the test of unknown ones.
        with pytest.raises(TypeError):
            heliosdb_sqlite.connect(*args, **kwargs)
        return
    assert_same(lambda module: opened(module.connect(*args, **kwargs)))


def test_an_unknown_keyword_is_a_type_error() -> None:
    for module in (sqlite3, heliosdb_sqlite):
        with pytest.raises(TypeError) as caught:
            module.connect(":memory:", no_such_keyword=1)
        assert "no_such_keyword" in str(caught.value)
        assert type(caught.value) is TypeError


@pytest.mark.parametrize(
    "make", [str, Path, lambda path: str(path).encode(), lambda path: f"file:{path}?mode=rwc"]
)
def test_databases_are_named_by_text_path_bytes_and_uri(make: Any, tmp_path: Path) -> None:
    def create(module: ModuleType) -> object:
        path = tmp_path / f"{module.__name__}.db"
        connection = module.connect(make(path), uri=True)
        connection.execute("CREATE TABLE t(a)")
        connection.close()
        return path.exists()

    assert assert_same(create).value == (bool, True)


class Recording:
    """A factory that is no class: keeps the arguments it was called with."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        self.calls.append((args, kwargs))
        return "made"


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((":memory:",), {}),
        ((), {"database": ":memory:"}),
        ((":memory:",), {"timeout": 3, "uri": False}),
        (POSITIONAL, {}),
        (("nowhere",), {"detect_types": 1, "isolation_level": None}),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_factory_gets_the_callers_own_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    def by_keyword(module: ModuleType) -> object:
        factory = Recording()
        return module.connect(*args, factory=factory, **kwargs), factory.calls == [
            (args, {"factory": factory, **kwargs})
        ]

    assert_same(by_keyword)


def test_a_factory_in_sixth_position_gets_the_positions() -> None:
    def by_position(module: ModuleType) -> object:
        factory = Recording()
        return module.connect(*POSITIONAL, factory, 64), factory.calls == [((*POSITIONAL, factory, 64), {})]

    shown = assert_same(by_position)
    assert shown.value == (tuple, ((str, "made"), (bool, True)))


def test_a_users_connection_class_sees_the_callers_own_arguments() -> None:
    def subclass(module: ModuleType) -> object:
        seen: list[object] = []

        class Mine(module.Connection):  # type: ignore[name-defined,misc]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                seen.append((args, {key: value for key, value in kwargs.items() if key != "factory"}))
                super().__init__(*args, **kwargs)

        connection = module.connect(":memory:", timeout=2, factory=Mine)
        seen.append(
            (
                type(connection) is Mine or isinstance(connection, Mine),
                connection.execute("SELECT 1").fetchone(),
            )
        )
        connection.close()
        return seen

    assert_same(subclass)


@pytest.mark.parametrize("factory", [sqlite3.Connection, heliosdb_sqlite.Connection])
def test_a_connection_class_of_either_module_is_a_factory_for_either(factory: Any) -> None:
    assert_same(lambda module: opened(module.connect(":memory:", factory=factory)))


def test_a_plain_connection_is_of_the_public_class(configuration: Configuration) -> None:
    connection = heliosdb_sqlite.connect(":memory:")
    assert isinstance(connection, heliosdb_sqlite.Connection)
    if configuration is PLAIN:
        assert type(connection) is heliosdb_sqlite.Connection
    connection.close()


AUDIT = """
import sys
events = []
sys.addaudithook(lambda event, arguments: events.append((event, arguments)) if event.startswith("sqlite3.") else None)

def attempt(label, call):
    events.clear()
    try:
        call()
    except Exception as error:
        label += f" {type(error).__name__}: {error}"
    print(label)
    for event, arguments in list(events):
        plain = [a if isinstance(a, (str, bytes, int)) else isinstance(a, sqlite3.Connection) for a in arguments]
        print("   ", event, plain)

attempt("memory", lambda: sqlite3.connect(":memory:").close())
attempt("keyword", lambda: sqlite3.connect(database=":memory:").close())
attempt("bytes", lambda: sqlite3.connect(b"file.db").close())
attempt("class", lambda: sqlite3.Connection(":memory:").close())
attempt("failing", lambda: sqlite3.connect("no/such/folder/file.db"))
attempt("wrong type", lambda: sqlite3.connect(5))
connection = sqlite3.connect(":memory:")
attempt("again", lambda: connection.__init__(":memory:"))
attempt("statements", lambda: connection.execute("SELECT 1").fetchall())
if hasattr(connection, "enable_load_extension"):
    attempt("enable", lambda: connection.enable_load_extension(True))
    attempt("load", lambda: connection.load_extension("no/such/extension"))
    attempt("disable", lambda: connection.enable_load_extension(False))
    attempt("refused", lambda: connection.load_extension("no/such/extension"))
else:
    print("this Python can't load extensions")
connection.close()
"""


def test_audit_events_are_the_same_for_success_and_failure(
    tmp_path: Path, configuration: Configuration
) -> None:
    if configuration is PLAIN:  # fresh processes: without this one's plugins
        finished = run_script(AUDIT, tmp_path)
        assert finished.code == 0, finished.errors
        assert "sqlite3.connect/handle" in finished.output
