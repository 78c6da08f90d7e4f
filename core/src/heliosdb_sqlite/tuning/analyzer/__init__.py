"""Which indexes would help the queries that a program runs, measured on a copy of its data in memory."""
