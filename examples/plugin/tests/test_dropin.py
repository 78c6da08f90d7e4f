"""With the plugin on every connection, heliosdb_sqlite still is sqlite3."""

from __future__ import annotations

import pytest

from heliosdb_sqlite.testing.dropin import dropin_checks

PLUGIN = "heliosdb_querytags.plugin:plugin"


@pytest.mark.parametrize("check", dropin_checks(PLUGIN), ids=str)
def test_switched_on_and_doing_nothing(check, record_property):
    record_property("dropin", check())


@pytest.mark.parametrize("check", dropin_checks(PLUGIN, {"query_tag": "x"}, ignoring={"trace"}), ids=str)
def test_with_a_tag(check, record_property):
    record_property("dropin", check())


def test_with_an_audit(record_property):
    checks = dropin_checks(PLUGIN, {"audit_commits": True}, ignoring={"files", "total_changes"})
    # Not the random programs: where two connections write, an audited one may have to wait where another has not.
    [suite] = [check for check in checks if check.name == "cpython-suite"]
    record_property("dropin", suite())
