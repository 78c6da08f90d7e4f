"""The parser's part for queries and the statements that change rows."""

from __future__ import annotations

from ..protocol.errors import PgError
from ..types.registry import Sized
from . import tree
from .cursor import NO_ALIAS
from .expressions import Expressions
from .lexer import Kind


class Queries(Expressions):
    """Reads SELECT, VALUES, TABLE, INSERT, UPDATE and DELETE."""

    def query(self) -> tree.Node:
        """Return the query here; one that changes rows only where a WITH may hold it."""
        with_, recursive = self.with_clause()
        if self.is_word("insert", "update", "delete"):
            return self.change(with_, recursive)
        return self._select(with_, recursive)

    def change(self, with_: list[tree.With], recursive: bool) -> tree.Insert | tree.Update | tree.Delete:
        """Return the INSERT, UPDATE or DELETE here."""
        made: tree.Insert | tree.Update | tree.Delete
        if self.is_word("insert"):
            made = self._insert()
        elif self.is_word("update"):
            made = self._update()
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
                if self.take("with", "ties"):
                    raise PgError("0A000", "WITH TIES is not supported")
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
            self.take_one("temporary", "temp", "unlogged")
            self.take("table")
            raise PgError("0A000", "SELECT INTO is not supported", hint="Use CREATE TABLE AS.")
        if self.take("from"):
            made.sources = self.sources()
        if self.take("where"):
            made.where = self.expression()
        if self.take("group", "by"):
            self.take("all") or self.take("distinct")
            if self.is_word("grouping", "rollup", "cube"):
                raise PgError(
                    "0A000", f"{self.token.value.upper()} is not supported", position=self.token.start + 1
                )
            made.group = self.expressions()
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

    # ---- FROM ----

    def sources(self) -> list[tree.Node]:
        """Return what FROM lists."""
        found = [self._joined()]
        while self.take_op(","):
            found.append(self._joined())
        return found

    def _joined(self) -> tree.Node:
        left = self._source()
        while True:
            at = self.token.start
            natural = self.take("natural")
            if self.take("cross"):
                self.expect("join")
                left = tree.Join("cross", left, self._source(), at=at)
                continue
            kind = self.take_one("inner", "left", "right", "full")
            if kind in ("left", "right", "full"):
                self.take("outer")
            if not self.take("join"):
                if kind or natural:
                    raise self.error()
                return left
            join = tree.Join(kind or "inner", left, self._source(), natural=natural, at=at)
            if self.is_word("natural", "cross", "inner", "left", "right", "full", "join") and not natural:
                # a JOIN b JOIN c ON .. ON ..: the inner one comes first
                right = join.right
                while self.is_word("natural", "cross", "inner", "left", "right", "full", "join"):
                    right = self._joined_from(right)
                join.right = right
            if not natural:
                if self.take("on"):
                    join.on = self.expression()
                elif self.take("using"):
                    join.using = self.names_in_parentheses()
                    if self.take("as"):
                        self.label()
                else:
                    raise self.error()
            left = join

    def _joined_from(self, left: tree.Node) -> tree.Node:
        at = self.token.start
        kind = self.take_one("inner", "left", "right", "full", "cross")
        self.take("outer")
        self.expect("join")
        join = tree.Join(kind or "inner", left, self._source(), at=at)
        if kind != "cross":
            if self.take("using"):
                join.using = self.names_in_parentheses()
            else:
                self.expect("on")
                join.on = self.expression()
        return join

    def _source(self) -> tree.Node:
        at = self.token.start
        lateral = self.take("lateral")
        if self.is_op("("):
            if self._at_query():
                self.at += 1
                query = self.query()
                if self.is_word(*("union", "except", "intersect")):  # ((SELECT 1) UNION SELECT 2)
                    raise self.error()
                self.expect_op(")")
                alias, columns, _ = self._alias_and_columns()
                return tree.Derived(query, alias, columns, lateral, at=at)
            self.at += 1
            joined = self._joined()
            self.expect_op(")")
            self.alias()
            return joined
        if self.is_word("rows") and self.ahead().value == "from":
            self.at += 2
            self.expect_op("(")
            calls = [self._table_call()]
            while self.take_op(","):
                calls.append(self._table_call())
            self.expect_op(")")
            return self._of_calls(calls, lateral, at)
        mark = self.at
        if self.token.kind in (Kind.WORD, Kind.QUOTED) and not self.is_word("only"):
            self.qualified() if not self.is_word("current_schema") else self.advance()
            if self.is_op("("):
                self.at = mark
                return self._of_calls([self._table_call()], lateral, at)
            self.at = mark
        return self.table()

    def _table_call(self) -> tree.Call:
        node = self._primary()
        if isinstance(node, tree.Call):
            return node
        raise self.error()

    def _of_calls(self, calls: list[tree.Call], lateral: bool, at: int) -> tree.TableCall:
        ordinality = self.take("with", "ordinality")
        alias, columns, types = self._alias_and_columns()
        return tree.TableCall(calls, alias, columns, types, ordinality, lateral, at=at)

    def _alias_and_columns(self) -> tuple[str, tuple[str, ...], tuple[Sized, ...]]:
        if self.take("as") and self.is_op("("):
            alias = ""
        elif self.tokens[self.at - 1].value == "as" and self.tokens[self.at - 1].kind is Kind.WORD:
            alias = self.label()
        else:
            alias = self.alias()
        columns: list[str] = []
        types: list[Sized] = []
        if self.is_op("(") and (alias or self.tokens[self.at - 1].value == "as"):
            self.at += 1
            while True:
                columns.append(self.label())
                if not self.is_op(",", ")"):
                    types.append(self.type_name()[0])
                if not self.take_op(","):
                    break
            self.expect_op(")")
        return alias, tuple(columns), tuple(types)

    def table(self) -> tree.Table:
        """Return a table's name, with its alias, in FROM."""
        at = self.token.start
        only = self.take("only")
        parenthesis = only and self.take_op("(")
        made = tree.Table(self.qualified(), only=only, at=at)
        if parenthesis:
            self.expect_op(")")
        self.take_op("*")
        made.moment = self._moment()
        if made.moment or not (self.is_word("as") and self.ahead().value == "of"):
            made.alias, made.columns, _ = self._alias_and_columns()
        if not made.moment:
            made.moment = self._moment()
        if self.take("tablesample"):
            raise PgError("0A000", "TABLESAMPLE is not supported")
        return made

    def _moment(self) -> str:
        """Return a clause of time travel, as it is written: ``AS OF TIMESTAMP '...'``, ``FOR SYSTEM_TIME ...``."""
        start = self.token.start
        if self.are_words("as", "of"):
            self.at += 2
            self.take_one("timestamp", "transaction", "tag")
            self._moment_value()
        elif self.are_words("for", "system_time"):
            self.at += 2
            if self.take("as", "of"):
                self.take_one("timestamp", "transaction", "tag")
                self._moment_value()
            elif self.take("between"):
                self._moment_value()
                self.expect("and")
                self._moment_value()
            elif self.take("from"):
                self._moment_value()
                self.expect("to")
                self._moment_value()
            elif not self.take("all"):
                raise self.error()
        else:
            return ""
        return self.text[start : self.tokens[self.at - 1].end]

    def _moment_value(self) -> None:
        """Go past the value of such a clause: the time travel plugin reads it."""
        self.expression(7)

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
                    raise PgError("0A000", "assigning to an element of an array is not supported")
                if self.take_op("."):
                    names = (self.label(),)
            self.expect_op("=")
            found.append((names, self.expression()))
            if not self.take_op(","):
                return found

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
