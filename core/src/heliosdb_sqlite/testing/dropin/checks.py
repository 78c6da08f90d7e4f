"""The drop-in checks of a plugin: with it on every connection, everything is as with the standard library."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from ... import Connection, connect
from ..._active.session import session_of
from ...plugins._manager import manager
from ..recorder import Recorder
from ..registering import registered
from .configurations import Aspect, Configuration, with_plugin
from .cpython_suite import assert_same_as_stdlib
from .files import assert_same_files

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Check:
    """One check: call it. It returns a line for a report, or raises AssertionError with what differs."""

    name: str
    run: Callable[[], str] = field(repr=False)

    def __call__(self) -> str:
        return self.run()

    def __str__(self) -> str:
        return self.name


def dropin_checks(
    plugin: str,
    options: Mapping[str, Any] = _NOTHING,
    *,
    ignoring: Collection[Aspect] = (),
    known: Mapping[str, str] = _NOTHING,
    examples: int = 100,
) -> list[Check]:
    """Return the checks of a plugin: each a test's parameter, with ``ids=str``, or called in a loop.

    ``idle``: a connection that gives none of the plugin's keywords does without it. The others have the plugin on every
    connection, and the standard library's module side by side: ``cpython-suite`` runs CPython's own tests of sqlite3,
    ``random-programs`` compares each step of programs that hypothesis makes up, ``files`` what a program leaves. What a
    plugin with the same hooks changes while it does nothing in them is HeliosDB's doing and not held against this one.

    :param plugin: ``module:attribute``, as the entry point names it
    :param options: its connect() keywords on these connections; what JSON can express
    :param ignoring: what the plugin honestly changes: ``trace``, the statements that SQLite is sent (that of a plugin
        that may refuse commits always is), ``total_changes``, or ``files``, what is in the database
    :param known: ends of ids of CPython's tests that differ, ``OpenTests.test_open_uri``, each with the reason why; one
        that no longer does fails
    :param examples: how many programs to make up
    """
    configuration = with_plugin(plugin, options, ignoring=ignoring)
    checks = [
        Check("idle", partial(_assert_idle, configuration)),
        Check("cpython-suite", partial(assert_same_as_stdlib, configuration, known, own=False)),
        Check("random-programs", partial(_random_programs, configuration, examples)),
    ]
    if "files" not in ignoring:
        checks.append(Check("files", partial(assert_same_files, configuration)))
    return checks


def check_dropin(plugin: str, options: Mapping[str, Any] = _NOTHING, **how: Any) -> list[str]:
    """Run all of :func:`dropin_checks`, which see for the arguments, and return the lines of their report.

    :raises AssertionError: something differs; the message has what, of all the checks
    """
    lines, failures, skipped = [], [], None
    for check in dropin_checks(plugin, options, **how):
        try:
            lines.append(check())
        except AssertionError as error:
            failures.append(f"{check}: {error}")
        except unittest.SkipTest as skip:
            skipped = skip
    if failures:
        raise AssertionError("\n\n".join(failures))
    if skipped is not None:
        raise skipped
    return lines


def _assert_idle(configuration: Configuration) -> str:
    with registered(configuration.load(), "dropin", always=False) as plugin:
        name = manager().pluggy.get_name(plugin)
        connection = connect(":memory:")
        connection.close()
        # A plain connect() asks no plugin, one with another plugin all.
        with registered(Recorder(), "dropin-other"):
            other = connect(":memory:")
            other.close()
    if type(connection) is not Connection or name in session_of(other).options:
        raise AssertionError(
            f"{configuration.plugin} is on for a connection that did not ask for it: its heliosdb_active says so"
        )
    return f"not asked for: heliosdb {configuration.plugin}: not there"


def _random_programs(configuration: Configuration, examples: int) -> str:
    try:
        import hypothesis  # noqa: F401
    except ImportError:
        raise ModuleNotFoundError(
            "hypothesis makes up the random programs: pip install hypothesis", name="hypothesis"
        ) from None
    from .differential import assert_no_difference

    return assert_no_difference(configuration, examples, own=False)
