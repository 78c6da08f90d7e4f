"""How domains stand in the file: each is a view of its parts, and columns of it have its constraints for their own.

``CREATE VIEW code(part, name, text) AS /* domain 1, number 7 */ VALUES ('type', '', 'text'), ('check', 'code_check',
'length(VALUE) = 5')`` is the domain code: 1 is the version of this format, and 7 tells it from other types. A column of
it is one of its type, ``"zip" /* domain code */ TEXT CHECK /* domain code */ (...)``: any program keeps to it.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..types.registry import Sized, title
from . import labels

VERSION = 1
MARK = re.compile(r"\A[^/]*?/\* domain (\d+), number (\d+) \*/")
NOTE = re.compile(r"(?:\A|(?<= ))domain (\S+)")


class Domain(NamedTuple):
    """A type with constraints of its own."""

    name: str
    number: int
    base: Sized
    not_null: bool = False
    default: str = ""
    checks: tuple[tuple[str, str], ...] = ()  # names, and conditions as they were written

    @property
    def oid(self) -> int:
        """Its OID in pg_type."""
        return labels.oid_of(self.number)

    @property
    def title(self) -> str:
        """Its name as format_type() writes it."""
        return labels.titled(self.name)


def view(domain: Domain) -> str:
    """Return the statement that makes a domain's view."""
    rows = [("type", "", title(*domain.base))]
    rows += [("not null", "", "")] if domain.not_null else []
    rows += [("default", "", domain.default)] if domain.default else []
    rows += [("check", name, clause) for name, clause in domain.checks]
    listed = ", ".join(f"({', '.join(map(quote_text, row))})" for row in rows)
    name = quote_identifier(domain.name)
    return f"CREATE VIEW {name}(part, name, text) AS /* domain {VERSION}, number {domain.number} */ VALUES {listed}"


def noted(name: str) -> str:
    """Return what a column's comment says of its domain."""
    return f"domain {quote(name, safe='')}"


def names(sql: str, name: str) -> bool:
    """Does a definition name a domain?"""
    return re.search(rf"/\* (?:\w+ )?{re.escape(noted(name))}(?: [^*]*)?\*/", sql) is not None
