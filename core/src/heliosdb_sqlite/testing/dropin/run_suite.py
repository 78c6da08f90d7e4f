"""A script: runs CPython's own sqlite3 tests in this process, and writes what became of each as JSON.

``python run_suite.py FILE``, started with ``startup`` on PYTHONPATH, which has swapped the module already. Every test
module of the package runs under unittest. FILE gets the outcome of each test, the warnings it let out, and whose
connections each test module's own ``sqlite3`` opens.
"""

# ruff: noqa: N802 - unittest's own names
from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import json
import pathlib
import re
import sys
import sysconfig
import unittest
import warnings
from types import ModuleType, TracebackType
from typing import Any, TextIO

PACKAGE = "test.test_sqlite3" if sys.version_info >= (3, 11) else "sqlite3.test"
Failure = Any  # unittest's (type, value, traceback)
_ABOUT = {"trace": ("trace",), "total_changes": ("total_changes",), "files": ("iterdump", "backup(")}


class Recorder(unittest.TestResult):
    """Keeps one outcome for each test id, and the warnings that no test caught."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, list[str]] = {}
        self.aspects: dict[str, list[str]] = {}
        self.warned: list[list[Any]] = []
        self._running = ""

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._running = test.id()
        self.aspects[test.id()] = _aspects(test)

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.outcomes.setdefault(test.id(), ["ok", ""])

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self.outcomes[test.id()] = ["skip", reason]

    def addFailure(self, test: unittest.TestCase, err: Failure) -> None:
        self.outcomes[test.id()] = ["fail", _last_line(err)]

    def addError(self, test: unittest.TestCase, err: Failure) -> None:
        self.outcomes[test.id()] = ["error", _last_line(err)]

    def addExpectedFailure(self, test: unittest.TestCase, err: Failure) -> None:
        self.outcomes[test.id()] = ["expected failure", ""]

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self.outcomes[test.id()] = ["unexpected success", ""]

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Failure | None) -> None:
        if err is not None:
            kind = "fail" if issubclass(err[0], test.failureException) else "error"
            self.outcomes[test.id()] = [kind, f"{_timeless(str(subtest))}: {_last_line(err)}"]

    def show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Stands in for warnings.showwarning."""
        self.warned.append([self._running, category.__name__, _timeless(str(message)), filename, lineno])


def _aspects(test: unittest.TestCase) -> list[str]:
    """Return the aspects of a program that the test's own lines mention."""
    source = inspect.getsource(getattr(test, test._testMethodName))
    return [aspect for aspect, words in _ABOUT.items() if any(word in source for word in words)]


def _timeless(text: str) -> str:
    """Without what differs from run to run."""
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def _last_line(err: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    return _timeless(f"{err[0].__name__}: {err[1]}".splitlines()[0])


def _import_package() -> ModuleType:
    if PACKAGE == "sqlite3.test" and "sqlite3.test" not in sys.modules:
        # A package inside sqlite3 itself: after the swap, Python would look for it inside heliosdb_sqlite.
        folder = pathlib.Path(sysconfig.get_path("stdlib"), "sqlite3", "test")
        spec: Any = importlib.util.spec_from_file_location(
            PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = module
        spec.loader.exec_module(module)
    return importlib.import_module(PACKAGE)


def _opens(module: ModuleType) -> str | None:
    """Whose connection the test module's own sqlite3 opens, or None when it has no such name."""
    sqlite3 = getattr(module, "sqlite", None) or getattr(module, "sqlite3", None)
    if sqlite3 is None:
        return None
    heliosdb = sys.modules.get("heliosdb_sqlite")
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        if heliosdb is None or not isinstance(connection, heliosdb.Connection):
            return "another"
        return "heliosdb_sqlite.Connection" if type(connection) is heliosdb.Connection else "subclass"


def main(output: str) -> None:
    """Run the suite, write the JSON."""
    from heliosdb_sqlite.testing.dropin import swap

    folder = pathlib.Path(str(_import_package().__file__)).parent
    names = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("__"))
    modules = [importlib.import_module(f"{PACKAGE}.{name}") for name in names]
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromModule(module) for module in modules)
    recorder = Recorder()
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = recorder.show_warning
        suite.run(recorder)
    found = {
        "outcomes": recorder.outcomes,
        "aspects": recorder.aspects,
        "warnings": recorder.warned,
        "opens": {module.__name__: opened for module in modules if (opened := _opens(module))},
        "connections": dict(swap.connections),
        "hooks": dict(swap.hooks),
    }
    pathlib.Path(output).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, whose modules have names of their own
    main(sys.argv[1])
