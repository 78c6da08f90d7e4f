"""What clients ask about the schema, and whether the server answers it as PostgreSQL does."""
