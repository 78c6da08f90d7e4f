"""The functions of PostgreSQL's that SQLite has not, or has with another meaning, for a session's connection.

Each has the prefix ``pg_``, so that none takes the place of one of SQLite's. NULL in gives NULL out, as in PostgreSQL,
but for those marked :func:`~.marks.sees_null`.
"""
