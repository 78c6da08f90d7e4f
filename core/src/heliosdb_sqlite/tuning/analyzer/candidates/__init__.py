"""Which indexes might help: from the structure of a statement, by the choice of SQLite's planner."""
