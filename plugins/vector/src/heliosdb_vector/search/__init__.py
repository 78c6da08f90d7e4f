"""Exact search: the rows that a recognised statement has to look at, for each time it runs.

SQLite runs it itself, over few rows: its text gets one more condition, ``rowid IN (candidates)`` (``rewriting``), and
for each execution the candidates are computed (``answering``) from the column in memory. They are all rows that can be
among the nearest, with room for the rounding of float32, so that SQLite's own evaluation of the user's own statement
gives the same rows, values and order as it would over the whole table.
"""
