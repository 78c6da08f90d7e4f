"""What a statement asks of each table it names: the comparisons, joins and orders that an index could serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....sql.names import folded
from ..schema.catalog import Catalog, Term
from .resolving import Occurrence, Resolver, column_term
from .tree import collation_of, conjuncts, disjuncts, judged_by_sqlglot, put_views_in, query_of, read_tree

if TYPE_CHECKING:
    from sqlglot import exp


def occurrences(text: str, catalog: Catalog) -> list[Occurrence]:
    """Return the mentions of tables in a statement, with the terms by which their rows are looked for.

    :raises NotSupportedError: the statement can't be read as a tree
    """
    with judged_by_sqlglot():
        return _Structure(text, catalog).resolver.occurrences


class _Structure:
    def __init__(self, text: str, catalog: Catalog) -> None:
        from sqlglot.optimizer.scope import traverse_scope

        self.resolver = Resolver(catalog)
        tree = query_of(read_tree(text))
        if tree is None:
            return
        put_views_in(tree, catalog)
        scopes = list(traverse_scope(tree))
        for scope in scopes:
            for source in scope.sources.values():
                self.resolver.occurrence(source)
        for scope in scopes:
            self._look_into(scope)

    # -- conditions --------------------------------------------------------------------------------------------------
    def _look_into(self, scope: Any) -> None:
        from sqlglot import exp

        query = scope.expression
        if not isinstance(query, exp.Select):
            return
        conditions = [query.args["where"].this] if query.args.get("where") else []
        for join in query.args.get("joins") or ():
            if join.args.get("on"):
                conditions.append(join.args["on"])
            for shared in join.args.get("using") or ():
                self._using(shared.name, scope)
        for condition in conditions:
            for each in conjuncts(condition):
                self._condition(each, scope, None)
        self._ordered(query, scope)

    def _using(self, name: str, scope: Any) -> None:
        found = [hit for source in scope.sources.values() for hit in self.resolver.in_source(name, source)]
        for occurrence, column in found:
            for other, _ in found:
                if other is not occurrence:
                    occurrence.joins.setdefault(id(other), []).append(column_term(column))

    def _condition(self, node: exp.Expr, scope: Any, alternative: dict[int, list[Term]] | None) -> None:
        """Sort one comparison in; ``alternative`` gathers those of one side of an OR, by occurrence."""
        from sqlglot import exp

        if isinstance(node, exp.Escape):
            node = node.this
        if isinstance(node, exp.Or) and alternative is None:
            for side in disjuncts(node):
                gathered: dict[int, list[Term]] = {}
                for each in conjuncts(side):
                    self._condition(each, scope, gathered)
                for occurrence in self.resolver.occurrences:
                    if terms := gathered.get(id(occurrence)):
                        occurrence.alternatives.append(tuple(dict.fromkeys(terms)))
            return
        if isinstance(node, exp.EQ | exp.NullSafeEQ | exp.Is):
            self._sides(node.this, node.expression, scope, "equal", alternative)
            self._sides(node.expression, node.this, scope, "equal", alternative)
        elif isinstance(node, exp.GT | exp.GTE | exp.LT | exp.LTE):
            self._sides(node.this, node.expression, scope, "ranges", alternative)
            self._sides(node.expression, node.this, scope, "ranges", alternative)
        elif isinstance(node, exp.Between):
            self._sides(node.this, node.args["low"], scope, "ranges", alternative)
        elif isinstance(node, exp.In):
            self._sides(node.this, None, scope, "member", alternative)
        elif isinstance(node, exp.Like):
            self._sides(node.this, node.expression, scope, "ranges", alternative, collation="NOCASE")
        elif isinstance(node, exp.Glob):
            self._sides(node.this, node.expression, scope, "ranges", alternative)
        elif isinstance(node, exp.Not) and isinstance(node.this, exp.Is):
            self._sides(node.this.this, None, scope, "ranges", alternative)  # IS NOT NULL

    def _sides(
        self,
        side: exp.Expr,
        other: exp.Expr | None,
        scope: Any,
        kind: str,
        alternative: dict[int, list[Term]] | None,
        collation: str = "",
    ) -> None:
        from sqlglot import exp

        if isinstance(side, exp.Tuple) and isinstance(other, exp.Tuple):  # (a, b) > (?, ?)
            pairs = list(zip(side.expressions, other.expressions, strict=False))
            for mine, yours in pairs:
                self._sides(mine, yours, scope, kind, alternative)
            terms = [hit for mine, _ in pairs for hit in self.resolver.terms(mine, scope, "")]
            if kind == "ranges" and terms and all(hit[0] is terms[0][0] for hit in terms):
                terms[0][0].orders.append(tuple(term for _, term in terms))
            return
        collation = collation or collation_of(other)
        others = {
            id(occurrence)
            for column in (other.find_all(exp.Column) if other is not None else ())
            for occurrence, _ in self.resolver.resolve(column, scope)
        }
        for occurrence, term in self.resolver.terms(side, scope, collation):
            if id(occurrence) in others:
                continue
            if alternative is not None:
                alternative.setdefault(id(occurrence), []).append(term)
            elif others and kind == "equal":
                for each in others:
                    occurrence.joins.setdefault(each, []).append(term)
            else:
                getattr(occurrence, kind).append(term)

    # -- orders ------------------------------------------------------------------------------------------------------
    def _ordered(self, query: exp.Select, scope: Any) -> None:
        from sqlglot import exp

        order, group = query.args.get("order"), query.args.get("group")
        if order is not None:
            self._order(
                [(each.this, bool(each.args.get("desc"))) for each in order.expressions], query, scope
            )
        if group is not None:
            self._order([(each, False) for each in group.expressions], query, scope)
        if query.args.get("distinct") is not None:
            self._order([(each.unalias(), False) for each in query.selects], query, scope)
        for each in query.selects:
            plain = each.unalias()
            if isinstance(plain, exp.Min | exp.Max) and not plain.expressions:
                self._order([(plain.this, False)], query, scope)
        for window in query.find_all(exp.Window):
            if window.parent_select is query:
                inner = window.args.get("order")
                self._order(
                    [
                        *((each, False) for each in window.args.get("partition_by") or ()),
                        *(
                            (each.this, bool(each.args.get("desc")))
                            for each in (inner.expressions if inner else ())
                        ),
                    ],
                    query,
                    scope,
                )

    def _order(self, wanted: list[tuple[exp.Expr, bool]], query: exp.Select, scope: Any) -> None:
        from sqlglot import exp

        terms: list[Term] = []
        first: Occurrence | None = None
        for node, descending in wanted:
            plain = node.unnest()
            if (
                isinstance(plain, exp.Literal)
                and not plain.is_string
                and 0 < int(float(plain.name)) <= len(query.selects)
            ):
                plain = query.selects[int(float(plain.name)) - 1].unalias()
            elif isinstance(plain, exp.Column) and not plain.table:
                alias = next(
                    (
                        each
                        for each in query.selects
                        if isinstance(each, exp.Alias) and folded(each.alias) == folded(plain.name)
                    ),
                    None,
                )
                plain = alias.this if alias is not None else plain
            found = self.resolver.terms(plain, scope, "")
            if len(found) != 1 or (first is not None and found[0][0] is not first):
                break
            first, term = found[0]
            terms.append(Term(term.text, term.column, term.collation, descending))
        if first is not None:
            if all(term.descending for term in terms):  # SQLite reads an index backwards as well
                terms = [Term(term.text, term.column, term.collation) for term in terms]
            first.orders.append(tuple(dict.fromkeys(terms)))
