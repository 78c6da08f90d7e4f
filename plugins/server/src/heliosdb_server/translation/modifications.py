"""The parser's part for INSERT, UPDATE and DELETE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol.errors import PgError
from . import tree
from .cursor import NO_ALIAS
from .lexer import Kind
from .sources import Sources


class Modifications(Sources):
    """Reads statements that change rows."""

    if TYPE_CHECKING:

        def targets(self) -> list[tree.Target]: ...

    # ---- statements that change rows ----

    def _insert(self) -> tree.Insert:
        at = self.token.start
        self.expect("insert", "into")
        table = tree.Table(self.qualified(), at=self.token.start)
        if self.take("as"):
            table.alias = self.label()
        columns: tuple[str, ...] = ()
        if self.is_op("(") and not self._at_query():
            columns = self.names_in_parentheses()
        overriding = ""
        if self.take("overriding"):
            overriding = self.advance().value
            self.expect("value")
        source: tree.Node | None = None
        if not self.take("default", "values"):
            source = self.query()
        conflict = None
        if self.take("on", "conflict"):
            conflict = self._conflict()
        return tree.Insert(table, columns, source, conflict, self._returning(), overriding=overriding, at=at)

    def _conflict(self) -> tree.Conflict:
        at = self.token.start
        columns: list[tree.Node] = []
        where = None
        constraint = ""
        if self.take_op("("):
            columns = self.expressions()
            self.expect_op(")")
            if self.take("where"):
                where = self.expression()
        elif self.take("on", "constraint"):
            constraint = self.name()
        self.expect("do")
        if self.take("nothing"):
            return tree.Conflict(columns, where, constraint, None, None, at=at)
        self.expect("update", "set")
        sets = self._sets()
        update_where = self.expression() if self.take("where") else None
        return tree.Conflict(columns, where, constraint, sets, update_where, at=at)

    def _sets(self) -> list[tuple[tuple[str, ...], tree.Node]]:
        found: list[tuple[tuple[str, ...], tree.Node]] = []
        while True:
            if self.is_op("("):
                names = self.names_in_parentheses()
            else:
                names = (self.label(),)
                if self.is_op("["):
                    self._element(found, names)
                    if not self.take_op(","):
                        return found
                    continue
                if self.is_op("."):
                    raise PgError("42703", f'column "{names[0]}" of the relation does not exist')
            self.expect_op("=")
            found.append((names, self.expression()))
            if not self.take_op(","):
                return found

    def _element(self, found: list[tuple[tuple[str, ...], tree.Node]], names: tuple[str, ...]) -> None:
        """Read ``[2] = 5`` behind a column; several such for one column are one assignment."""
        at = self.token.start
        chain: list[tree.Subscript] = []
        while self.is_op("["):
            start = self.token.start
            self.at += 1
            chain.append(self._subscript(tree.Name(names), start))
        self.expect_op("=")
        item = chain, self.expression()
        before = next((v for n, v in found if n == names and isinstance(v, tree.Elements)), None)
        if before is not None:
            before.items.append(item)
        else:
            found.append((names, tree.Elements([item], at=at)))

    def _returning(self) -> list[tree.Target]:
        return self.targets() if self.take("returning") else []

    def _target_table(self) -> tree.Table:
        at = self.token.start
        only = self.take("only")
        table = tree.Table(self.qualified(), only=only, at=at)
        self.take_op("*")
        if (
            self.take("as")
            or self.token.kind is Kind.QUOTED
            or (
                self.token.kind is Kind.WORD
                and self.token.value not in NO_ALIAS
                and self.token.value != "set"
            )
        ):
            table.alias = self.label()
        return table

    def _update(self) -> tree.Update:
        at = self.token.start
        self.expect("update")
        table = self._target_table()
        self.expect("set")
        sets = self._sets()
        sources = self.sources() if self.take("from") else []
        where = self._where()
        return tree.Update(table, sets, sources, where, self._returning(), at=at)

    def _delete(self) -> tree.Delete:
        at = self.token.start
        self.expect("delete", "from")
        table = self._target_table()
        using = self.sources() if self.take("using") else []
        where = self._where()
        return tree.Delete(table, using, where, self._returning(), at=at)

    def _where(self) -> tree.Node | None:
        if not self.take("where"):
            return None
        if self.take("current", "of"):
            raise PgError("0A000", "WHERE CURRENT OF is not supported")
        return self.expression()
