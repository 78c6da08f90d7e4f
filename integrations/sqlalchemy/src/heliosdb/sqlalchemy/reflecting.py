"""What a database says about its encrypted columns and vector indexes, as SQLAlchemy has it in a model.

Alembic's batch mode makes a table anew from what is found here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .types import Encrypted

# SQLite gives the arguments of a type last, wherever they stood: VARCHAR ENCRYPTED(11).
_ENCRYPTED = re.compile(
    r"(?P<inner>.*?)\s*\bENCRYPTED(?P<same>\s+DETERMINISTIC)?\b(?P<arguments>\s*\(.*\))?\s*", re.IGNORECASE
)
# A condition that is never true keeps SQLite from filling the index, and says what it is.
_VECTOR_INDEX = re.compile(r"'heliosdb vector index [0-9]+: (\w+) (\w+) (\{.*?\})' IS NULL")
# The plugins' own constraints, by their names, which are what SQLite's error says.
_OF_A_TYPE = re.compile(
    r".* is not a (HALF)?VECTOR(\([0-9]+\))?: .*|.* takes sealed values only: ENCRYPTED [0-9a-f]+", re.DOTALL
)
# What the names of tables begin with in which HeliosDB's plugins keep a history, branches, indexes and keys.
_INTERNAL = ("_heliosdb_", "heliosdb_crypto_", "heliosdb_timetravel_", "heliosdb_vector_")


def of_the_user(names: list[str]) -> list[str]:
    """Return the names of tables and views without HeliosDB's own, which no migration is to drop."""
    return [name for name in names if not name.startswith(_INTERNAL)]


def encrypted(declared: str, inner_of: Callable[[str], Any]) -> Encrypted | None:
    """Return the type of a column that is declared ENCRYPTED, and None for another one."""
    match = _ENCRYPTED.fullmatch(declared)
    if match is None:
        return None
    inner = inner_of(match["inner"] + (match["arguments"] or ""))
    return Encrypted(inner, deterministic=match["same"] is not None)


def vector_index(index: dict[str, Any]) -> dict[str, Any]:
    """Return a reflected index; a vector index with its options in the place of the condition that keeps them."""
    options = dict(index.get("dialect_options", {}))
    match = _VECTOR_INDEX.search(str(options.get("sqlite_where", "")))
    if match is None:
        return index
    del options["sqlite_where"]
    using, ops, settings = match.groups()
    options |= {"heliosdb_using": using, "heliosdb_ops": ops, "heliosdb_with": json.loads(settings)}
    return {**index, "dialect_options": options}


def is_of_a_type(constraint: dict[str, Any]) -> bool:
    """Say whether a reflected CHECK comes with a column's type, and will again when a table is made with that type."""
    return _OF_A_TYPE.fullmatch(constraint.get("name") or "") is not None
