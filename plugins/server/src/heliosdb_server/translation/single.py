"""Tells whether a query can return more than one row, from its text and the keys of the table that it reads."""

from __future__ import annotations

from collections.abc import Callable

from . import tree
from .row_functions import SET_RETURNING
from .scope import TableInfo
from .walking import aggregate_in, calls

Lookup = Callable[[tree.Table], "TableInfo | None"]


def one_row(node: tree.Node, lookup: Lookup) -> bool:
    """Is it plain that a query returns no more than one row?

    :param lookup: returns a table's columns and keys, None for what is no table
    """
    if isinstance(node, tree.Select):
        limit = node.limit
        if isinstance(limit, tree.Const) and limit.kind == "int" and limit.value <= 1:
            return True
        return one_row(node.body, lookup)
    if isinstance(node, tree.Values):
        return len(node.rows) == 1
    if not isinstance(node, tree.Core) or node.group or node.distinct_on:
        return False
    if any(call.name.lower() in SET_RETURNING for target in node.targets for call in calls(target.expr)):
        return False
    if not node.sources or any(aggregate_in(target.expr) for target in node.targets):
        return True
    return _by_key(node, lookup)


def _by_key(node: tree.Core, lookup: Lookup) -> bool:
    """Does WHERE give each column of a key of the only table one value?"""
    source = node.sources[0]
    if len(node.sources) > 1 or not isinstance(source, tree.Table) or node.where is None or source.columns:
        return False
    info = lookup(source)
    if info is None:
        return False
    alias = (source.alias or source.parts[-1]).lower()
    own = {column.name.lower() for column in info.columns}
    fixed: set[str] = set()
    for condition in _conjuncts(node.where):
        if isinstance(condition, tree.Binary) and condition.op == "=":
            for side, other in ((condition.left, condition.right), (condition.right, condition.left)):
                name = _column(side, alias, own)
                if name and not _names(other, alias, own):
                    fixed.add(name)
    return any(fixed.issuperset(name.lower() for name in key) for key in info.keys.values())


def _conjuncts(node: tree.Node) -> list[tree.Node]:
    if isinstance(node, tree.Binary) and node.op == "AND":
        return _conjuncts(node.left) + _conjuncts(node.right)
    return [node]


def _column(node: tree.Node, alias: str, own: set[str]) -> str:
    """Return the name of the table's column that an expression is, "" for none."""
    if not isinstance(node, tree.Name) or node.parts[-1].lower() not in own:
        return ""
    return node.parts[-1].lower() if len(node.parts) == 1 or node.parts[-2].lower() == alias else ""


def _names(node: tree.Node, alias: str, own: set[str]) -> bool:
    """May the value be another for each row of the table? Anything but a constant, a parameter and another's column."""
    if isinstance(node, (tree.Const, tree.Param)):
        return False
    if isinstance(node, tree.Cast):
        return _names(node.operand, alias, own)
    if isinstance(node, tree.Name):
        return bool(_column(node, alias, own))
    return True
