"""sqlite3 stays sqlite3 for who stands in line: CPython's own suite, and random programs."""

from __future__ import annotations

from heliosdb_sqlite.testing.dropin import IN_LINE, assert_same_as_stdlib, with_plugin
from heliosdb_sqlite.testing.dropin.differential import assert_no_difference

WAL = {
    "MultiprocessTests.test_ctx_mgr_rollback_if_commit_failed": "a reader keeps no commit from happening in WAL mode"
}


def test_cpythons_own_suite_with_the_default(record_property):
    record_property("dropin", assert_same_as_stdlib(IN_LINE))


def test_random_programs_with_the_default(record_property):
    record_property("dropin", assert_no_difference(IN_LINE, examples=30))


def test_cpythons_own_suite_with_wal_mode(monkeypatch, record_property):
    monkeypatch.setenv("HELIOSDB_DISABLE_PLUGINS", "concurrency")  # it is registered by its module instead
    configuration = with_plugin(
        "heliosdb_sqlite.tuning.concurrency.plugin",
        {"concurrency": "wal"},
        ignoring=["trace", "files"],
        name="concurrency='wal'",
    )
    record_property("dropin", assert_same_as_stdlib(configuration, known=WAL, own=False))
