"""Expressions: what may be done with a ciphertext is let through, all else is refused.

A ciphertext may be returned, passed on by functions that choose among values, and compared with NULL; that of a
DETERMINISTIC column may also be compared for equality, grouped and made distinct.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from sqlglot import exp

from heliosdb_sqlite.sql.names import Column, Scope, Source, Tables, column_of, folded, matching

from .ciphers import Cipher, Comparison, Kind, one_of
from .declared import EncryptedColumn
from .names import DECRYPT, SEAL, SOUGHT
from .relations import Relations

_ALIKE = (exp.Alias, exp.Paren, exp.Filter)
_OF_WINDOW = (exp.FirstValue, exp.LastValue, exp.NthValue, exp.Lag, exp.Lead)
_EQUALITY = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is)


class Expressions:
    """Looks through expressions. The queries in them are a subclass's business."""

    def __init__(self, relations: Relations, sql: str, schema: str | None = None, depth: int = 0) -> None:
        self._relations = relations
        self._sql = sql
        self._schema = schema  # a view's own, in which its tables are
        self._depth = depth
        self.comparisons: list[Comparison] = []
        self.quoted: list[Comparison] = []

    def query(self, tree: Any, tables: Tables, outer: Scope) -> list[Column]:
        """Look through a query; return its columns."""
        raise NotImplementedError

    def refuse(self, kind: Kind, what: str) -> None:
        """Refuse a use of a ciphertext."""
        if kind is None:
            return
        raise sqlite3.NotSupportedError(
            f"the encrypted column {kind.column} can't be used {what}, where SQLite sees its ciphertext only: "
            + (
                "DETERMINISTIC columns can be compared for equality"
                if not kind.column.deterministic
                else "only its own values can be compared with it, and only for equality"
            )
            + f"; {DECRYPT}({kind.column.name}) gives the value itself to an expression"
        )

    def term(
        self, tree: Any, columns: Sequence[Column], scope: Sequence[Source], tables: Tables, outer: Scope
    ) -> Kind:
        """Return the kind of a term of GROUP BY or ORDER BY, which may be the number of a result column."""
        if isinstance(tree, exp.Literal) and not tree.is_string and tree.name.isdigit():
            place = int(tree.name)
            return columns[place - 1].kind if 1 <= place <= len(columns) else None
        return self.kind(tree, scope, tables, outer)

    def order(
        self, tree: Any, scope: Sequence[Source], tables: Tables, outer: Scope, columns: Sequence[Column]
    ) -> None:
        """Look through ORDER BY: ciphertexts have no order."""
        order = tree.args.get("order")
        for each in order.expressions if order is not None else ():
            term = each.this if isinstance(each, exp.Ordered) else each
            self.refuse(self.term(term, columns, scope, tables, outer), "with ORDER BY")

    def clause(self, clause: Any, scope: Sequence[Source], tables: Tables, outer: Scope) -> None:
        """Look through WHERE, HAVING, LIMIT and the like."""
        if clause is not None:
            for each in clause.iter_expressions():
                self.refuse(self.kind(each, scope, tables, outer), "as a condition")

    def result(
        self, expressions: Sequence[Any], sources: Sequence[Source], tables: Tables, outer: Scope
    ) -> Iterator[Column]:
        """Yield the columns that a list of result columns stands for."""
        for each in expressions:
            if isinstance(each, exp.Star):
                for source in sources:
                    yield from (column for column in source.columns if column.name not in source.hidden)
            elif isinstance(each, exp.Column) and isinstance(each.this, exp.Star):
                found = next(iter(matching(sources, each)), None)
                yield from found.columns if found is not None else ()
            else:
                yield Column(folded(each.alias_or_name), self.kind(each, sources, tables, outer))

    def kind(self, tree: Any, sources: Sequence[Source], tables: Tables, outer: Scope) -> Kind:
        """Return whether an expression's value may be a ciphertext, and refuse what can't be done with one."""

        def of(each: Any) -> Kind:
            return None if each is None else self.kind(each, sources, tables, outer)

        if tree is None or isinstance(
            tree, (exp.Literal, exp.Placeholder, exp.Parameter, exp.Null, exp.Boolean)
        ):
            return None
        if isinstance(tree, exp.Column):
            column = column_of(tree, (sources, *outer))
            return column.kind if column is not None else None
        if isinstance(tree, _ALIKE):
            condition = tree.args.get("expression") if isinstance(tree, exp.Filter) else None
            self.clause(condition, sources, tables, outer)
            return of(tree.this)
        if isinstance(tree, exp.Subquery):
            columns = self.query(tree, tables, (sources, *outer))
            return columns[0].kind if columns else None
        if isinstance(tree, (exp.Select, exp.SetOperation)):
            columns = self.query(tree, tables, (sources, *outer))
            return columns[0].kind if columns else None
        if isinstance(tree, exp.Exists):
            self.query(tree.this, tables, (sources, *outer))
            return None
        if isinstance(tree, _EQUALITY):
            return self._compare(tree, of)
        if isinstance(tree, exp.In):
            return self._in(tree, of, sources, tables, outer)
        if isinstance(tree, exp.Window):
            self.window(tree, sources, tables, outer)
            return of(tree.this)
        if isinstance(tree, _OF_WINDOW):
            return one_of((of(tree.this), of(tree.args.get("default"))))
        if isinstance(tree, exp.Coalesce):
            return one_of(map(of, (tree.this, *tree.expressions)))
        if isinstance(tree, exp.If):
            self.refuse(of(tree.this), "as a condition")
            return one_of((of(tree.args.get("true")), of(tree.args.get("false"))))
        if isinstance(tree, exp.Case):
            return self._case(tree, of)
        if isinstance(tree, exp.Count):
            if isinstance(tree.this, exp.Distinct):
                for each in tree.this.expressions:
                    self.equal(of(each), "with count(DISTINCT)")
            elif not isinstance(tree.this, exp.Star):
                of(tree.this)
            return None
        # A trigger's, from a dump.
        if isinstance(tree, exp.Anonymous) and tree.name.lower() in (SEAL, SOUGHT):
            for each in tree.expressions:
                of(each)
            return self._sealed_for(tree.expressions[0])
        if isinstance(tree, exp.Anonymous) and tree.name.lower() == DECRYPT:
            for each in tree.expressions:
                of(each)
            return None
        if isinstance(tree, exp.Anonymous) and tree.name.lower() == "quote" and len(tree.expressions) == 1:
            (only,) = tree.expressions
            kind = of(only)
            if kind is not None and isinstance(only, exp.Column):
                self.quoted.append(_place(only, kind.column))
            else:
                self.refuse(kind, "in an expression")
            return None
        for each in tree.iter_expressions():
            self.refuse(of(each), _where(tree))
        return None

    def _sealed_for(self, column_id: Any) -> Kind:
        found = self._relations.by_id.get(bytes.fromhex(column_id.name))
        return Cipher(found[0]) if found is not None else None

    def _case(self, tree: Any, of: Any) -> Kind:
        if tree.this is not None:
            self.refuse(of(tree.this), "in CASE ... WHEN")
        results = [of(tree.args.get("default"))]
        for each in tree.args["ifs"]:
            self.refuse(of(each.this), "as a condition")
            results.append(of(each.args.get("true")))
        return one_of(results)

    def _compare(self, tree: Any, of: Any) -> Kind:
        left, right = tree.this, tree.expression
        one, two = of(left), of(right)
        if one is None and two is None:
            return None
        if isinstance(right, exp.Null) or isinstance(left, exp.Null):
            return None
        if one is not None and two is not None:
            self.equal(one_of((one, two), mixed_is_pure=False), "in a comparison with another column")
            return None
        kind, column, other = (one, left, right) if one is not None else (two, right, left)
        assert kind is not None  # noqa: S101 - one of them is
        self._with_value(kind, column, other)
        return None

    def _with_value(self, kind: Cipher, column: Any, other: Any) -> None:
        """Note a comparison with a value, which is to be sealed for it."""
        if not kind.column.deterministic or not kind.pure or not isinstance(column, exp.Column):
            self.refuse(kind, "in a comparison")
        if any(isinstance(each, exp.Column) for each in other.find_all(exp.Column)):
            self.refuse(kind, "in a comparison with a column that is not encrypted")
        self.comparisons.append(_place(column, kind.column))

    def _in(self, tree: Any, of: Any, sources: Sequence[Source], tables: Tables, outer: Scope) -> Kind:
        kind = of(tree.this)
        query = tree.args.get("query")
        if query is not None:
            found = self.query(query, tables, (sources, *outer))
            if kind is not None or any(column.kind for column in found):
                self.equal(one_of((kind, *(column.kind for column in found)), mixed_is_pure=False), "with IN")
                if kind is None or any(column.kind is None for column in found):
                    self.refuse(kind or found[0].kind, "in a comparison with a column that is not encrypted")
            return None
        for each in tree.expressions:
            self.refuse(of(each), "in a list")
        if kind is not None:
            self._with_value(
                kind, tree.this, exp.Tuple(expressions=[each.copy() for each in tree.expressions])
            )
        return None

    def window(self, tree: Any, sources: Sequence[Source], tables: Tables, outer: Scope) -> None:
        """Look through what stands behind OVER."""
        for each in tree.args.get("partition_by") or ():
            self.equal(self.kind(each, sources, tables, outer), "with PARTITION BY")
        self.order(tree, sources, tables, outer, [])

    def equal(self, kind: Kind, what: str) -> None:
        """Refuse a ciphertext where equal values must be equal bytes, unless they are."""
        if kind is not None and not (kind.column.deterministic and kind.pure):
            self.refuse(kind, what)


def _place(tree: Any, column: EncryptedColumn) -> Comparison:
    meta = tree.this.meta
    return Comparison(meta.get("start", -1), meta.get("end", -2) + 1, column)


def _where(tree: Any) -> str:
    return {
        "like": "with LIKE", "glob": "with GLOB", "between": "with BETWEEN", "max": "with max()", "min": "with min()",
        **dict.fromkeys(("lt", "lte", "gt", "gte"), "in a comparison of order"),
    }.get(tree.key, "in an expression")  # fmt: skip
