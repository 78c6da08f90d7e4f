"""heliosdb_sqlite.aio against aiosqlite."""
