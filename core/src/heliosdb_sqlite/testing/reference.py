"""A function as another process finds it: by module, file and name."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from operator import attrgetter
from types import ModuleType
from typing import Any, NamedTuple


class Reference(NamedTuple):
    """Where a function is."""

    module: str
    file: str
    name: str

    def load(self) -> Callable[..., Any]:
        """Return the function, importing its module, or running its file where the name does not lead there.

        Test runners import test files under names of their own, which mean nothing to another process.
        """
        try:
            module = importlib.import_module(self.module)
        except ImportError:
            module = self._run_file()
        # Another module of that name, __main__ for one.
        if not _same(getattr(module, "__file__", None), self.file):
            module = self._run_file()
        function: Callable[..., Any] = attrgetter(self.name)(module)
        return function

    def _run_file(self) -> ModuleType:
        name = "__test__" if self.module == "__main__" else self.module
        for dot, letter in enumerate(name):  # pickle asks for the packages, of which there may be none
            if letter == ".":
                sys.modules.setdefault(name[:dot], ModuleType(name[:dot]))
        spec: Any = importlib.util.spec_from_file_location(name, self.file)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def reference_to(function: Callable[..., Any]) -> Reference:
    """Return where ``function`` is.

    :raises TypeError: it is local to another function, or no Python function at all
    """
    name = getattr(function, "__qualname__", "<nothing>")
    file = inspect.getsourcefile(function) if inspect.isfunction(function) else None
    if file is None or "<" in name:
        raise TypeError(f"{function!r} can't be found by another process: define it at the top of a module")
    return Reference(function.__module__, os.path.abspath(file), name)


def _same(one: str | None, other: str) -> bool:
    return one is not None and os.path.realpath(one) == os.path.realpath(other)
