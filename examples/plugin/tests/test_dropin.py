"""With the plugin on every connection, heliosdb_sqlite still is sqlite3."""

from __future__ import annotations

import sys

import pytest

from heliosdb_sqlite.testing.dropin import dropin_checks

PLUGIN = "heliosdb_querytags.plugin:plugin"
# A tag takes room: the longest text that SQLite allows is too long with one. CPython tests that since 3.11.
TOO_LONG = (
    {"RegressionTests.test_large_sql": "the tag makes the text too long"}
    if sys.version_info >= (3, 11)
    else {}
)


@pytest.mark.parametrize("check", dropin_checks(PLUGIN), ids=str)
def test_switched_on_and_doing_nothing(check, record_property):
    record_property("dropin", check())


@pytest.mark.parametrize(
    "check", dropin_checks(PLUGIN, {"query_tag": "x"}, ignoring={"trace"}, known=TOO_LONG), ids=str
)
def test_with_a_tag(check, record_property):
    record_property("dropin", check())


def test_with_an_audit(record_property):
    checks = dropin_checks(PLUGIN, {"audit_commits": True}, ignoring={"files", "total_changes"})
    # Not the random programs: where two connections write, an audited one may have to wait where another has not.
    [suite] = [check for check in checks if check.name == "cpython-suite"]
    record_property("dropin", suite())
