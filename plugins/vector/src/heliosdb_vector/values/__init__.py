"""Vectors as values: Python's, SQL's and the BLOB that is stored, and the distances between two of them."""
