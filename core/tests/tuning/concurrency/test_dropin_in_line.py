"""CPython's own suite passes with concurrency="wal" on every connection, but for what WAL mode itself changes."""

from __future__ import annotations

from heliosdb_sqlite.testing.dropin import assert_same_as_stdlib, with_plugin

WAL = {
    "MultiprocessTests.test_ctx_mgr_rollback_if_commit_failed": "a reader keeps no commit from happening in WAL mode"
}


def test_cpythons_own_suite(monkeypatch, record_property):
    monkeypatch.setenv("HELIOSDB_DISABLE_PLUGINS", "concurrency")  # it is registered by its module instead
    configuration = with_plugin(
        "heliosdb_sqlite.tuning.concurrency.plugin",
        {"concurrency": "wal"},
        ignoring=["trace", "files"],
        name="concurrency='wal'",
    )
    record_property("dropin", assert_same_as_stdlib(configuration, known=WAL, own=False))
