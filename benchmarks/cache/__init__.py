"""The result cache against running the query again."""
