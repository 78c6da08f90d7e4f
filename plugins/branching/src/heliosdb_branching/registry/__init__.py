"""Which branches a database has: its registry, and what it tells of them."""
