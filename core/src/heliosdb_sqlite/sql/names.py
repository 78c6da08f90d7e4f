"""Names in a statement's tree, resolved as SQLite does it: a query's own tables first, then those around it.

What a column *is* stays the caller's business: its ``kind`` is whatever a walk through the tree wants to know of it.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from sqlglot import exp

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class Column(NamedTuple):
    """A column of a table or result."""

    name: str  # in lower case
    kind: Any


class Source(NamedTuple):
    """What stands in a FROM clause: its name in the query, and its columns."""

    name: str
    columns: Sequence[Column]
    schema: str = ""
    hidden: frozenset[str] = frozenset()  # columns that * has already had from another table: NATURAL, USING


Tables = Mapping[str, Sequence[Column]]
"""Common table expressions by their names, in lower case."""
Scope = Sequence[Sequence[Source]]
"""What a name may mean, the innermost query's sources first."""


def folded(name: str) -> str:
    """Return a name as SQLite compares it: the letters A to Z in lower case, no others.

    >>> folded("ÄRA")
    'Ära'
    """
    return name.translate(_LOWER)


def column_of(tree: exp.Column, scope: Scope) -> Column | None:
    """Return the column that a name means; None for a rowid, a string in double quotes, and what is not there."""
    name = folded(tree.name)
    for sources in scope:
        for source in matching(sources, tree) if tree.table else sources:
            for column in source.columns:
                if column.name == name:
                    return column
    return None


def matching(sources: Iterable[Source], tree: exp.Column) -> Iterator[Source]:
    """Yield the sources that the table of ``table.column`` means."""
    table, schema = folded(tree.table), folded(tree.db)
    for source in sources:
        if source.name == table and (not schema or source.schema in ("", schema)):
            yield source


def with_tables(tree: Any, tables: Tables, columns_of: Callable[[Any, Tables], Sequence[Column]]) -> Tables:
    """Return these tables and those of the statement's own WITH clause.

    :param columns_of: returns the columns of a query, given the tables that it may name
    """
    from sqlglot import exp

    clause = tree.args.get("with_") or tree.args.get("with")
    if clause is None:
        return tables
    known = dict(tables)
    for each in clause.expressions:
        name = folded(each.alias)
        names = [folded(column.name) for column in each.args["alias"].columns]
        known.pop(name, None)
        body = first = each.this
        while isinstance(first, exp.SetOperation):
            first = first.this
        # One that refers to itself begins with its first SELECT; what the others bring is then taken in.
        found = _named(columns_of(first, known), names)
        while body is not first:
            before, known[name] = found, found
            found = _named(columns_of(body, known), names)
            if found == before:
                break
        known[name] = found
    return known


def _named(columns: Sequence[Column], names: Sequence[str]) -> Sequence[Column]:
    """Return the columns under the names that ``WITH t(a, b)`` gives them."""
    if not names:
        return columns
    return [Column(name, column.kind) for name, column in zip(names, columns, strict=False)]
