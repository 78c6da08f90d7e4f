"""Queries and the names in them, resolved as SQLite does it: a query's own tables first, then those around it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from sqlglot import exp

from heliosdb_sqlite.sql.names import Column, Scope, Source, Tables, folded, with_tables
from heliosdb_sqlite.sql.tree import parse

from .ciphers import Cipher, one_of
from .expressions import Expressions
from .names import DECRYPT
from .parsing import for_parser


class Resolver(Expressions):
    """Resolves the names of one statement, or of one view."""

    def query(self, tree: Any, tables: Tables, outer: Scope) -> list[Column]:
        """Look through a SELECT, UNION or VALUES; return its columns."""
        tables = self.with_clause(tree, tables)
        if isinstance(tree, exp.Subquery) and not tree.args.get("joins"):
            return self.query(tree.this, tables, outer)
        if isinstance(tree, exp.SetOperation):
            left = self.query(tree.this, tables, outer)
            right = self.query(tree.expression, tables, outer)
            distinct = not isinstance(tree, exp.Union) or tree.args.get("distinct")
            columns = []
            for one, two in zip(left, right, strict=False):
                kind = one_of((one.kind, two.kind), mixed_is_pure=False)
                if distinct:
                    self.equal(kind, f"in {tree.key.upper()}")
                columns.append(Column(one.name, kind))
            self.order(tree, [Source("", columns)], tables, outer, columns)
            return columns
        if isinstance(tree, exp.Values):
            rows = [
                [self.kind(each, [], tables, outer) for each in row.expressions] for row in tree.expressions
            ]
            return [
                Column(f"column{place}", one_of(kinds))
                for place, kinds in enumerate(zip(*rows, strict=False), 1)
            ]
        if not isinstance(tree, exp.Select):
            raise sqlite3.NotSupportedError(
                f"this statement can't be analysed for encrypted columns: {self._sql!r}"
            )
        return self._select(tree, tables, outer)

    def handed_out(self, columns: Sequence[Column]) -> None:
        """Refuse to hand a ciphertext to a converter of ``detect_types``: it comes before our own eyes see the row."""
        detects = self._relations.detects
        for column in columns:
            if column.kind is None or not detects:
                continue
            names = []
            if detects & sqlite3.PARSE_DECLTYPES:
                names.append(column.kind.column.type.partition(" ")[0].partition("(")[0])
            if detects & sqlite3.PARSE_COLNAMES:
                names.append(column.name.partition("[")[2].partition("]")[0])
            for name in names:
                if name.upper() in sqlite3.converters:
                    raise sqlite3.NotSupportedError(
                        f"the converter {name.upper()!r} would get the ciphertext of the encrypted column "
                        f"{column.kind.column}: declare it with a type that has none, or return "
                        f"{DECRYPT}({column.kind.column.name})"
                    )

    def _select(self, tree: Any, tables: Tables, outer: Scope) -> list[Column]:
        scope = self.from_clause(tree, tables, outer)
        columns = list(self.result(tree.expressions, scope, tables, outer))
        self.clause(tree.args.get("where"), scope, tables, outer)
        if tree.args.get("distinct"):
            for column in columns:
                self.equal(column.kind, "with DISTINCT")
        aliased = [Source("", [each for each in columns if each.kind]), *scope]
        if (group := tree.args.get("group")) is not None:
            for each in group.expressions:
                kind = self.term(each, columns, aliased, tables, outer)
                self.equal(kind, "with GROUP BY")
        self.clause(tree.args.get("having"), aliased, tables, outer)
        self.order(tree, aliased, tables, outer, columns)
        for each in tree.args.get("windows") or ():
            self.window(each, scope, tables, outer)
        for name in ("limit", "offset"):
            self.clause(tree.args.get(name), scope, tables, outer)
        return columns

    def with_clause(self, tree: Any, tables: Tables) -> Tables:
        return with_tables(tree, tables, lambda query, known: self.query(query, known, ()))

    # -- FROM --------------------------------------------------------------------------------------------------------
    def from_clause(self, tree: Any, tables: Tables, outer: Scope) -> list[Source]:
        clause = tree.args.get("from_") or tree.args.get("from")
        sources: list[Source] = []
        if clause is None:
            return sources
        sources += self.sources(clause.this, tables, outer)
        joins = (*(clause.this.args.get("joins") or ()), *(tree.args.get("joins") or ()))
        for join in joins:
            self._join(join, sources, tables, outer)
        for each in (clause.this, *(join.this for join in joins)):
            self._arguments(each, sources, tables, outer)
        return sources

    def _arguments(self, tree: Any, sources: Sequence[Source], tables: Tables, outer: Scope) -> None:
        """Look through the arguments of table-valued functions, which see all tables of their FROM clause."""
        if isinstance(tree, exp.Table) and isinstance(tree.this, exp.Func):
            for each in tree.this.iter_expressions():
                self.refuse(self.kind(each, sources, tables, outer), "by a table-valued function")
        elif isinstance(tree, exp.Subquery) and isinstance(tree.this, (exp.Table, exp.Subquery)):
            self._arguments(tree.this, sources, tables, outer)
            for join in tree.this.args.get("joins") or ():
                self._arguments(join.this, sources, tables, outer)

    def _join(self, join: Any, sources: list[Source], tables: Tables, outer: Scope) -> None:
        shared = {folded(column.name) for column in join.args.get("using") or ()}
        for source in self.sources(join.this, tables, outer):
            if join.args.get("method") == "NATURAL":
                theirs = {column.name for column in source.columns}
                shared = theirs & {column.name for known in sources for column in known.columns}
            for column in (*source.columns, *(each for known in sources for each in known.columns)):
                if column.name in shared and column.kind is not None:
                    ours = [
                        each.kind
                        for known in (*sources, source)
                        for each in known.columns
                        if each.name == column.name
                    ]
                    self.equal(one_of(ours, mixed_is_pure=False), "to join")
            sources.append(source._replace(hidden=frozenset(shared)))
        if (condition := join.args.get("on")) is not None:
            self.refuse(self.kind(condition, sources, tables, outer), "as a condition")

    def sources(self, tree: Any, tables: Tables, outer: Scope) -> Iterator[Source]:
        """Yield what one term of a FROM clause brings: several tables if it is a join in parentheses."""
        alias = folded(tree.alias)
        if isinstance(tree, exp.Subquery):
            inner = tree.this
            if isinstance(inner, (exp.Table, exp.Subquery)) and not alias:
                sources = list(self.sources(inner, tables, outer))
                for join in inner.args.get("joins") or ():
                    self._join(join, sources, tables, outer)
                yield from sources
                return
            yield Source(alias, self.query(tree, tables, outer))
        elif isinstance(tree, exp.Values):
            yield Source(alias, self.query(tree, tables, outer))
        elif isinstance(tree, exp.Table):
            name, schema = tree.name, tree.db or None
            if isinstance(tree.this, exp.Func):
                yield Source(alias or folded(name), [])
            elif schema is None and folded(name) in tables:
                yield Source(alias or folded(name), tables[folded(name)])
            else:
                yield Source(alias or folded(name), self._table(name, schema), folded(schema or ""))
        else:
            raise sqlite3.NotSupportedError(
                f"this statement can't be analysed for encrypted columns: {self._sql!r}"
            )

    def _table(self, name: str, schema: str | None) -> list[Column]:
        relation = self._relations.relation(name, schema or self._schema)
        if relation is None:
            return []  # sqlite_master, or none at all, as SQLite will say
        for _, encrypted in relation.columns:
            if encrypted is not None and not encrypted.id:
                raise sqlite3.DatabaseError(
                    f"column {encrypted} was declared ENCRYPTED without HeliosDB, and nothing in it is: make the table "
                    "anew on a connection with encryption_key or column_key"
                )
        columns = [Column(folded(name), Cipher(kind) if kind else None) for name, kind in relation.columns]
        if not relation.view:
            return columns
        if self._depth > 50:  # SQLite lets views go in circles until they are used
            raise sqlite3.NotSupportedError(f"view {name!r} is made of itself")
        where = None if relation.schema == "temp" else relation.schema
        inner = Resolver(self._relations, relation.view, where, self._depth + 1)
        found = inner.query(parse(for_parser(relation.view)), {}, ())
        if inner.comparisons or len(found) != len(columns):
            raise sqlite3.NotSupportedError(f"view {name!r} compares an encrypted column with a value")
        return [Column(column.name, each.kind) for column, each in zip(columns, found, strict=True)]
