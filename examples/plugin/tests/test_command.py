"""``heliosdb audit FILE`` shows the log."""

from __future__ import annotations

import subprocess
import sys

COMMAND = (sys.executable, "-c", "from heliosdb_sqlite.cli import main; main()")


def heliosdb(*arguments):
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, encoding="utf-8")


def test_the_newest_commits(connect, tmp_path):
    conn = connect(query_tag="[red]checkout", audit_commits=True)
    conn.execute("CREATE TABLE t (a)")
    for number in range(3):
        conn.executemany("INSERT INTO t VALUES (?)", [(1,)] * (10 + number))
        conn.commit()
    shown = heliosdb("audit", tmp_path / "test.db", "--limit", 2)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "[red]checkout" in shown.stdout
    assert "12" in shown.stdout
    assert "10" not in shown.stdout.split("rows changed")[1].replace(":10", "")


def test_a_database_without_a_log(connect, tmp_path):
    connect().execute("CREATE TABLE t (a)")
    assert heliosdb("audit", tmp_path / "test.db").returncode == 0


def test_what_is_no_database(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)
    shown = heliosdb("audit", tmp_path / "letter.txt")
    assert shown.returncode == 1
    assert "file is not a database" in shown.stderr
    assert "Traceback" not in shown.stderr
