"""Branches against other ways to copy, compare and merge a database."""
