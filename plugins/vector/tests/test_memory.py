"""vector_cache_mb bounds what a process takes for its searches, whatever it searches; the answers stay the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

DIMENSIONS, ROWS = 512, 12_000  # 25 MB
PROGRAM = """
import sys, heliosdb_sqlite
from pathlib import Path

def resident(what):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1000

file, limit, tables = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(",")
conn = heliosdb_sqlite.connect(file, enable_vector_search=True, vector_cache_mb=limit)
query = "SELECT id, vector_distance(embedding, (SELECT embedding FROM few WHERE id = 3)) FROM {} ORDER BY 2 LIMIT 3"
conn.execute(query.format("few")).fetchall()
before, found = resident("VmRSS"), set()
for _ in range(4):
    for table in tables:
        found.add(str(conn.execute(query.format(table)).fetchall()))
path = conn.explain_vector(query.format(tables[0])).path
print(resident("VmHWM") - before, path, *found, sep="|")
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    import heliosdb_sqlite

    path = tmp_path_factory.mktemp("memory") / "many.db"
    vectors = np.random.default_rng(2).normal(size=(ROWS, DIMENSIONS)).astype("f4")
    with heliosdb_sqlite.connect(path, enable_vector_search=True) as conn:
        for name, count in (("few", 10), ("a", ROWS), ("b", ROWS)):
            conn.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, embedding VECTOR({DIMENSIONS}))")
            conn.executemany(
                f"INSERT INTO {name} (embedding) VALUES (?)", ((each,) for each in vectors[:count])
            )
    conn.close()
    return path


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="this system does not tell a process's memory"
)
@pytest.mark.parametrize(("limit", "tables", "path"), [(10, "a", "sql"), (36, "a,b", "matrix")])
def test_a_process_keeps_to_its_bound(database, limit, tables, path):
    command = [sys.executable, "-c", PROGRAM, database, str(limit), tables]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().split("|")
    grown, taken, *found = said
    assert taken == path
    assert float(grown) < limit * 1.05 + 25  # besides the libraries, and what is being worked on
    assert len(found) == 1
    assert found[0].startswith("[(3, 0.0)")
