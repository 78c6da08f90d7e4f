"""Adapters, converters, rows and errors are one and the same, whichever module a program takes them from."""

from __future__ import annotations

import datetime
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from types import ModuleType
from typing import Any

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.testing.dropin.observe import assert_same

pytestmark = pytest.mark.usefixtures("configuration")
BOTH = pytest.mark.parametrize("module", [sqlite3, heliosdb_sqlite], ids=lambda module: module.__name__)
REGISTRY = pytest.mark.parametrize(
    "registry", [sqlite3, heliosdb_sqlite], ids=lambda module: f"registered with {module.__name__}"
)

DAY = datetime.date(2024, 2, 29)
INSTANT = datetime.datetime(2024, 2, 29, 12, 30)  # noqa: DTZ001  # the default adapters are for naive ones


class Point:
    """A value of a program's own."""

    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y


@pytest.fixture(autouse=True)
def _registries_as_before() -> Iterator[None]:
    adapters, converters = dict(sqlite3.adapters), dict(sqlite3.converters)
    yield
    sqlite3.adapters.clear()
    sqlite3.adapters.update(adapters)
    sqlite3.converters.clear()
    sqlite3.converters.update(converters)


@REGISTRY
@BOTH
def test_an_adapter_registered_through_either_works_in_both(registry: Any, module: Any) -> None:
    registry.register_adapter(Point, lambda point: f"{point.x};{point.y}")
    with closing(module.connect(":memory:")) as connection:
        assert connection.execute("SELECT ?", (Point(1, 2),)).fetchone() == ("1;2",)
        assert connection.cursor().execute("SELECT :p", {"p": Point(1, 2)}).fetchone() == ("1;2",)


@REGISTRY
@BOTH
def test_a_converter_registered_through_either_works_in_both(registry: Any, module: Any) -> None:
    registry.register_converter("point", lambda raw: tuple(map(int, raw.split(b";"))))
    with closing(module.connect(":memory:", detect_types=sqlite3.PARSE_COLNAMES)) as connection:
        assert connection.execute("SELECT '1;2' AS \"p [point]\"").fetchone() == ((1, 2),)


@BOTH
def test_rows_are_the_standard_librarys(module: Any) -> None:
    with closing(module.connect(":memory:")) as connection:
        connection.row_factory = heliosdb_sqlite.Row
        row = connection.execute("SELECT 1 AS a, 2 AS b").fetchone()
        assert type(row) is sqlite3.Row
        assert (row["A"], row[1], row.keys(), tuple(row)) == (1, 2, ["a", "b"], (1, 2))
        cursor = connection.cursor()
        assert sqlite3.Row(cursor, (1,)) == heliosdb_sqlite.Row(cursor, (1,))


@BOTH
def test_errors_are_caught_through_either_module(module: Any) -> None:
    with closing(module.connect(":memory:")) as connection:
        with pytest.raises(heliosdb_sqlite.OperationalError):
            connection.execute("SELEC")
        with pytest.raises(sqlite3.IntegrityError):
            connection.executescript(
                "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)"
            )


def test_an_error_carries_sqlites_code_and_no_more_than_before() -> None:
    def fails(module: ModuleType) -> object:
        with closing(module.connect(":memory:")) as connection:
            try:
                connection.execute("SELECT * FROM missing")
            except sqlite3.Error as error:
                return sorted(vars(error).items()), error.args
        return None

    assert_same(fails)


def test_date_adapters_and_converters_warn_at_the_callers_line() -> None:
    def dates(module: ModuleType) -> object:
        with closing(module.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)) as connection:
            connection.execute("CREATE TABLE t(d date, at timestamp)")
            connection.execute("INSERT INTO t VALUES (?, ?)", (DAY, INSTANT))
            connection.executemany("INSERT INTO t VALUES (?, ?)", [(DAY, INSTANT)])
            cursor = connection.cursor()
            cursor.execute("INSERT INTO t VALUES (:d, :at)", {"d": DAY, "at": INSTANT})
            cursor.executemany("INSERT INTO t VALUES (?, ?)", [(DAY, INSTANT)])
            rows = [cursor.execute("SELECT * FROM t").fetchone(), *cursor.fetchmany(1), *cursor]
            return rows + connection.execute("SELECT * FROM t").fetchall()

    shown = assert_same(dates)
    assert shown.error is None
    if sys.version_info >= (3, 12):
        assert {warning[:1] + warning[2:3] for warning in shown.warnings} == {(DeprecationWarning, __file__)}
    else:
        assert shown.warnings == ()


def test_named_placeholders_with_a_sequence_warn_at_the_callers_line() -> None:
    def named(module: ModuleType) -> object:
        with closing(module.connect(":memory:")) as connection:
            connection.execute("CREATE TABLE t(a, b)")
            cursor = connection.cursor()
            cursor.execute("SELECT :a, :b", (1, 2))
            cursor.executemany("INSERT INTO t VALUES (:a, :b)", [(1, 2)])
            connection.executemany("INSERT INTO t VALUES (:a, :b)", [(1, 2)])
            return connection.execute("SELECT :a, :b", (1, 2)).fetchone()

    shown = assert_same(named)
    if (3, 12) <= sys.version_info < (3, 14):
        assert {warning[:1] + warning[2:3] for warning in shown.warnings} == {(DeprecationWarning, __file__)}


@pytest.mark.parametrize("error", [KeyError, IndexError, ValueError])
def test_the_error_of_a_sequence_for_named_placeholders_is_its_own(error: type[Exception]) -> None:
    class Failing(Sequence[int]):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: Any) -> Any:
            raise error(index)

    def failing(module: ModuleType) -> object:
        with closing(module.connect(":memory:")) as connection:
            return connection.execute("SELECT :a, :b", Failing())

    shown = assert_same(failing)
    assert shown.error is not None
    assert shown.error[0] is error
