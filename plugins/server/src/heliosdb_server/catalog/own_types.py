"""Types of the database's own as rows of pg_type, pg_enum and pg_constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..translation.domains import Domain
from ..translation.scope import Column
from ..types.registry import PgType, Sized, array_of_labels
from . import wording
from .described import PUBLIC, Described
from .wording import Wording

_FIRST_LABEL = 16384
_CONSTRAINT = 1 << 27  # OIDs of domains' constraints begin here
Rows = Callable[[str], list[dict[str, Any]]]


def own_default(found: Described, column: Column, text: str) -> bool:
    """Is a default the column's own, and not that of its domain?"""
    domain = next((each for each in found.domains if each.name == column.domain), None)
    return domain is None or text.strip("()") != domain.default.strip("()")


def add(
    found: Described,
    table: Rows,
    type_row: Callable[[PgType], dict[str, Any]],
    default: Callable[[str, Sized], str],
) -> None:
    """Add the rows of all types."""
    for enumeration in found.enumerations:
        kind = enumeration.type
        own = {"typtype": "e", "typnamespace": PUBLIC, "typbyval": 1, "typinput": "enum_in", "typoutput": "enum_out",
               "typreceive": "enum_recv", "typsend": "enum_send", "typalign": "i"}  # fmt: skip
        table("pg_type").append(type_row(kind) | own)
        table("pg_type").append(type_row(array_of_labels(kind)) | {"typnamespace": PUBLIC})
        for label, place in enumeration.labels:
            number = _FIRST_LABEL + len(table("pg_enum"))
            table("pg_enum").append(
                {"oid": number, "enumtypid": kind.oid, "enumsortorder": place, "enumlabel": label}
            )
    for domain in found.domains:
        shown = default(domain.default, domain.base) if domain.default else None
        table("pg_type").append(type_row(domain.base.type) | {
            "oid": domain.oid, "typname": domain.name, "typnamespace": PUBLIC, "typtype": "d", "typarray": 0,
            "typelem": 0, "typispreferred": 0, "typinput": "domain_in", "typreceive": "domain_recv",
            "typnotnull": int(domain.not_null), "typbasetype": domain.base.type.oid,
            "typtypmod": domain.base.modifier, "typdefault": shown, "typdefaultbin": shown,
        })  # fmt: skip
        for oid, name, words in constraints(domain):
            table("pg_constraint").append({
                "oid": oid, "conname": name, "connamespace": PUBLIC, "contype": "c", "condeferrable": 0,
                "condeferred": 0, "convalidated": 1, "conrelid": 0, "contypid": domain.oid, "conindid": 0,
                "conparentid": 0, "confrelid": 0, "confupdtype": " ", "confdeltype": " ", "confmatchtype": " ",
                "conislocal": 1, "coninhcount": 0, "connoinherit": 0, "conbin": words.plain,
            })  # fmt: skip


def constraints(domain: Domain) -> list[tuple[int, str, Wording]]:
    """Return the constraints of a domain: OID, name, and condition as PostgreSQL words it."""
    made = []
    for at, (name, clause) in enumerate(domain.checks):
        words = wording.expression(clause, [Column("VALUE", domain.base)])
        words = Wording(*(text.replace('"VALUE"', "VALUE") for text in words))
        made.append((_CONSTRAINT + domain.number * 64 + at, name, words))
    return made


def definitions(found: Described) -> dict[int, Wording]:
    """Return the definitions of all constraints of domains."""
    return {
        oid: Wording(f"CHECK ({words.plain})", f"CHECK ({words.pretty})")
        for domain in found.domains
        for oid, _, words in constraints(domain)
    }
