"""PostgreSQL's frontend/backend protocol, version 3.0, on bytes alone: nothing here knows a socket or a database."""
