"""Is heliosdb_sqlite still sqlite3, with this plugin on every connection? Checks for plugins, and for HeliosDB itself.

In a plugin's tests::

    @pytest.mark.parametrize("check", dropin_checks("heliosdb_querytags.plugin:plugin"), ids=str)
    def test_it_is_still_sqlite3(check, record_property):
        record_property("dropin", check())

What is recorded under ``dropin`` stands at the end of the report of those who use the fixtures.
"""

from __future__ import annotations

from .checks import Check, check_dropin, dropin_checks
from .configurations import IN_LINE, PLAIN, STDLIB, Aspect, Configuration, with_plugin
from .cpython_suite import assert_same_as_stdlib
from .files import assert_same_files

__all__ = [
    "IN_LINE",
    "PLAIN",
    "STDLIB",
    "Aspect",
    "Check",
    "Configuration",
    "assert_same_as_stdlib",
    "assert_same_files",
    "check_dropin",
    "dropin_checks",
    "with_plugin",
]
