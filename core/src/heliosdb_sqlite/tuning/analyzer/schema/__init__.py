"""Looking at a database: its tables and indexes, and the indexes that it does not need."""
