"""What LIKE copies of a table beside the names and types of its columns, as the file has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.names import folded

from ..translation.likening import CopiedIndex, Likeness
from . import constraints

if TYPE_CHECKING:
    from .objects import Object
    from .reading import Reading


def likeness(schema: Reading, found: Object) -> Likeness:
    """Return what LIKE may copy of a table."""
    if found.kind != "table" or not found.sql:
        return Likeness()
    checks = tuple(
        (each.name, each.clause)
        for each in constraints.written(found.sql, found.name)
        if each.kind == constraints.CHECK
    )
    indexes = schema.indexes(found)
    uniques = tuple(
        tuple(name for name in each.columns if name is not None)
        for each in reversed(indexes)
        if each.origin == "u"
    )
    generated, collations = constraints.of_columns(found.sql)
    copied = []
    for each in reversed(indexes):
        stored = schema.object(each.name, found.schema)
        if each.origin == "c" and stored is not None and stored.sql:
            copied.append(_index(each.name, stored.sql, unique=each.unique))
    return Likeness(checks, schema.primary_key(found), uniques, tuple(copied), generated, collations)


def _index(name: str, sql: str, *, unique: bool) -> CopiedIndex:
    tokens = tokenize(sql)
    opened = next(at for at, token in enumerate(tokens) if token.text == "(")
    names: list[str] = []
    depth = 0
    for at in range(opened, len(tokens)):
        token = tokens[at]
        if depth == 1 and tokens[at - 1].text in ("(", ","):
            called = at + 1 < len(tokens) and tokens[at + 1].text == "("
            plain = at + 1 < len(tokens) and (
                tokens[at + 1].text in (",", ")") or tokens[at + 1].word in ("ASC", "DESC", "COLLATE")
            )
            names.append(folded(token.name) if called else token.name if plain else "expr")
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            break
    return CopiedIndex(name, unique, tuple(names), sql[tokens[opened].start :].rstrip("; \n"))
