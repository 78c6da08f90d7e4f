"""Which table's column does a column of a statement stand for? Looked up through aliases, subqueries and WITH."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ....sql.names import folded
from ....sql.quoting import quote_identifier
from ..schema.catalog import Catalog, Table, Term
from .tree import collation_of

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass
class Occurrence:
    """One mention of a table in a statement, and the terms by which its rows are looked for."""

    table: Table
    equal: list[Term] = field(default_factory=list)
    """Compared with a value by = or IS."""
    member: list[Term] = field(default_factory=list)
    """IN (...)."""
    ranges: list[Term] = field(default_factory=list)
    """Compared by <, >, BETWEEN, LIKE 'x%'."""
    joins: dict[int, list[Term]] = field(default_factory=dict)
    """Equal to something of another occurrence, by its id."""
    orders: list[tuple[Term, ...]] = field(default_factory=list)
    """ORDER BY, GROUP BY, DISTINCT, min() and max()."""
    alternatives: list[tuple[Term, ...]] = field(default_factory=list)
    """What one side of an OR compares."""


class Resolver:
    """The occurrences of tables in one statement, and the way from its columns to theirs."""

    def __init__(self, catalog: Catalog) -> None:
        self.occurrences: list[Occurrence] = []
        self._catalog = catalog
        self._by_node: dict[int, Occurrence] = {}

    def occurrence(self, source: Any) -> Occurrence | None:
        from sqlglot import exp

        if not isinstance(source, exp.Table):
            return None
        found = self._by_node.get(id(source))
        if found is None:
            table = self._catalog.find(source.name, source.db)
            if table is None or table.kind != "table":
                return None
            found = self._by_node[id(source)] = Occurrence(table)
            self.occurrences.append(found)
        return found

    def resolve(self, column: exp.Column, scope: Any) -> list[tuple[Occurrence, str]]:
        """Return the tables' columns that a column of the statement stands for; several behind a UNION."""
        while scope is not None:
            for name, source in scope.sources.items():
                if column.table and folded(name) != folded(column.table):
                    continue
                if found := self.in_source(column.name, source):
                    return found
            scope = scope.parent
        return []

    def in_source(self, name: str, source: Any) -> list[tuple[Occurrence, str]]:
        from sqlglot import exp

        if isinstance(source, exp.Table):
            occurrence = self.occurrence(source)
            if occurrence is None or folded(name) not in occurrence.table.columns:
                return []
            return [(occurrence, occurrence.table.columns[folded(name)].name)]
        query = source.expression
        if source.set_operation_scopes:
            names = [folded(each) for each in query.named_selects]
            if folded(name) not in names:
                return []
            at = names.index(folded(name))
            return [found for branch in source.set_operation_scopes for found in self._projection(branch, at)]
        for at, each in enumerate(getattr(query, "selects", ())):
            if folded(each.alias_or_name) == folded(name) and not each.is_star:
                return self._projection(source, at)
        if any(each.is_star for each in getattr(query, "selects", ())):
            for inner in source.sources.values():
                if found := self.in_source(name, inner):
                    return found
        return []

    def _projection(self, scope: Any, at: int) -> list[tuple[Occurrence, str]]:
        from sqlglot import exp

        selects = getattr(scope.expression, "selects", ())
        if at >= len(selects):
            return []
        plain = selects[at].unalias()
        return self.resolve(plain, scope) if isinstance(plain, exp.Column) else []

    def terms(self, node: exp.Expr, scope: Any, collation: str) -> list[tuple[Occurrence, Term]]:
        """Return what an index would hold for one side of a comparison: a column, or an expression of one table."""
        from sqlglot import exp

        node = node.unnest()
        if isinstance(node, exp.Collate):
            collation, node = collation_of(node), node.this.unnest()
        if isinstance(node, exp.Column):
            return [
                (occurrence, column_term(column, _unless_default(collation, occurrence.table, column)))
                for occurrence, column in self.resolve(node, scope)
            ]
        columns = list(node.find_all(exp.Column))
        if (
            not columns
            or node.find(exp.Query, exp.Placeholder, exp.Parameter, exp.AggFunc, exp.Window) is not None
        ):
            return []
        found = [self.resolve(column, scope) for column in columns]
        if not all(len(each) == 1 and each[0][0] is found[0][0][0] for each in found):
            return []
        text = node.copy()
        for column, ((_, name),) in zip(list(text.find_all(exp.Column)), found, strict=True):
            column.replace(exp.column(exp.to_identifier(name, quoted=True)))
        return [(found[0][0][0], Term(f"({text.sql(dialect='sqlite')})", None, collation))]


def column_term(name: str, collation: str = "") -> Term:
    return Term(quote_identifier(name), name, collation)


def _unless_default(collation: str, table: Table, column: str) -> str:
    return "" if collation == table.columns[folded(column)].collation else collation
