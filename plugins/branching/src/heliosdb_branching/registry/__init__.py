"""Which branches a database has."""
