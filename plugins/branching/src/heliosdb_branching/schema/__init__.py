"""The schema of a branch: what it was, what became of it, and how another database gets there."""
