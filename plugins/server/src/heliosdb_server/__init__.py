"""A PostgreSQL-compatible server for HeliosDB. Started by ``heliosdb_sqlite.start_server(...)``."""
