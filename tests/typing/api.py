"""A user's calls as mypy and pyright see them. Checked, never run."""

from __future__ import annotations

from typing import Any

from typing_extensions import assert_type

import heliosdb_sqlite as sqlite3

conn = sqlite3.connect("app.db", timeout=3.0, enable_vector_search=True)
assert_type(conn, sqlite3.Connection)
assert_type(conn.cursor(), sqlite3.Cursor)
rows: list[tuple[int, str]] = conn.execute("SELECT id, title FROM documents").fetchall()

# Everything that type-checks with the standard library does with ours.
conn.row_factory = sqlite3.Row
conn.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
conn.create_function("twice", 1, lambda x: 2 * x, deterministic=True)
with conn:
    conn.executescript("CREATE TABLE t (a)")
try:
    conn.commit()
except (sqlite3.IntegrityError, sqlite3.OperationalError, sqlite3.MissingPlugin) as error:
    print(error)
sqlite3.register_adapter(complex, str)
print(sqlite3.sqlite_version, sqlite3.PARSE_DECLTYPES, sqlite3.dbapi2.paramstyle, sqlite3.Row)


class Mine(sqlite3.Connection):
    def shout(self) -> str:
        return "!"


class MyCursor(sqlite3.Cursor):
    def twice(self) -> int:
        return 2


mine = sqlite3.connect("app.db", factory=Mine)
assert_type(mine, Mine)
assert_type(mine.cursor(MyCursor), MyCursor)
print(mine.shout())

# The methods of HeliosDB's own plugins are known, whether they are installed or not.
assert_type(conn.explain_vector("SELECT 1").path, str)
assert_type(conn.vector_index_stats("near")[0].recall, float)
conn.vector_index_progress(lambda name, done, total: done < total)
assert_type(conn.executemany_grouped("SELECT ?", [(1,)]), list[list[Any]])
branch = conn.create_branch("experiment", from_branch="main")
assert_type(branch.name, str)
assert_type([each.is_active for each in conn.list_branches()], list[bool])
conn.merge_branch("experiment", strategy="ours", dry_run=True)
assert_type(conn.compare_branches("main", "experiment").total_row_changes, int)
assert_type(conn.get_server_info().url, str)
assert_type(conn.cursor().batch_insert("t", ["a"], ((n,) for n in range(3)), on_conflict="ignore"), int)
assert_type(conn.get_cache_stats().hit_rate, float)
conn.enable_query_analyzer(slow_query_seconds=0.5)
assert_type(conn.get_query_suggestions(seconds=5)[0].speedup_factor, float)
server = sqlite3.start_server("app.db", port=5433)
assert_type(server.get_status().active_connections, int)
conn.rekey(b"0" * 32, full=True)
