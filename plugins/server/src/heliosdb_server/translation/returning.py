"""RETURNING: what a change says of its rows, by their own columns and by those of the tables beside them."""

from __future__ import annotations

import re

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from . import tree
from .decimals import has_digits, is_free
from .decimals import listed as shown
from .holding import Holding
from .scope import Column, Ex, Relation, Scope, TableInfo
from .walking import aggregate_in, calls


class Returning(Holding):
    """Writes RETURNING.

    SQLite's knows the columns of the changed table alone, and by no other name than their own: a query in it with a
    column of the same name would take that one. So what has a query in it gets the row under a name of its own.
    """

    def returning(
        self, items: list[tree.Target], info: TableInfo, scope: Scope, how: str, *, beside: bool = False
    ) -> tuple[str, tuple[Column, ...]]:
        """Return ``RETURNING ...`` and its columns.

        :param scope: the changed table, and behind it what else may be named
        :param how: insert, update or delete
        :param beside: whether columns with the digits of calculated numbers stand behind the others
        """
        if not items:
            return "", ()
        if self.reads([item.expr for item in items], info, how):
            raise PgError(
                "0A000", f'a query in RETURNING can\'t read what changes with "{info.name}"',
                hint="Run two statements in one transaction.", position=items[0].at + 1,
            )  # fmt: skip
        own = scope.relations[0]
        bare = own._replace(columns=tuple(c._replace(sql=quote_identifier(c.name)) for c in own.columns))
        plain = Scope([bare, *scope.relations[1:]], merged=scope.merged)
        found: list[tuple[str, Ex]] = []
        for item in items:
            _refuse_sets_of_rows(item.expr)
            made = self.targets([item], plain)
            if any("SELECT" in ex.text or "SELECT" in ex.shown for _, ex in made):
                made = self._apart(item, plain)
            found += made
        if not beside:
            columns = tuple(Column(name, ex.sized, "", ex.source) for name, ex in found)
            listed = [f"{shown(ex)} AS {quote_identifier(name)}" for name, ex in found]
            return f" RETURNING {', '.join(listed)}", columns
        digits = [self.fresh("digits") if has_digits(ex) else "" for _, ex in found]
        columns = tuple(
            Column(name, ex.sized, "", ex.source, scale=ex.decimals if is_free(ex) else None, shown=more)
            for (name, ex), more in zip(found, digits, strict=True)
        )
        listed = [f"{ex.text} AS {quote_identifier(name)}" for name, ex in found]
        listed += [f"{ex.shown} AS {name}" for name, (_, ex) in zip(digits, found, strict=True) if name]
        return f" RETURNING {', '.join(listed)}", columns

    def _apart(self, item: tree.Target, scope: Scope) -> list[tuple[str, Ex]]:
        """Return what is listed with the columns of its row under names that nothing in it has."""
        row = self.fresh("returned")
        texts: list[str] = []

        def named(text: str) -> str:
            texts.append(text)
            return f"{row}.c{len(texts) - 1}"

        def moved(relation: Relation) -> Relation:
            columns = []
            for column in relation.columns:
                ex = relation.column(column)
                digits = named(ex.shown) if ex.shown else ""
                merged = (named(column.merged[0]), column.merged[1]) if column.merged else None
                columns.append(column._replace(sql=named(ex.text), shown="", digits=digits, merged=merged))
            return relation._replace(columns=tuple(columns))

        inner = Scope([moved(each) for each in scope.relations], merged=scope.merged)
        one = re.compile(rf"\b{row}\.c(\d+)\b")

        def whole(text: str) -> str:
            places = sorted({int(each) for each in one.findall(text)})
            if not places:
                return text
            listed = ", ".join(f"{texts[at]} AS c{at}" for at in places)
            return f"(SELECT {text} FROM (SELECT {listed}) AS {row})"

        return [
            (name, ex._replace(text=whole(ex.text), shown=whole(ex.shown) if ex.shown else ""))
            for name, ex in self.targets([item], inner)
        ]


def _refuse_sets_of_rows(expr: tree.Node) -> None:
    if (bad := aggregate_in(expr)) is not None:
        raise PgError("42803", "aggregate functions are not allowed in RETURNING", position=bad.at + 1)
    for call in calls(expr):
        if call.over is not None:
            raise PgError("42P20", "window functions are not allowed in RETURNING", position=call.at + 1)
