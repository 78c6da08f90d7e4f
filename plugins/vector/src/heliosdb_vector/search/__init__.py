"""Exact search over a matrix in memory: which statements it answers, with what, and how it stays true.

A statement that is recognised (``recognising``) is run by SQLite itself, over few rows: its text gets one more
condition, ``rowid IN (candidates)``, and for each execution the candidates are computed (``answering``) from a matrix
that mirrors the column (``matrix``, ``freshness``, ``changes``). They are all rows that can be among the nearest, with
room for the rounding of float32, so that SQLite's own evaluation of the user's own statement gives the same rows,
values and order as it would over the whole table.
"""
