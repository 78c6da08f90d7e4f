"""A forked child, such as a web server's worker, audits the commits of its own connection."""

from __future__ import annotations

import os

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.testing import forked


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform can't fork")
def test_parent_and_child_write_one_log(connect, tmp_path):
    def work(tag):
        conn = heliosdb_sqlite.connect(tmp_path / "test.db", query_tag=tag, audit_commits=True)
        conn.execute("INSERT INTO t VALUES (1)")
        conn.commit()
        conn.close()
        return os.getpid()

    connect(audit_commits=True).execute("CREATE TABLE t (a)")
    assert forked(work, "child") != work("parent")
    assert [commit.tag for commit in connect().audit_log()] == ["parent", "child", None]
