"""Which columns of a statement's result are vectors: a walk through its tree, with the schema at hand.

A column is one if all it can hold comes from VECTOR columns and vector functions, or is NULL. Names are resolved as
SQLite resolves them: the query's own tables first, then those of the queries around it. Where something is not
understood the answer is no, and the value stays the bytes that it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlglot import exp

from heliosdb_sqlite.sql.names import Column, Scope, Source, Tables, column_of, folded, matching, with_tables
from heliosdb_sqlite.sql.tree import parse

from ..functions.defining import VECTORS
from ..statements.relations import ANY_VECTOR, NULL, OTHER, Relations

_ALIKE = (exp.Alias, exp.Paren, exp.Collate, exp.Window, exp.Filter, exp.Nullif, exp.Min, exp.Max)
_ONE_OF = (exp.Coalesce, exp.Greatest, exp.Least)
_ROW_OF_WINDOW = (exp.FirstValue, exp.LastValue, exp.NthValue, exp.Lag, exp.Lead)


class NotUnderstoodError(Exception):
    """Something in the statement is not known here."""


def vector_columns(tree: exp.Expr, relations: Relations) -> dict[int, int]:
    """Return the places of the result columns that are vectors, from 0, each with its dimensions (0: any)."""
    resolver = _Resolver(relations, None)
    try:
        if isinstance(tree, (exp.Insert, exp.Update, exp.Delete)):
            columns = resolver.returning(tree)
        else:
            columns = resolver.query(tree, {}, ())
    except (NotUnderstoodError, RecursionError):
        return {}
    return {place: column.kind for place, column in enumerate(columns) if column.kind >= ANY_VECTOR}


def one_of(kinds: Iterable[int]) -> int:
    """Return what a value is that is one of several."""
    found = set(kinds) - {NULL}
    if not found:
        return NULL
    if OTHER in found:
        return OTHER
    return found.pop() if len(found) == 1 else ANY_VECTOR


class _Resolver:
    """Resolves the names of one statement, or of one view."""

    def __init__(self, relations: Relations, schema: str | None, depth: int = 0) -> None:
        self._relations = relations
        self._schema = schema  # a view's own, in which its tables are
        self._depth = depth

    # -- statements --------------------------------------------------------------------------------------------------
    def returning(self, tree: Any) -> list[Column]:
        """Return the columns of a RETURNING clause."""
        returned = tree.args.get("returning")
        table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        if returned is None or not isinstance(table, exp.Table):
            return []
        tables = self._with(tree, {})
        sources = list(self._sources(table, {}, ()))  # a table, whatever the WITH clause calls so
        return list(self._result(returned.expressions, sources, tables, ()))

    def query(self, tree: Any, tables: Tables, outer: Scope) -> list[Column]:
        """Return the columns of a SELECT, UNION or VALUES."""
        tables = self._with(tree, tables)
        if isinstance(tree, exp.Subquery) and not tree.args.get("joins"):
            return self.query(tree.this, tables, outer)
        if isinstance(tree, exp.SetOperation):
            left = self.query(tree.this, tables, outer)
            right = self.query(tree.expression, tables, outer)
            pairs = zip(left, right, strict=False)  # SQLite refuses another number of columns
            return [Column(one.name, one_of((one.kind, two.kind))) for one, two in pairs]
        if isinstance(tree, exp.Values):
            rows = [
                [self._kind(each, [], tables, outer) for each in row.expressions] for row in tree.expressions
            ]
            return [
                Column(f"column{place}", one_of(kinds))
                for place, kinds in enumerate(zip(*rows, strict=False), 1)
            ]
        if not isinstance(tree, exp.Select):
            raise NotUnderstoodError
        sources = self._from(tree, tables, outer)
        return list(self._result(tree.expressions, sources, tables, outer))

    def _with(self, tree: Any, tables: Tables) -> Tables:
        return with_tables(tree, tables, lambda query, known: self.query(query, known, ()))

    # -- FROM --------------------------------------------------------------------------------------------------------
    def _from(self, tree: Any, tables: Tables, outer: Scope) -> list[Source]:
        clause = tree.args.get("from_") or tree.args.get("from")
        sources: list[Source] = []
        if clause is None:
            return sources
        sources += self._sources(clause.this, tables, outer)
        for join in (*(clause.this.args.get("joins") or ()), *(tree.args.get("joins") or ())):
            shared = {folded(column.name) for column in join.args.get("using") or ()}
            for source in self._sources(join.this, tables, outer):
                if join.args.get("method") == "NATURAL":
                    shared = {column.name for known in sources for column in known.columns}
                sources.append(source._replace(hidden=frozenset(shared)))
        return sources

    def _sources(self, tree: Any, tables: Tables, outer: Scope) -> Iterator[Source]:
        """Yield what one term of a FROM clause brings: several tables if it is a join in parentheses."""
        alias = folded(tree.alias)
        if isinstance(tree, exp.Subquery):
            inner = tree.this
            if isinstance(inner, (exp.Table, exp.Subquery)) and not alias:
                yield from self._sources(inner, tables, outer)
                for join in inner.args.get("joins") or ():
                    if join.args.get("using") or join.args.get("method"):
                        raise NotUnderstoodError
                    yield from self._sources(join.this, tables, outer)
                return
            columns: Sequence[Column] = self.query(tree, tables, ())
            yield Source(alias, columns)
        elif isinstance(tree, exp.Table):
            name, schema = tree.name, tree.db or None
            if isinstance(tree.this, exp.Anonymous):
                yield Source(alias or folded(name), self._table(tree.this.name, None))
            elif schema is None and folded(name) in tables:
                yield Source(alias or folded(name), tables[folded(name)])
            else:
                yield Source(alias or folded(name), self._table(name, schema), folded(schema or ""))
        else:
            raise NotUnderstoodError

    def _table(self, name: str, schema: str | None) -> list[Column]:
        relation = self._relations.relation(name, schema or self._schema)
        if relation is None:
            raise NotUnderstoodError
        columns = [Column(folded(name), kind) for name, kind in relation.columns]
        if not relation.view:
            return columns
        if self._depth > 50:  # SQLite lets views go in circles until they are used
            raise NotUnderstoodError
        inner = _Resolver(
            self._relations, None if relation.schema == "temp" else relation.schema, self._depth + 1
        )
        tree = parse(relation.view)
        kinds = [column.kind for column in inner.query(tree, {}, ())]
        if len(kinds) != len(columns):
            raise NotUnderstoodError
        return [Column(column.name, kind) for column, kind in zip(columns, kinds, strict=True)]

    # -- expressions -------------------------------------------------------------------------------------------------
    def _result(
        self, expressions: Iterable[Any], sources: Sequence[Source], tables: Tables, outer: Scope
    ) -> Iterator[Column]:
        for each in expressions:
            if isinstance(each, exp.Star):
                for source in sources:
                    yield from (column for column in source.columns if column.name not in source.hidden)
            elif isinstance(each, exp.Column) and isinstance(each.this, exp.Star):
                named = next(matching(sources, each), None)
                if named is None:
                    raise NotUnderstoodError  # SQLite says that there is no such table
                yield from named.columns
            else:
                yield Column(folded(each.alias_or_name), self._kind(each, sources, tables, outer))

    def _kind(self, tree: Any, sources: Sequence[Source], tables: Tables, outer: Scope) -> int:
        """Return what the values of an expression are."""

        def kind(each: Any) -> int:
            return NULL if each is None else self._kind(each, sources, tables, outer)

        if isinstance(tree, exp.Column):
            column = column_of(tree, (sources, *outer))
            return OTHER if column is None else column.kind
        if isinstance(tree, exp.Null):
            return NULL
        if isinstance(tree, _ALIKE):
            return kind(tree.this)
        if isinstance(tree, exp.Anonymous):
            return ANY_VECTOR if tree.name.lower() in VECTORS else OTHER
        if isinstance(tree, exp.Subquery):
            columns = self.query(tree, tables, (sources, *outer))
            return columns[0].kind if columns else OTHER
        if isinstance(tree, _ONE_OF):
            return one_of(map(kind, (tree.this, *tree.expressions)))
        if isinstance(tree, _ROW_OF_WINDOW):
            return one_of((kind(tree.this), kind(tree.args.get("default"))))
        if isinstance(tree, exp.If):
            return one_of((kind(tree.args.get("true")), kind(tree.args.get("false"))))
        if isinstance(tree, exp.Case):
            return one_of((*map(kind, tree.args["ifs"]), kind(tree.args.get("default"))))
        return OTHER
