"""The parser's part for words with a grammar of their own: CASE, CAST, EXTRACT, TRIM, typed literals."""

from __future__ import annotations

from ..protocol.errors import PgError
from ..types.registry import INTERVAL, Sized
from . import tree
from .expressions import RANGE, Expressions
from .lexer import Kind


class Words(Expressions):
    """Reads what begins with such a word."""

    # ---- words with a grammar of their own ----

    def _word_null(self, at: int) -> tree.Node:
        self.at += 1
        return tree.Const(None, "null", at=at)

    def _word_true(self, at: int) -> tree.Node:
        self.at += 1
        return tree.Const(True, "bool", at=at)

    def _word_false(self, at: int) -> tree.Node:
        self.at += 1
        return tree.Const(False, "bool", at=at)

    def _word_default(self, at: int) -> tree.Node:
        self.at += 1
        return tree.Default(at=at)

    def _word_case(self, at: int) -> tree.Node:
        self.at += 1
        operand = None if self.is_word("when") else self.expression()
        whens = []
        while self.take("when"):
            condition = self.expression()
            self.expect("then")
            whens.append((condition, self.expression()))
        otherwise = self.expression() if self.take("else") else None
        if not whens:
            raise self.error()
        self.expect("end")
        return tree.Case(operand, whens, otherwise, at=at)

    def _word_cast(self, at: int) -> tree.Node | None:
        self.at += 1
        self.expect_op("(")
        operand = self.expression()
        self.expect("as")
        sized, name = self.type_name(domains=True)
        made: tree.Node = tree.Cast(operand, sized, name, at=at)
        made = self.in_domain(made)
        self.expect_op(")")
        return made

    def _word_exists(self, at: int) -> tree.Node | None:
        if self.ahead().value != "(":
            return None
        self.at += 2
        query = self.query()
        self.expect_op(")")
        return tree.Sub("exists", query, at=at)

    def _word_array(self, at: int) -> tree.Node | None:
        self.at += 1
        if self.take_op("("):
            query = self.query()
            self.expect_op(")")
            return tree.Sub("array", query, at=at)
        return self._array_items(at)

    def _array_items(self, at: int) -> tree.Node:
        self.expect_op("[")
        items: list[tree.Node] = []
        if not self.is_op("]"):
            while True:
                items.append(self._array_items(self.token.start) if self.is_op("[") else self.expression())
                if not self.take_op(","):
                    break
        self.expect_op("]")
        return tree.Array(items, at=at)

    def _word_row(self, at: int) -> tree.Node | None:
        if self.ahead().value != "(":
            return None
        self.at += 2
        items = [] if self.is_op(")") else self.expressions()
        self.expect_op(")")
        return tree.Row(items, at=at)

    def _word_interval(self, at: int) -> tree.Node | None:
        if self.ahead().kind is not Kind.STRING:
            return None
        self.at += 1
        text = self.advance().value
        found = self.interval_modifier(())
        sized = Sized(INTERVAL, found[0]) if found else Sized(INTERVAL)
        return tree.Cast(tree.Const(text, "string", at=at), sized, "interval", at=at)

    def _typed_literal(self, at: int) -> tree.Node | None:
        """``timestamp with time zone '...'``, ``double precision '1'``"""
        mark = self.at
        try:
            sized, name = self.type_name()
        except PgError:
            self.at = mark
            return None
        if self.token.kind is not Kind.STRING:
            self.at = mark
            return None
        return tree.Cast(tree.Const(self.advance().value, "string", at=at), sized, name, at=at)

    _word_timestamp = _word_time = _word_double = _word_character = _word_varchar = _word_numeric = (
        _typed_literal
    )

    def _word_normalize(self, at: int) -> tree.Node | None:
        if self.ahead().value != "(":
            return None
        self.at += 2
        args = [self.expression()]
        if self.take_op(","):
            args.append(tree.Const(self.advance().value, "string", at=at))
        self.expect_op(")")
        return tree.Call("normalize", args, at=at)

    def _word_extract(self, at: int) -> tree.Node | None:
        if self.ahead().value != "(":
            return None
        self.at += 2
        field = self.advance().value
        self.expect("from")
        operand = self.expression()
        self.expect_op(")")
        return tree.Call("extract", [tree.Const(field, "string", at=at), operand], at=at)

    def _word_position(self, at: int) -> tree.Node | None:
        if self.ahead().value != "(":
            return None
        self.at += 2
        needle = self.expression(RANGE)
        self.expect("in")
        haystack = self.expression()
        self.expect_op(")")
        return tree.Call("position", [haystack, needle], at=at)

    def _word_substring(self, at: int) -> tree.Node | None:
        if self.ahead().value != "(":
            return None
        self.at += 2
        args = [self.expression()]
        if self.is_word("from", "for"):
            start = self.expression() if self.take("from") else tree.Const(1, "int", at=at)
            args.append(start)
            if self.take("for"):
                args.append(self.expression())
        elif self.take("similar"):
            raise PgError("0A000", "SUBSTRING SIMILAR is not supported", position=at + 1)
        else:
            while self.take_op(","):
                args.append(self.expression())
        self.expect_op(")")
        return tree.Call("substring", args, at=at)

    def _word_overlay(self, at: int) -> tree.Node | None:
        if self.ahead().value != "(":
            return None
        self.at += 2
        args = [self.expression()]
        self.expect("placing")
        args.append(self.expression())
        self.expect("from")
        args.append(self.expression())
        if self.take("for"):
            args.append(self.expression())
        self.expect_op(")")
        return tree.Call("overlay", args, at=at)

    def _word_trim(self, at: int) -> tree.Node | None:
        if self.ahead().value != "(":
            return None
        self.at += 2
        side = self.take_one("both", "leading", "trailing")
        name = {"leading": "ltrim", "trailing": "rtrim"}.get(side, "btrim")
        if self.take("from"):
            args = self.expressions()
        else:
            args = self.expressions()
            if self.take("from"):
                args = [*self.expressions(), *args]
        self.expect_op(")")
        return tree.Call(name, args, at=at)

    def _word_select(self, at: int) -> tree.Node | None:
        raise self.error()
