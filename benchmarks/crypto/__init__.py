"""Encrypted databases against plain ones, and against SQLCipher."""
