"""Branches of a SQLite database for HeliosDB. Opened by ``connect(..., branch="name")``."""
