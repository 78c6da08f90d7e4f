"""What stands in FROM: tables, queries, joins, and functions that return rows."""

# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit, splice

from ..protocol.errors import PgError
from ..types.registry import (
    BOOL,
    BYTEA,
    FLOAT4,
    FLOAT8,
    INT8,
    MOMENTS,
    NUMERIC,
    TEXT,
    TIMESTAMPTZ,
    Sized,
)  # fmt: skip
from . import sequences, tree
from .literals import S_FLOAT8
from .row_functions import RowFunctions
from .scope import Column, Ex, Relation, Scope, TableInfo, listed_names, told_apart

# What time travel knows of each version of a row, beside the row's own columns.
_OF_THE_PAST = tuple(
    Column(name, Sized(kind))
    for name, kind in (
        ("system_time", TIMESTAMPTZ), ("system_time_end", TIMESTAMPTZ), ("system_transaction", INT8),
        ("system_transaction_end", INT8), ("system_operation", TEXT), ("system_user", TEXT),
    )
)  # fmt: skip

_OF_SEQUENCE = (
    Column("last_value", Sized(INT8), not_null=True),
    Column("log_cnt", Sized(INT8), not_null=True),
    Column("is_called", Sized(BOOL), not_null=True),
)


class Tables(RowFunctions):
    """Writes FROM."""

    # ---- which table ----

    def table_info(self, table: tree.Table) -> TableInfo:
        """Return the table of the database that a name means.

        :raises PgError: there is none
        """
        if len(table.parts) > 3:
            raise PgError("42601", f"improper qualified name: {'.'.join(table.parts)}", position=table.at + 1)
        found = self.schema.named(table.parts)
        if found is None:
            shown = ".".join(table.parts)
            raise PgError("42P01", f'relation "{shown}" does not exist', position=table.at + 1)
        return found

    def written(self, info: TableInfo) -> str:
        """Return a table's name as SQLite reads it."""
        self.names_tables = self.names_tables or info.schema in ("main", "temp")
        if info.schema in ("main", "temp") and info.kind != "shadowed":
            return (
                quote_identifier(info.name)
                if info.schema == "main"
                else f"temp.{quote_identifier(info.name)}"
            )
        return f"{quote_identifier(info.schema)}.{quote_identifier(info.name)}"

    # ---- FROM ----

    def source(self, node: tree.Node, scope: Scope) -> str:
        """Return one item of FROM; its relations are added to the scope."""
        if isinstance(node, tree.Table):
            return self._table(node, scope)
        if isinstance(node, tree.Join):
            return self._join(node, scope)
        if isinstance(node, tree.Derived):
            return self._derived(node, scope)
        assert isinstance(node, tree.TableCall)
        return self._table_call(node, scope)

    def further_source(self, node: tree.Node, scope: Scope) -> str:
        """Return an item of FROM that stands behind another.

        To SQLite a comma is a join like others, so that ``a, b FULL JOIN c`` would join c to both of them.
        """
        text = self.source(node, scope)
        return f"({text})" if isinstance(node, tree.Join) and _keeps_right(node) else text

    def _table(self, node: tree.Table, scope: Scope) -> str:
        cte = self.cte(node.parts[0]) if len(node.parts) == 1 else None
        columns: tuple[Column, ...]
        if cte is not None:
            name, columns = quote_identifier(node.parts[0]), cte
        elif (counted := self._serial(node)) is not None:
            name, columns = sequences.serial_row(counted), _OF_SEQUENCE
        else:
            info = self.table_info(node)
            name, columns = self.written(info), info.columns
        alias = node.alias or node.parts[-1]
        if node.moment:
            name += " " + self._moment_text(node)
        if node.columns:
            columns, renamed = self._renamed(columns, node.columns, node)
            scope.relations.append(Relation(alias, columns))
            return f"(SELECT {renamed} FROM {name}) AS {quote_identifier(alias)}"
        scope.relations.append(Relation(alias, columns, beside=_OF_THE_PAST if node.moment else ()))
        return f"{name} AS {quote_identifier(alias)}"

    def _serial(self, node: tree.Table) -> str | None:
        """Return the table whose rows a sequence counts, where that is all there is of the sequence."""
        return None if self.schema.named(node.parts) is not None else self.schema.serial(node.parts[-1])

    def _moment_text(self, node: tree.Table) -> str:
        """Return a clause of time travel with its values as SQLite has them."""
        words = node.moment.upper().split()
        kind = INT8 if "TRANSACTION" in words else TEXT if "TAG" in words else TIMESTAMPTZ
        edits = []
        for start, end, value in node.moments:
            if isinstance(value, tree.Const):
                continue
            made = self.ex(value, Scope(), Sized(kind))
            if kind is TIMESTAMPTZ and made.type in MOMENTS and made.type is not TIMESTAMPTZ:
                made = self.cast(made, Sized(kind), value.at)
            edits.append(Edit(start, end, made.text))
        return splice(node.moment, edits)

    def _renamed(
        self, columns: tuple[Column, ...], names: tuple[str, ...], node: tree.Node
    ) -> tuple[tuple[Column, ...], str]:
        if len(names) > len(columns):
            raise PgError("42P10", f"table has {len(columns)} columns available but {len(names)} columns specified",
                          position=node.at + 1)  # fmt: skip
        made = [c._replace(name=n, sql="") for c, n in zip(columns, names, strict=False)]
        made += [c._replace(sql="") for c in columns[len(names) :]]
        apart = told_apart(tuple(made))
        pairs = (f"{old.quoted} AS {new.quoted}" for old, new in zip(columns, apart, strict=True))
        return apart, ", ".join([*pairs, *(c.shown for c in columns if c.shown)])

    def cte(self, name: str) -> tuple[Column, ...] | None:
        """Return the columns of a WITH query of this name, if there is one here."""
        raise NotImplementedError

    def _derived(self, node: tree.Derived, scope: Scope) -> str:
        beside = Scope(scope.relations, outer=scope.outer)
        try:
            text, columns = self.with_digits(node.query, Scope(outer=scope.outer))
        except PgError as error:
            if not node.lateral or error.code not in ("42P01", "42703"):
                raise
            return self._lateral(node, scope, beside)
        alias = node.alias or self.fresh("derived")
        columns = told_apart(columns)
        if any(column.called for column in columns):
            name = self.fresh("apart")
            text = f"WITH {name}({', '.join(listed_names(columns))}) AS ({text}) SELECT * FROM {name}"
        if node.columns:
            columns, renamed = self._renamed(columns, node.columns, node)
            text = f"SELECT {renamed} FROM ({text})"
        scope.relations.append(Relation(alias, tuple(c._replace(sql="") for c in columns)))
        return f"({text}) AS {quote_identifier(alias)}"

    def _lateral(self, node: tree.Derived, scope: Scope, beside: Scope) -> str:
        """Return a query that uses what stands before it: its rows as an array, which json_each() makes rows again.

        In SQLite functions in FROM alone see what stands beside them.
        """
        text, columns = self.query(node.query, Scope(outer=beside))
        alias = node.alias or self.fresh("derived")
        inner, quoted = self.fresh("lateral"), quote_identifier(alias)
        items, made = [], []
        for at, column in enumerate(columns):
            value = Ex(f"{inner}.c{at}", column.sized)
            kept, back = value.text, f"json_extract({quoted}.value, '$[{at}]')"
            if column.sized is None:
                kept = f"CASE typeof({kept}) WHEN 'real' THEN json(printf('%!.17g', {kept})) ELSE {kept} END"
            elif column.sized.type in (FLOAT4, FLOAT8, NUMERIC, BYTEA):
                kept = self.json_item(
                    value._replace(sized=S_FLOAT8) if column.sized.type is NUMERIC else value
                )
            if column.sized is not None and column.sized.type is NUMERIC:
                kept = f"CASE typeof({value.text}) WHEN 'integer' THEN {value.text} ELSE {kept} END"
            elif column.sized is not None and column.sized.type is BYTEA:
                back = self.own(f"pg_cast({back}, 'text', 'bytea', -1)", column.sized).text
            items.append(kept)
            name = node.columns[at] if at < len(node.columns) else column.name
            made.append(Column(name, column.sized, back))
        if len(node.columns) > len(columns):
            self._renamed(columns, node.columns, node)
        names = ", ".join(f"c{at}" for at in range(len(columns)))
        rows = f"WITH {inner}({names}) AS ({text}) SELECT json_group_array(json_array({', '.join(items)})) FROM {inner}"
        scope.relations.append(Relation(alias, tuple(made)))
        return f"json_each(({rows})) AS {quoted}"

    def _join(self, node: tree.Join, scope: Scope) -> str:
        before = len(scope.relations)
        left = self.source(node.left, scope)
        middle = len(scope.relations)
        right = self.source(node.right, scope)
        if isinstance(node.right, tree.Join):
            right = f"({right})"
        lefts, rights = scope.relations[before:middle], scope.relations[middle:]
        if node.kind in ("left", "full"):
            scope.relations[middle:] = rights = [_nullable(each) for each in rights]
        if node.kind in ("right", "full"):
            scope.relations[before:middle] = lefts = [_nullable(each) for each in lefts]
        word = {
            "cross": "CROSS JOIN",
            "inner": "JOIN",
            "left": "LEFT JOIN",
            "right": "RIGHT JOIN",
            "full": "FULL JOIN",
        }
        made = f"{left} {word[node.kind]} {right}"
        using = node.using
        if node.natural:
            there = {c.name.lower() for each in rights for c in each.columns} - {
                name for each in rights for name in each.hidden
            }
            using = tuple(
                c.name
                for each in lefts
                for c in each.columns
                if c.name.lower() in there and c.name.lower() not in each.hidden
            )
        if using:
            return made + self._using(using, node, scope, before, middle)
        if node.on is not None:
            made += f" ON {self.truth(node.on, scope, 'JOIN/ON')}"
        return made

    def _merged(self, kind: str, left: Ex, right: Ex) -> tuple[str, Sized | None]:
        """Return the column that two become under USING, of the type that they have in common."""
        sized = self.common([left, right])
        if kind == "full":
            made = f"coalesce({self.same(left, sized).text}, {self.same(right, sized).text})"
        else:
            made = self.same(right if kind == "right" else left, sized).text
        return made, sized

    def _using(self, names: tuple[str, ...], node: tree.Join, scope: Scope, before: int, middle: int) -> str:
        conditions = []
        for name in names:
            left = Scope(scope.relations[before:middle]).find((name,), node.at)
            right = Scope(scope.relations[middle:]).find((name,), node.at)
            if left is None or right is None:
                side = "left" if left is None else "right"
                raise PgError(
                    "42703", f'column "{name}" specified in USING clause does not exist in {side} table'
                )
            one, two = self.matched(left, right, tree.Binary("=", node.left, node.right, at=node.at))
            conditions.append(f"{one.text} = {two.text}")
            if node.kind in ("right", "full") or (left.sized != right.sized):
                merged = self._merged(node.kind, left, right)
                for at in range(before, middle):
                    relation = scope.relations[at]
                    changed = tuple(
                        c._replace(merged=merged) if c.name.lower() == name.lower() else c
                        for c in relation.columns
                    )
                    scope.relations[at] = relation._replace(columns=changed)
        scope.merged.append((before, len(scope.relations), tuple(name.lower() for name in names)))
        hidden = frozenset(name.lower() for name in names)
        for at in range(middle, len(scope.relations)):
            scope.relations[at] = scope.relations[at]._replace(hidden=scope.relations[at].hidden | hidden)
        return f" ON {' AND '.join(conditions)}" if conditions else ""


def _nullable(relation: Relation) -> Relation:
    """Return the relation on the side of an outer join that may be missing: nothing of it is never NULL."""
    return relation._replace(columns=tuple(c._replace(not_null=False) for c in relation.columns))


def _keeps_right(node: tree.Join) -> bool:
    """Has a join rows of its right side that meet none of its left?"""
    inner = (node.left, node.right)
    return node.kind in ("right", "full") or any(isinstance(e, tree.Join) and _keeps_right(e) for e in inner)
