"""The parser's part for what stands behind FROM, and for clauses of time travel."""

from __future__ import annotations

from ..protocol.errors import PgError
from ..types.registry import Sized
from . import tree
from .lexer import Kind
from .words import Words


class Sources(Words):
    """Reads tables, joins, queries and functions in FROM."""

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
        made.moment = self._moment(made)
        if made.moment or not (self.is_word("as") and self.ahead().value == "of"):
            made.alias, made.columns, _ = self._alias_and_columns()
        if not made.moment:
            made.moment = self._moment(made)
        if self.take("tablesample"):
            raise PgError("0A000", "TABLESAMPLE is not supported")
        return made

    def _moment(self, table: tree.Table) -> str:
        """Return a clause of time travel, as it is written: ``AS OF TIMESTAMP '...'``, ``FOR SYSTEM_TIME ...``."""
        start = self.token.start
        if self.are_words("as", "of"):
            self.at += 2
            self.take_one("timestamp", "transaction", "tag")
            self._moment_value(table, start)
        elif self.are_words("for", "system_time"):
            self.at += 2
            if self.take("as", "of"):
                self.take_one("timestamp", "transaction", "tag")
                self._moment_value(table, start)
            elif self.take("between"):
                self._moment_value(table, start)
                self.expect("and")
                self._moment_value(table, start)
            elif self.take("from"):
                self._moment_value(table, start)
                self.expect("to")
                self._moment_value(table, start)
            elif not self.take("all"):
                raise self.error()
        else:
            return ""
        return self.text[start : self.tokens[self.at - 1].end]

    def _moment_value(self, table: tree.Table, start: int) -> None:
        """Go past the value of such a clause: the time travel plugin reads it."""
        first = self.token.start
        value = self.expression(7)
        table.moments.append((first - start, self.tokens[self.at - 1].end - start, value))
