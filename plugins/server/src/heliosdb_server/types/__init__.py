"""PostgreSQL's types: their OIDs, and how each travels between SQLite's values and the wire, as text and in binary."""
