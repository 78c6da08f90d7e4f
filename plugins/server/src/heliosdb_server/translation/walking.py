"""Looks for things in the tree of a statement."""

from __future__ import annotations

import re

from . import tree
from .aggregating import AGGREGATES


def children(node: tree.Node) -> list[tree.Node]:
    """Return the nodes right below this one."""
    found: list[tree.Node] = []
    for value in vars(node).values():
        if isinstance(value, tree.Node):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            for each in value:
                if isinstance(each, tree.Node):
                    found.append(each)
                elif isinstance(each, (list, tuple)):
                    found += [part for part in each if isinstance(part, tree.Node)]
        elif isinstance(value, dict):
            found += [part for part in value.values() if isinstance(part, tree.Node)]
    return found


def calls(node: tree.Node) -> list[tree.Call]:
    """Return the calls in an expression, those in its queries left out."""
    if isinstance(node, (tree.Sub, tree.Select)):
        return []
    own = [node] if isinstance(node, tree.Call) else []
    return own + [call for child in children(node) for call in calls(child)]


def aggregate_in(node: tree.Node) -> tree.Call | None:
    """Return the first call of an aggregate in an expression."""
    return next(
        (c for c in calls(node) if c.name.lower() in AGGREGATES and c.over is None and is_aggregate(c)), None
    )


def is_aggregate(call: tree.Call) -> bool:
    """Is a call of this name one of an aggregate? SQLite has a min() and max() of one row."""
    return not (call.name.lower() in ("min", "max") and len(call.args) > 1)


def replaced(node: tree.Node, old: tree.Node, new: tree.Node) -> tree.Node:
    """Return the expression with one node of it replaced."""
    if node is old:
        return new
    for key, value in vars(node).items():
        if isinstance(value, tree.Node):
            setattr(node, key, replaced(value, old, new))
        elif isinstance(value, list):
            setattr(
                node,
                key,
                [replaced(each, old, new) if isinstance(each, tree.Node) else each for each in value],
            )
    return node


def written(node: tree.Node) -> str:
    """Return what tells an expression from others, wherever it stands."""
    return re.sub(r"\bat=-?\d+", "", repr(node))


def changes_rows(query: tree.Node) -> bool:
    """Is there a change in the WITH of a query?"""
    return isinstance(query, tree.Select) and (
        any(isinstance(item.query, (tree.Insert, tree.Update, tree.Delete)) for item in query.with_)
        or changes_rows(query.body)
    )
