"""Queries beside a change in a WITH that read the changed table: they are asked before it changes.

PostgreSQL shows all parts of a statement the database as it was before. So a query that names no change's rows becomes
a query of the WITH itself, and those run first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from . import tree


class Snapshots:
    """Takes such queries out of a statement.

    :param early: whether a part of the statement reads what changes, and names nothing that depends on a change
    :param fresh: makes a name that stands nowhere else
    """

    def __init__(self, early: Callable[[tree.Node], bool], fresh: Callable[[str], str]) -> None:
        self._early, self._fresh = early, fresh
        self.taken: list[tree.With] = []

    def statement(self, node: tree.Node) -> None:
        """Replace them in a statement, whose WITH then has them."""
        if isinstance(node, tree.Select):
            self._outermost(node)
        elif isinstance(node, tree.Insert) and node.source is not None:
            node.source = self.query(node.source)
        elif isinstance(node, tree.Update):
            node.sources = [self._source(each) for each in node.sources]
        elif isinstance(node, tree.Delete):
            node.using = [self._source(each) for each in node.using]
        elif isinstance(node, tree.Merge):
            node.source = self._source(node.source)
        if isinstance(node, (tree.Select, tree.Insert, tree.Update, tree.Delete, tree.Merge)):
            node.with_ = [*node.with_, *self.taken]

    def _outermost(self, node: tree.Select) -> None:
        whole = replace(node, with_=[])
        if self._early(whole):
            node.body = self._replaced(whole)
            node.order, node.limit, node.offset, node.ties = [], None, None, False
        else:
            node.body = self.query(node.body)

    def query(self, node: tree.Node) -> tree.Node:
        """Return a query in which those are replaced."""
        if isinstance(node, (tree.Core, tree.Select, tree.SetOp)) and self._early(node):
            return self._replaced(node)
        if isinstance(node, tree.Select):
            node.body = self.query(node.body)
        elif isinstance(node, tree.SetOp):
            node.left, node.right = self.query(node.left), self.query(node.right)
        elif isinstance(node, tree.Core):
            node.sources = [self._source(each) for each in node.sources]
        return node

    def _source(self, node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Join):
            node.left, node.right = self._source(node.left), self._source(node.right)
        elif isinstance(node, tree.Derived) and not node.lateral:
            node.query = self.query(node.query)
        return node

    def _replaced(self, node: tree.Node) -> tree.Core:
        name = self._fresh("before")
        self.taken.append(tree.With(name, (), node, at=node.at))
        every = tree.Target(tree.Star(at=node.at), at=node.at)
        return tree.Core([every], [tree.Table((name,), at=node.at)], at=node.at)
