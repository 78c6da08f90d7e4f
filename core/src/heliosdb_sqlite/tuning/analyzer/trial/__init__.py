"""A copy of tables in memory: made, filled, and timed."""
