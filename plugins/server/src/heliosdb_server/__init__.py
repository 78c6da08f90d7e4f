"""A PostgreSQL-compatible server for HeliosDB: any PostgreSQL driver reads and writes a SQLite file.

Installed beside the core it needs no import: ``heliosdb_sqlite.start_server(...)`` and
``connect(..., heliosdb_mode='hybrid')`` find it.
"""

__version__ = "0.1.0"
