"""Encrypted columns: values that are ciphertext in the file, in indexes and in plain SQLite, and themselves in rows."""
