"""The parser's part for queries and the statements that change rows."""

from __future__ import annotations

from ..protocol.errors import PgError
from . import tree
from .lexer import Kind
from .merge_statements import MergeStatements
from .walking import written


class Queries(MergeStatements):
    """Reads SELECT, VALUES, TABLE, INSERT, UPDATE and DELETE."""

    def query(self) -> tree.Node:
        """Return the query here; one that changes rows only where a WITH may hold it."""
        with_, recursive = self.with_clause()
        if self.is_word("insert", "update", "delete") or (
            self.is_word("merge") and self.ahead().value == "into"
        ):
            return self.change(with_, recursive)
        return self._select(with_, recursive)

    def change(
        self, with_: list[tree.With], recursive: bool
    ) -> tree.Insert | tree.Update | tree.Delete | tree.Merge:
        """Return the INSERT, UPDATE, DELETE or MERGE here."""
        made: tree.Insert | tree.Update | tree.Delete | tree.Merge
        if self.is_word("insert"):
            made = self._insert()
        elif self.is_word("update"):
            made = self._update()
        elif self.is_word("merge"):
            made = self._merge()
        else:
            made = self._delete()
        made.with_, made.recursive = with_, recursive
        return made

    def with_clause(self) -> tuple[list[tree.With], bool]:
        """Return the WITH here, if any."""
        found: list[tree.With] = []
        if not self.take("with"):
            return found, False
        recursive = self.take("recursive")
        while True:
            at = self.token.start
            name = self.name()
            columns = self.names_in_parentheses() if self.is_op("(") else ()
            self.expect("as")
            materialized = ""
            if self.take("materialized"):
                materialized = "MATERIALIZED"
            elif self.take("not", "materialized"):
                materialized = "NOT MATERIALIZED"
            self.expect_op("(")
            query = self.query()
            if isinstance(query, tree.Merge):
                raise PgError("0A000", "MERGE not supported in WITH query", position=query.at + 1)
            self.expect_op(")")
            found.append(tree.With(name, columns, query, materialized, at=at))
            if not self.take_op(","):
                return found, recursive

    def _select(self, with_: list[tree.With], recursive: bool) -> tree.Select:
        at = self.token.start
        body = self._set_operation(0)
        made = tree.Select(body, with_, recursive, at=at)
        if self.is_word("order"):
            made.order = self.order_by()
        self._limits(made)
        while self.take("for"):
            start = self.token.start
            self.take("no", "key")
            self.take("key")
            if not self.take_one("update", "share"):
                raise self.error()
            if self.take("of"):
                self.qualified()
                while self.take_op(","):
                    self.qualified()
            self.take("nowait") or self.take("skip", "locked")
            made.locking = self.text[start : self.token.start]
        self._limits(made)
        return made

    def _limits(self, made: tree.Select) -> None:
        while True:
            if self.take("limit"):
                if not self.take("all"):
                    made.limit = self.expression()
                if self.take_op(","):  # SQLite's LIMIT offset, count
                    made.offset, made.limit = made.limit, self.expression()
            elif self.take("offset"):
                made.offset = self.expression()
                self.take_one("row", "rows")
            elif self.is_word("fetch") and self.ahead().value in ("first", "next"):
                self.at += 2
                made.limit = tree.Const(1, "int") if self.is_word("row", "rows") else self.expression()
                self.take_one("row", "rows")
                made.ties = self.take("with", "ties")
                if not made.ties:
                    self.expect("only")
            else:
                return

    def _set_operation(self, level: int) -> tree.Node:
        left = self._query_term()
        while self.is_word("union", "except", "intersect"):
            own = 2 if self.is_word("intersect") else 1
            if own <= level:
                return left
            at = self.token.start
            op = self.advance().value.upper()
            if self.take("all"):
                op += " ALL"
            else:
                self.take("distinct")
            left = tree.SetOp(op, left, self._set_operation(own), at=at)
        return left

    def _query_term(self) -> tree.Node:
        if self.take_op("("):
            inner = self.query()
            self.expect_op(")")
            return inner
        if self.is_word("values"):
            return self._values()
        if self.take("table"):
            return tree.Core([tree.Target(tree.Star())], [self.table()])
        return self._core()

    def _values(self) -> tree.Values:
        at = self.token.start
        self.expect("values")
        rows = []
        while True:
            self.expect_op("(")
            rows.append(self.expressions())
            self.expect_op(")")
            if not self.take_op(","):
                return tree.Values(rows, at=at)

    def _core(self) -> tree.Core:
        at = self.token.start
        self.expect("select")
        made = tree.Core([], [], at=at)
        if self.take("distinct"):
            if self.take("on"):
                self.expect_op("(")
                made.distinct_on = self.expressions()
                self.expect_op(")")
            else:
                made.distinct = True
        else:
            self.take("all")
        ends = (
            "from",
            "where",
            "group",
            "having",
            "window",
            "union",
            "except",
            "intersect",
            "order",
            "limit",
            "into",
        )
        if self.token.kind is not Kind.END and not self.is_word(*ends) and not self.is_op(")", ";"):
            made.targets = self.targets()
        if self.take("into"):
            made.into = self._into(at)
            self.intos.append(made)
        if self.take("from"):
            made.sources = self.sources()
        if self.take("where"):
            made.where = self.expression()
        if self.take("group", "by"):
            self._group_by(made)
        if self.take("having"):
            made.having = self.expression()
        if self.take("window"):
            while True:
                name = self.name()
                self.expect("as")
                made.windows[name] = self.window()
                if not self.take_op(","):
                    break
        return made

    def _into(self, at: int) -> tree.CreateAs:
        temporary = bool(self.take_one("temporary", "temp"))
        self.take("unlogged")
        self.take("table")
        table = tree.Table(self.qualified(), at=at)
        return tree.CreateAs(table, (), tree.Core([], []), temporary=temporary, at=at)

    def _group_by(self, made: tree.Core) -> None:
        distinct = self.take("distinct") or (self.take("all") and False)
        parts = [self._grouping_item()]
        while self.take_op(","):
            parts.append(self._grouping_item())
        if all(several is None for _, several in parts):
            made.group = [item for items, _ in parts for item in items]
            return
        sets: list[list[tree.Node]] = [[]]
        for items, several in parts:
            sets = [[*one, *more] for one in sets for more in ([items] if several is None else several)]
            if len(sets) > 4096:
                raise PgError("54001", "too many grouping sets present (maximum 4096)")
        found: list[list[tree.Node]] = []
        seen: set[frozenset[str]] = set()
        for each in sets:
            key = frozenset(map(written, each))
            if not distinct or key not in seen:
                found.append(list({written(item): item for item in each}.values()))
            seen.add(key)
        made.sets = found

    def _grouping_item(self) -> tuple[list[tree.Node], list[list[tree.Node]] | None]:
        """Return what one item of GROUP BY groups by, or the sets that it stands for."""
        if self.is_word("rollup", "cube") and self.ahead().value == "(":
            word = self.advance().value
            parts = self._grouping_list()
            if word == "rollup":
                return [], [[e for part in parts[:n] for e in part] for n in range(len(parts), -1, -1)]
            if len(parts) > 12:
                raise PgError("54011", "CUBE is limited to 12 elements")
            masks = range(2 ** len(parts) - 1, -1, -1)
            last = len(parts) - 1
            return [], [
                [e for at, part in enumerate(parts) if mask >> (last - at) & 1 for e in part]
                for mask in masks
            ]
        if self.are_words("grouping", "sets"):
            self.at += 2
            self.expect_op("(")
            sets: list[list[tree.Node]] = []
            while True:
                items, several = self._grouping_item()
                sets += [items] if several is None else several
                if not self.take_op(","):
                    break
            self.expect_op(")")
            return [], sets
        if self.is_op("(") and self.ahead().value == ")":
            self.at += 2
            return [], [[]]
        expr = self.expression()
        return (
            list(expr.items) if isinstance(expr, tree.Row) and self.text[expr.at] == "(" else [expr]
        ), None

    def _grouping_list(self) -> list[list[tree.Node]]:
        self.expect_op("(")
        parts = [self._grouping_item()[0]]
        while self.take_op(","):
            parts.append(self._grouping_item()[0])
        self.expect_op(")")
        return parts

    def targets(self) -> list[tree.Target]:
        """Return what SELECT or RETURNING lists."""
        found = []
        while True:
            at = self.token.start
            expr = self.expression()
            found.append(tree.Target(expr, self.alias(), at=at))
            if not self.take_op(","):
                return found

    def order_by(self) -> list[tree.Order]:
        """Return ``ORDER BY ...``."""
        self.expect("order", "by")
        found = []
        while True:
            found.append(self._order())
            if not self.take_op(","):
                return found

    def _order(self) -> tree.Order:
        at = self.token.start
        expr = self.expression()
        descending = self.take_one("asc", "desc") == "desc"
        if self.take("using"):
            descending = self.advance().value in (">", ">=")
        nulls = self.take_one("first", "last") if self.take("nulls") else ""
        return tree.Order(expr, descending, nulls, at=at)
