"""INSERT, UPDATE and DELETE: a ciphertext goes to encrypted columns alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from heliosdb_sqlite.sql.names import Scope, Source, Tables, folded

from .ciphers import Kind, one_of, refuse_leak
from .resolving import Resolver


class Changes(Resolver):
    """Resolves the names of a statement that changes a table."""

    def insert(self, tree: Any, outer: Scope = ()) -> tuple[list[Kind], Any]:
        """Look through an INSERT; return the kinds of the values that it inserts, and the table's tree."""
        tables = self.with_clause(tree, {})
        table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        source = next(iter(self.sources(table, {}, ())))
        kinds: list[Kind] = []
        query = tree.args.get("expression")
        if isinstance(query, exp.Values):
            rows = [
                [self.kind(each, [], tables, outer) for each in row.expressions] for row in query.expressions
            ]
            kinds = [one_of(column) for column in zip(*rows, strict=False)]
        elif query is not None:
            kinds = [column.kind for column in self.query(query, tables, outer)]
        conflict = tree.args.get("conflict")
        if conflict is not None:
            scope = [source, source._replace(name="excluded")]
            for each in conflict.args.get("conflict_keys") or ():
                key = each.this if isinstance(each, exp.Ordered) else each
                if isinstance(key, exp.Identifier):  # so do older versions of sqlglot show a column
                    key = exp.Column(this=key)
                self.equal(self.kind(key, scope, tables, ()), "as the target of ON CONFLICT")
            self.assignments(conflict.expressions or (), scope, tables, outer, source)
            self.clause(conflict.args.get("where"), scope, tables, outer)
        self._returning(tree, [source], tables)
        return kinds, table

    def update(self, tree: Any, outer: Scope = ()) -> None:
        """Look through an UPDATE."""
        tables = self.with_clause(tree, {})
        source = next(iter(self.sources(tree.this, {}, ())))
        scope = [source, *self.from_clause(tree, tables, outer)]
        self.assignments(tree.expressions, scope, tables, outer, source)
        self._rest(tree, scope, tables, outer)

    def delete(self, tree: Any, outer: Scope = ()) -> None:
        """Look through a DELETE."""
        tables = self.with_clause(tree, {})
        scope = list(self.sources(tree.this, {}, ()))
        self._rest(tree, scope, tables, outer)

    def _rest(self, tree: Any, scope: list[Source], tables: Tables, outer: Scope) -> None:
        self.clause(tree.args.get("where"), scope, tables, outer)
        self.order(tree, scope, tables, outer, [])
        for name in ("limit", "offset"):
            self.clause(tree.args.get(name), scope, tables, outer)
        self._returning(tree, scope[:1], tables)

    def assignments(
        self,
        expressions: Sequence[Any],
        scope: Sequence[Source],
        tables: Tables,
        outer: Scope,
        target: Source,
    ) -> None:
        """Look through SET: a ciphertext may go to encrypted columns alone."""
        encrypted = {column.name: column.kind for column in target.columns}
        for each in expressions:
            names = each.this.expressions if isinstance(each.this, exp.Tuple) else [each.this]
            value = each.expression
            if len(names) > 1 and isinstance(value, exp.Subquery):
                kinds = [column.kind for column in self.query(value, tables, (scope, *outer))]
            elif len(names) > 1:
                kinds = [self.kind(part, scope, tables, outer) for part in value.expressions]
            else:
                kinds = [self.kind(value, scope, tables, outer)]
            for name, kind in zip(names, kinds, strict=False):
                refuse_leak(kind, encrypted.get(folded(name.name)), f"column {name.name!r}")

    def _returning(self, tree: Any, sources: Sequence[Source], tables: Tables) -> None:
        returned = tree.args.get("returning")
        if returned is not None:
            self.handed_out(list(self.result(returned.expressions, sources, tables, ())))
