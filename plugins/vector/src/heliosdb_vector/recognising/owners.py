"""The table whose column is searched: which of a FROM clause's it is, and whether it has rowids to find rows by."""

from __future__ import annotations

from collections.abc import Sequence

from heliosdb_sqlite.sql.lexer import Token

from ..statements.relations import Relations
from .clauses import Core, Source, Span, sources
from .searches import Refused
from .terms import Distance

_ROWIDS = ("rowid", "_rowid_", "oid")


def table_of(
    tokens: Sequence[Token], core: Core, distance: Distance, relations: Relations, shadowed: frozenset[str]
) -> tuple[Source, str, str]:
    """Return the table whose column is searched, its database, and a name of its rowid."""
    found = sources(tokens, from_of(core))
    if found is None:
        raise Refused("its FROM clause has something that is not understood")
    source = _owner(found, distance, relations, shadowed)
    if source.schema is None and source.name.lower() in shadowed:
        raise Refused(f"{source.name!r} is defined by a WITH clause")
    if any(each is not None and each.join in ("RIGHT", "FULL") for each in found) or source.join == "LEFT":
        raise Refused("an outer join may leave the table's columns empty")
    same = [each for each in found if each is not None and each.alias.lower() == source.alias.lower()]
    if len(same) > 1:
        raise Refused(f"two tables are named {source.alias!r}")
    table = relations.schema.table(source.name, source.schema)
    if table is None:
        raise Refused(f"there is no table {source.name!r}")
    if table.kind != "table":
        raise Refused(f"{source.name!r} is a {table.kind if table.kind == 'view' else 'virtual table'}")
    names = {column.name.lower() for column in table.columns}
    if distance.column.column.lower() not in names:
        raise Refused(f"{distance.column.column!r} is no column of {source.name!r}")
    free = [name for name in _ROWIDS if name not in names]
    if not free:
        raise Refused("columns of the table hide its rowid")
    return source, table.schema, free[0]


def _owner(
    found: list[Source | None], distance: Distance, relations: Relations, shadowed: frozenset[str]
) -> Source:
    wanted = distance.column
    if wanted.table is not None:
        named = [each for each in found if each is not None and each.alias.lower() == wanted.table.lower()]
        if not named:
            raise Refused(f"{wanted.table!r} is no table of its FROM clause")
        return named[0]
    owners = []
    for each in found:
        relation = relations.relation(each.name, each.schema) if each is not None else None
        if each is None or relation is None or (each.schema is None and each.name.lower() in shadowed):
            raise Refused("it is not clear which table the vector is from: write table.column")
        if wanted.column.lower() in (name.lower() for name, _ in relation.columns):
            owners.append(each)
    if len(owners) != 1:
        raise Refused(f"it is not clear which table {wanted.column!r} is from")
    return owners[0]


def from_of(core: Core) -> Span:
    return core.clauses["FROM"]
