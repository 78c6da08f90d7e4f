"""A file layer under the SQLite that ``sqlite3`` uses: what SQLite reads and writes passes through Python, sealed."""
