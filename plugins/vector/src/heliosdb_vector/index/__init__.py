"""Approximate indexes: CREATE INDEX ... USING, what is stored of them, and searching them.

The index that SQLite knows is a partial one that holds no rows: it has the name, follows the table and the column when
they are renamed, is dropped with them, and costs writers nothing. What it is an index of is written into its condition
(``definition``). Its contents are in tables beside the user's (``storage``), kept true by the log of changed rows.
"""
