"""Other projects' own tests, run on sqlite3 and on heliosdb_sqlite in its place."""
