"""A connection to a branch: which file it opens, and what it does by itself."""
