"""The SQL functions of encrypted columns."""

from __future__ import annotations

SEAL = "heliosdb_encrypt"
"""Seals a value for a column; statements are rewritten to call it."""
SOUGHT = "heliosdb_sought"
"""The same for a value that a DETERMINISTIC column is compared with."""
DECRYPT = "heliosdb_decrypt"
"""Opens a value for an expression; for users."""
UNWRAPS = "heliosdb_unwraps"
"""Says whether a row of the table of column keys can be used; asked when a dump is loaded."""
