"""What the database holds, as PostgreSQL's clients ask for it: pg_catalog, information_schema, and names into OIDs."""
