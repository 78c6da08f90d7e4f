"""How history is kept: ordinary tables, written by ordinary triggers made of SQLite's own functions.

``names`` and ``layout`` are the on-disk format (docs/formats/timetravel.md), ``shape`` reads what a user's table looks
like, ``triggers`` and ``eager`` write the triggers for it (``entangled`` says which of the two; ``tidying`` ends what
``eager`` begins), ``registry`` knows which tables are versioned, and ``following`` keeps
all that in step with the schema. ``clock`` gives each transaction its time.
"""
