"""HELIOSDB_TRACE_PLUGINS: which hooks ran, and how long each took, on standard error."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

VARIABLE = "HELIOSDB_TRACE_PLUGINS"


def enabled() -> bool:
    """Return whether the environment asks for a trace; read when a connection is opened."""
    return os.environ.get(VARIABLE, "0") not in ("", "0")


def traced(plugin: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the hook as one that reports each of its runs: ``heliosdb: vector heliosdb_parse 12.5 us``."""

    @functools.wraps(function)
    def run(*args: Any) -> Any:
        start = perf_counter()
        outcome = ""
        try:
            return function(*args)
        except BaseException as error:
            outcome = f" raised {type(error).__name__}"
            raise
        finally:
            microseconds = (perf_counter() - start) * 1e6
            sys.stderr.write(f"heliosdb: {plugin} {function.__name__} {microseconds:.1f} us{outcome}\n")

    return run
