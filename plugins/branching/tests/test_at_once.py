"""Branches that threads and processes make, merge and delete at once."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

import heliosdb_sqlite

BUSY = """
import sys, heliosdb_sqlite
path, who = sys.argv[1:]
conn = heliosdb_sqlite.connect(path, timeout=60)
for turn in range(6):
    name = f"{who}-{turn}"
    conn.create_branch(name)
    branch = heliosdb_sqlite.connect(path, branch=name, timeout=60)
    branch.execute("INSERT INTO done VALUES (?, ?)", (who, turn))
    branch.execute("UPDATE fruit SET stock = stock + 1 WHERE id = ?", (int(who),))
    branch.commit()
    conn.merge_branch(name)
    if turn % 2:
        branch.close()
    conn.delete_branch(name)
    branch.close()
    conn.list_branches()
conn.close()
"""


@pytest.mark.parametrize("processes", [2])
def test_processes_make_merge_and_delete_at_once(main, path, rows, files, processes, journal):
    main.execute(f"PRAGMA journal_mode = {journal}")
    main.execute("CREATE TABLE done (who, turn, PRIMARY KEY (who, turn))")
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", BUSY, str(path), str(number)], stderr=subprocess.PIPE
        )
        for number in range(1, processes + 1)
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert (process.returncode, said.decode()) == (0, "")
    assert rows(main, "SELECT count(*) FROM done") == [(6 * processes,)]
    assert [row[3] for row in rows(main)][:processes] == [16, 26][:processes]
    assert files() == []
    assert main.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_threads_share_a_branch(main, path):
    main.create_branch("b")

    def work(number):
        conn = heliosdb_sqlite.connect(path, branch="b", timeout=60)
        for each in range(10):
            with conn:
                conn.execute("INSERT INTO fruit (id) VALUES (?)", (100 * number + each,))
        conn.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert main.merge_branch("b").total_row_changes == 30
    assert main.get_branch_info("b").commits == 30
