"""PostgreSQL's SQL into SQLite's: tokens, a tree, and the text that SQLite runs, with the types of what comes back.

The tree is this package's own. sqlglot reads PostgreSQL too, but drops what has to be kept here (``E'..'``, ``$1,$2``,
``RELEASE SAVEPOINT``, BEGIN's options), adds what nobody wrote (NULLS LAST in index keys), and knows no types.
"""
