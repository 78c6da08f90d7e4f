"""The affinity of a column: which kind of value SQLite would rather store in it (https://www.sqlite.org/datatype3.html)."""

from __future__ import annotations


def affinity_of(declared: str, *, strict: bool = False) -> str:
    """Return the affinity of a declared type: INTEGER, TEXT, BLOB, which is none, REAL or NUMERIC.

    :param strict: the table is STRICT, where ANY is a type and stores what it is given

    >>> affinity_of("VARCHAR(20)"), affinity_of("BIGINT"), affinity_of("DECIMAL(5, 2)")
    ('TEXT', 'INTEGER', 'NUMERIC')
    """
    words = declared.upper()
    if "INT" in words:
        return "INTEGER"
    if any(part in words for part in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if "BLOB" in words or not words.strip() or (strict and words == "ANY"):
        return "BLOB"
    return "REAL" if any(part in words for part in ("REAL", "FLOA", "DOUB")) else "NUMERIC"
