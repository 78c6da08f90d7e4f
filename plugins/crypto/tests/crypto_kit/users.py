"""Users with encrypted columns of every type, and the key of these columns."""

from __future__ import annotations

KEY = b"c" * 32
USERS = """CREATE TABLE users (
    id INTEGER PRIMARY KEY, username TEXT, email TEXT ENCRYPTED, ssn TEXT ENCRYPTED DETERMINISTIC UNIQUE,
    age INTEGER ENCRYPTED, photo BLOB ENCRYPTED, score REAL ENCRYPTED)"""
ROWS = [
    (1, "ann", "ann@swordfish", "111", 41, b"\x00\xff", 1.5),
    (2, "bob", "bob@swordfish", "222", 42, b"", 2.0),
    (3, "cat", None, None, None, None, None),
]
