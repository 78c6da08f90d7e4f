"""What the parameters of a statement are compared with, for values that stand in for unknown ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....sql.names import folded
from ..schema.catalog import Catalog, Table
from .resolving import Resolver
from .tree import judged_by_sqlglot, read_tree

if TYPE_CHECKING:
    from sqlglot import exp

Source = tuple[tuple[str, str], str, float] | int | None


def compared_columns(text: str, catalog: Catalog) -> list[Source]:
    """Return for each parameter, in the order of the text, what a value for it can be made from.

    That is a column, with a position among its values in their order, a plain number, or None where nothing is known.

    :raises NotSupportedError: the statement can't be read as a tree
    """
    with judged_by_sqlglot():
        return _compared_columns(text, catalog)


def _compared_columns(text: str, catalog: Catalog) -> list[Source]:
    from sqlglot import exp

    tree = read_tree(text)
    marks = sorted(tree.find_all(exp.Placeholder), key=lambda node: int(node.name[1:]))
    if isinstance(tree, exp.Update | exp.Delete):
        table = catalog.find(tree.this.name, tree.this.db)
        return [_value_of(node, table) for node in marks]
    if not isinstance(tree, exp.Query):
        return [None] * len(marks)
    from sqlglot.optimizer.scope import traverse_scope

    resolver = Resolver(catalog)
    scopes = {id(scope.expression): scope for scope in traverse_scope(tree)}
    return [_source_of(node, scopes, resolver) for node in marks]


def _value_of(node: exp.Expr, table: Table | None) -> Source:
    """Return what a value written or looked for in one table can be made from."""
    from sqlglot import exp

    comparison = node.find_ancestor(exp.Binary, exp.In, exp.Between)
    column = comparison.find(exp.Column) if comparison is not None else None
    if table is None or column is None or folded(column.name) not in table.columns:
        return None
    return (folded(table.schema), folded(table.name)), column.name, _position(node, comparison)


def _source_of(node: exp.Expr, scopes: dict[int, Any], resolver: Resolver) -> Source:
    from sqlglot import exp

    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Collate | exp.Cast):
        parent = parent.parent
    if isinstance(parent, exp.Limit):
        return 20
    if isinstance(parent, exp.Offset):
        return 0
    if not isinstance(parent, exp.Binary | exp.In | exp.Between):
        return None
    select = node.parent_select
    scope = scopes.get(id(select))
    column = next((each for each in parent.find_all(exp.Column)), None)
    if scope is None or column is None:
        return None
    resolved = resolver.resolve(column, scope)
    if not resolved:
        return None
    occurrence, name = resolved[0]
    return (folded(occurrence.table.schema), folded(occurrence.table.name)), name, _position(node, parent)


def _position(node: exp.Expr, parent: exp.Expr | None) -> float:
    """Return which of a column's values, in their order, leaves few rows: 0 is the lowest, 1 the highest."""
    from sqlglot import exp

    if isinstance(parent, exp.GT | exp.GTE):
        return 0.9 if parent.this.find(exp.Column) is not None else 0.1
    if isinstance(parent, exp.LT | exp.LTE):
        return 0.1 if parent.this.find(exp.Column) is not None else 0.9
    if isinstance(parent, exp.Between):
        return 0.6 if node is parent.args["high"] else 0.5
    return 0.5
