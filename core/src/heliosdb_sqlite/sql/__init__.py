"""Reading SQLite's SQL without changing it: tokens, splicing, quoting. Shared by the core and by plugins."""
