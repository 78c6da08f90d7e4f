"""CPython's own suite passes with every connection in line, but for what WAL mode itself changes."""

from __future__ import annotations

import pytest

from heliosdb_sqlite.testing.dropin import assert_same_as_stdlib, with_plugin

WAL = {
    "MultiprocessTests.test_ctx_mgr_rollback_if_commit_failed": "a reader keeps no commit from happening in WAL mode"
}


@pytest.mark.parametrize(("mode", "known"), [("fair", {}), ("wal", WAL)])
def test_cpythons_own_suite(monkeypatch, record_property, mode, known):
    monkeypatch.setenv("HELIOSDB_DISABLE_PLUGINS", "concurrency")  # it is registered by its module instead
    configuration = with_plugin(
        "heliosdb_sqlite.tuning.concurrency.plugin",
        {"concurrency": mode},
        ignoring=["trace", "files"],
        name=f"concurrency={mode!r}",
    )
    record_property("dropin", assert_same_as_stdlib(configuration, known=known, own=False))
