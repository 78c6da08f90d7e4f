"""ORDER BY: by names, by places, and by what a query has not among its columns."""

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from . import tree
from .combining import Combining
from .grouping import directed
from .scope import Column, Ex, Relation, Scope


class Sorting(Combining):
    """Writes it."""

    def ordered(
        self, text: str, order: list[tree.Order], columns: tuple[Column, ...], scope: Scope | None
    ) -> str:
        """Return a query whose rows have only names and places, sorted."""
        keys = self._order_by_name(order, columns, scope)
        if keys and any(self.sortable(Ex("x", c.sized)).text != "x" for c in columns):
            return f"SELECT * FROM ({text}){keys}"  # SQLite sorts a UNION by its columns alone
        return text + keys

    def _order_by_name(
        self, order: list[tree.Order], columns: tuple[Column, ...], scope: Scope | None
    ) -> str:
        """Return ORDER BY of a query whose rows have only names and places."""
        if not order:
            return ""
        here = Scope([Relation("", tuple(c._replace(sql=quote_identifier(c.name)) for c in columns))])
        return " ORDER BY " + ", ".join(self._sort_key(each, here, columns, []) for each in order)

    def _sort_key(
        self, order: tree.Order, scope: Scope, columns: tuple[Column, ...], targets: list[tuple[str, Ex]]
    ) -> str:
        expr = order.expr
        inner = expr.operand if isinstance(expr, tree.Unary) and expr.op == "-" else expr
        if isinstance(inner, tree.Const) and inner.kind != "int":
            raise PgError("42601", "non-integer constant in ORDER BY", position=expr.at + 1)
        if isinstance(inner, tree.Const) and inner is not expr:
            raise PgError(
                "42P10", f"ORDER BY position -{inner.value} is not in select list", position=expr.at + 1
            )
        if isinstance(expr, tree.Const) and expr.kind == "int":
            if not 1 <= expr.value <= len(columns):
                raise PgError(
                    "42P10", f"ORDER BY position {expr.value} is not in select list", position=expr.at + 1
                )
            column = columns[expr.value - 1]
            text = str(expr.value)
            if targets and ((made := targets[expr.value - 1][1]) is not self.sorted_by(made) or made.shown):
                text = self.sorted_by(made).text
            if not targets:
                text = self._place_by_name(columns, expr.value) or text
            return directed(text, order, not_null=column.not_null)
        if isinstance(expr, tree.Name) and len(expr.parts) == 1 and targets:
            for name, ex in targets:
                if name == expr.parts[0]:
                    if (sortable := self.sorted_by(ex)) is not ex or ex.shown:
                        return directed(sortable.text, order, not_null=ex.not_null)
                    return directed(quote_identifier(name), order, not_null=ex.not_null)
        return self.key(order, scope)

    def _place_by_name(self, columns: tuple[Column, ...], place: int) -> str:
        """Return what rows are sorted by that have only names, "" for the place itself: SQLite sorts its own values."""
        column = columns[place - 1]
        made = Ex(column.quoted, column.sized)
        if (key := self.sorted_by(made)) is made:
            return ""
        if column.quoted.lower() in (other.quoted.lower() for other in columns[: place - 1]):
            raise PgError("0A000", f'ORDER BY {place} among several columns "{column.name}" is not supported')
        return key.text
