"""Names of what is given none, as PostgreSQL makes them: columns of a query, constraints and indexes."""

from __future__ import annotations

from collections.abc import Callable

from . import tree


def name_of(node: tree.Node) -> str:
    """Return the name that a column gets which the query gives none."""
    if isinstance(node, tree.Name):
        return node.parts[-1]
    if isinstance(node, tree.Call):
        return {"substr": "substr", "btrim": "btrim"}.get(node.name, node.name.partition(" ")[0])
    if isinstance(node, tree.Cast):
        inner = name_of(node.operand)
        weak = inner in ("?column?", "case") or (
            isinstance(node.operand, tree.Cast) and not _has_name(node.operand)
        )
        return node.type.type.name.lstrip("_") if weak else inner
    if isinstance(node, tree.InDomain):
        named = isinstance(node.operand, tree.Cast) and _has_name(node.operand)
        return name_of(node.operand) if named else node.domain.name
    if isinstance(node, tree.Case):
        return name_of(node.otherwise) if node.otherwise is not None and _is_named(node.otherwise) else "case"
    if isinstance(node, tree.Sub):
        if node.kind == "exists":
            return "exists"
        if node.kind == "array":
            return "array"
        return _first_name(node.query)
    if isinstance(node, tree.Array):
        return "array"
    if isinstance(node, tree.Row):
        return "row"
    if isinstance(node, (tree.Subscript, tree.Collate)):
        return name_of(node.operand)
    if isinstance(node, tree.AtZone):
        return "timezone"
    if isinstance(node, tree.Access):
        return node.name
    return "?column?"


def _is_named(node: tree.Node) -> bool:
    """Has it a name that is more than the type of a cast?"""
    if isinstance(node, tree.Cast):
        return _has_name(node)
    return name_of(node) not in ("?column?", "case")


def _has_name(node: tree.Node) -> bool:
    """Has what is cast a name of its own, however often it is cast?"""
    while isinstance(node, tree.Cast):
        node = node.operand
    return name_of(node) not in ("?column?", "case")


def _first_name(node: tree.Node) -> str:
    while isinstance(node, tree.Select):
        node = node.body
    if isinstance(node, tree.SetOp):
        return _first_name(node.left)
    if isinstance(node, tree.Core) and node.targets:
        return node.targets[0].alias or name_of(node.targets[0].expr)
    if isinstance(node, tree.Values):
        return "column1"
    return "?column?"


def free_name(base: str, is_taken: Callable[[str], bool]) -> str:
    """Return a name that is not taken, as PostgreSQL makes them up: with the first number behind it that helps.

    >>> free_name("t_a_key", {"t_a_key", "t_a_key1"}.__contains__)
    't_a_key2'
    """
    name, count = base, 0
    while is_taken(name):
        count += 1
        name = f"{base}{count}"
    return name
