"""Whole rows among values: ``t IS NULL``, ``a IS DISTINCT FROM b``, where the name is that of a table."""

from __future__ import annotations

from ..protocol.errors import PgError, not_supported
from . import tree
from .scope import Scope


def spread(node: tree.Node, scope: Scope) -> tree.Node:
    """Return the row of a table's columns for the table's name, and any other expression as it is."""
    if not isinstance(node, tree.Name) or len(node.parts) != 1 or scope.find(node.parts, node.at) is not None:
        return node
    relation = scope.relation(node.parts[0])
    if relation is None or relation.open or not relation.columns:
        return node
    return tree.Row([tree.Name((relation.alias, c.name), at=node.at) for c in relation.columns], at=node.at)


def compared(node: tree.Binary, scope: Scope) -> tree.Binary | tree.Is:
    """Return a comparison with whole rows column by column; any other one as it is.

    Two NULLs are equal in whole rows, where they are not in rows that are written as ``(a, b)``.
    """
    left, right = spread(node.left, scope), spread(node.right, scope)
    if left is node.left and right is node.right:
        return node
    if not isinstance(left, tree.Row) or not isinstance(right, tree.Row):
        if isinstance(left, (tree.Const, tree.Param)) or isinstance(right, (tree.Const, tree.Param)):
            raise PgError("42883", f"operator does not exist: record {node.op} value", position=node.at + 1)
        return node
    if node.op not in ("=", "<>"):
        raise not_supported("whole rows can't be compared by their order: name their columns")
    return tree.Is(left, "distinct", node.op == "=", right, at=node.at)
