"""The result cache: rows of a query that was run before, as long as nothing has changed."""
