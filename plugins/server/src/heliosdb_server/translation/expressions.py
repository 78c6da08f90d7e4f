"""The parser's part for expressions: operators by their precedence, and all that may stand between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..protocol.errors import PgError
from ..types import registry
from ..types.registry import Sized
from . import tree
from .cursor import RESERVED
from .lexer import Kind
from .window_clauses import WindowClauses

OR, AND, NOT, IS, COMPARE, RANGE, OTHER, ADD, MULTIPLY, POWER, ZONE, COLLATE, SIGN, INDEX = range(1, 15)
_COMPARE = frozenset(("=", "<>", "!=", "<", ">", "<=", ">="))
_LEVELS = {"+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "%": MULTIPLY, "^": POWER}
# Words that are functions without parentheses.
NILADIC = frozenset(
    [
        "current_date",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
        "current_user",
        "session_user",
        "user",
        "current_role",
        "current_catalog",
        "current_schema",
    ]
)


class Expressions(WindowClauses):
    """Reads expressions; queries in them are read by the class that has both."""

    if TYPE_CHECKING:

        def query(self) -> tree.Node: ...
        def order_by(self) -> list[tree.Order]: ...

    def expression(self, level: int = 0) -> tree.Node:
        """Return the expression here, as far as operators bind tighter than ``level``."""
        left = self._prefix()
        while True:
            found = self._infix(left, level)
            if found is None:
                return left
            left = found

    def expressions(self) -> list[tree.Node]:
        """Return a list with commas."""
        found = [self.expression()]
        while self.take_op(","):
            found.append(self.expression())
        return found

    # ---- operators ----

    def _prefix(self) -> tree.Node:
        token = self.token
        if token.kind is Kind.WORD and token.value == "not":
            self.at += 1
            return tree.Unary("NOT", self.expression(NOT), at=token.start)
        if token.kind is Kind.OPERATOR and token.value not in (
            "(",
            ")",
            "[",
            "]",
            ",",
            ";",
            ".",
            ":",
            "::",
            "*",
        ):
            self.at += 1
            return tree.Unary(
                token.value, self.expression(SIGN if token.value in "+-" else OTHER), at=token.start
            )
        return self._postfix(self._primary())

    def _postfix(self, node: tree.Node) -> tree.Node:
        first = node
        while True:
            at = self.token.start
            if self.take_op("::"):
                sized, name = self.type_name(domains=True)
                node = self.in_domain(tree.Cast(node, sized, name, at=at))
            elif self.is_op("["):
                self.at += 1
                made = self._subscript(node, at)
                made.apart = node is first
                node = made
            elif self.is_op(".") and not isinstance(node, tree.Const):
                self.at += 1
                if self.take_op("*"):
                    return tree.Star(("*",), at=at)
                node = tree.Access(node, self.label(), at=at)
            else:
                return node

    @classmethod
    def of_text(cls, text: str, level: int = 0) -> tree.Node:
        """Return the expression that a text is, and nothing more.

        :raises PgError: it is none
        """
        parser = cls(text)
        made = parser.expression(level)
        if not parser.done():
            raise parser.error()
        return made

    def in_domain(self, node: tree.Node) -> tree.Node:
        """Return a cast to the type that was read last, whose domain has constraints."""
        if self.domain is None:
            return node
        conditions = {name: (self.of_text(clause),) for name, clause in self.domain.checks}
        return tree.InDomain(node, self.domain, conditions, at=node.at)

    def _subscript(self, node: tree.Node, at: int) -> tree.Subscript:
        lower = None if self.is_op(":") else self.expression()
        if self.take_op(":"):
            upper = None if self.is_op("]") else self.expression()
            self.expect_op("]")
            return tree.Subscript(node, lower, upper, is_slice=True, at=at)
        self.expect_op("]")
        return tree.Subscript(node, lower, at=at)

    def _infix(self, left: tree.Node, level: int) -> tree.Node | None:
        token = self.token
        at = token.start
        if token.kind is Kind.OPERATOR:
            return self._operator(left, level, token.value, at)
        if token.kind is not Kind.WORD:
            return None
        word = token.value
        if word == "or" and level < OR:
            self.at += 1
            return tree.Binary("OR", left, self.expression(OR), at=at)
        if word == "and" and level < AND:
            self.at += 1
            return tree.Binary("AND", left, self.expression(AND), at=at)
        if word in ("is", "isnull", "notnull") and level < IS:
            self.at += 1
            return self._is(left, word, at)
        if level < RANGE and (found := self._range(left, at)) is not None:
            return found
        if word == "operator" and self.ahead().value == "(" and level < OTHER:
            self.at += 2
            while not self.is_op(")"):
                name = self.advance().value
            self.at += 1
            return self._with_operator(left, name, COMPARE if name in _COMPARE else OTHER, at)
        if word == "at" and self.are_words("at", "time", "zone") and level < ZONE:
            self.at += 3
            return tree.AtZone(left, self.expression(ZONE), at=at)
        if word == "collate" and level < COLLATE:
            self.at += 1
            return self._postfix(tree.Collate(left, ".".join(self.qualified()), at=at))
        if word == "overlaps" and level < RANGE:
            self.at += 1
            right = self.expression(RANGE)
            if not (isinstance(left, tree.Row) and isinstance(right, tree.Row)):
                raise self.error()
            return tree.Call("overlaps", [*left.items, *right.items], at=at)
        return None

    def _operator(self, left: tree.Node, level: int, op: str, at: int) -> tree.Node | None:
        if op in ("(", ")", "[", "]", ",", ";", ".", ":", "::", ":=", "=>", ".."):
            return None
        own = COMPARE if op in _COMPARE else _LEVELS.get(op, OTHER)
        if level >= own:
            return None
        self.at += 1
        return self._with_operator(left, "<>" if op == "!=" else op, own, at)

    def _with_operator(self, left: tree.Node, op: str, own: int, at: int) -> tree.Node:
        if self.is_word("any", "some", "all") and self.ahead().value == "(":
            every = self.advance().value == "all"
            self.at += 1
            inner = self.query() if self._at_query() else self.expression()
            self.expect_op(")")
            return tree.Quantified(left, op, every, inner, at=at)
        return tree.Binary(op, left, self.expression(own), at=at)

    def _is(self, left: tree.Node, word: str, at: int) -> tree.Node:
        if word != "is":
            return tree.Is(left, "null", word == "notnull", at=at)
        negated = self.take("not")
        if self.take("distinct", "from"):
            return tree.Is(left, "distinct", negated, self.expression(IS), at=at)
        what = self.take_one("null", "true", "false", "unknown")
        if not what:
            raise self.error()
        return tree.Is(left, what, negated, at=at)

    def _range(self, left: tree.Node, at: int) -> tree.Node | None:
        negated = self.is_word("not") and self.ahead().value in ("between", "in", "like", "ilike", "similar")
        word = self.ahead().value if negated else self.token.value
        if word not in ("between", "in", "like", "ilike", "similar"):
            return None
        self.at += 1 + negated
        if word == "between":
            symmetric = self.take("symmetric") or (self.take("asymmetric") and False)
            low = self.expression(RANGE)
            self.expect("and")
            return tree.Between(left, low, self.expression(RANGE), negated, symmetric, at=at)
        if word == "in":
            self.expect_op("(")
            items: Any = self.query() if self._at_query() else self.expressions()
            self.expect_op(")")
            return tree.In(left, items, negated, at=at)
        if word == "similar":
            self.expect("to")
        if self.is_word("any", "some", "all") and self.ahead().value == "(":
            every = self.advance().value == "all"
            self.at += 1
            inner = self.query() if self._at_query() else self.expression()
            self.expect_op(")")
            op = {"like": "~~", "ilike": "~~*"}.get(word, word)
            return tree.Quantified(left, ("!" if negated else "") + op, every, inner, at=at)
        pattern = self.expression(RANGE)
        escape = self.expression(RANGE) if self.take("escape") else None
        return tree.Like(word, left, pattern, escape, negated, at=at)

    def _at_query(self) -> bool:
        depth = 0
        while self.ahead(depth).value == "(" and self.ahead(depth).kind is Kind.OPERATOR:
            depth += 1
        token = self.ahead(depth)
        return token.kind is Kind.WORD and token.value in ("select", "values", "with", "table")

    # ---- what stands between operators ----

    def _primary(self) -> tree.Node:
        token = self.token
        at = token.start
        if token.kind is Kind.NUMBER:
            self.at += 1
            return number(token.value, at)
        if token.kind is Kind.STRING:
            self.at += 1
            return tree.Const(token.value, "string", at=at)
        if token.kind is Kind.PARAMETER:
            self.at += 1
            if not 0 < int(token.value) <= 65535:
                raise PgError("42P02", f"there is no parameter ${token.value}", position=at + 1)
            self.parameters = max(self.parameters, int(token.value))
            return tree.Param(int(token.value), at=at)
        if self.take_op("("):
            return self._parenthesis(at)
        if token.kind is Kind.OPERATOR and token.value == "*":
            self.at += 1
            return tree.Star(at=at)
        if token.kind is Kind.WORD:
            special = getattr(self, f"_word_{token.value}", None)
            if special is not None:
                found: tree.Node | None = special(at)
                if found is not None:
                    return found
            if token.value in NILADIC and not (self.ahead().value == "(" and token.value == "current_schema"):
                self.at += 1
                if self.is_op("("):
                    self.skip_parentheses()  # a precision
                return tree.Call(token.value, [], at=at)
            if token.value in RESERVED and token.value not in ("left", "right"):
                raise self.error()
        return self._name_or_call(at)

    def _parenthesis(self, at: int) -> tree.Node:
        if self._at_query() or self.is_word("select", "values", "with", "table"):
            query = self.query()
            self.expect_op(")")
            return tree.Sub("scalar", query, at=at)
        items = self.expressions()
        self.expect_op(")")
        return items[0] if len(items) == 1 else tree.Row(items, at=at)

    def _name_or_call(self, at: int) -> tree.Node:
        parts = [self.label()]
        while self.is_op("."):
            if self.ahead().value == "*" and self.ahead().kind is Kind.OPERATOR:
                self.at += 2
                return tree.Star(tuple(parts), at=at)
            self.at += 1
            parts.append(self.label())
        if self.is_op("("):
            return self._call(parts, at)
        if self.token.kind is Kind.STRING and len(parts) <= 2:  # date '2024-01-01'
            kind = registry.by_name(parts[-1]) or self.own_type(tuple(parts), quoted=True)
            if kind is not None:
                return tree.Cast(
                    tree.Const(self.advance().value, "string", at=at), Sized(kind), parts[-1], at=at
                )
            if (domain := self.domain_of(tuple(parts))) is not None:
                self.domain = domain
                value = tree.Const(self.advance().value, "string", at=at)
                return self.in_domain(tree.Cast(value, domain.base, domain.name, at=at))
        return tree.Name(tuple(parts), at=at)

    def _call(self, parts: list[str], at: int) -> tree.Node:
        self.expect_op("(")
        call = tree.Call(parts[-1], [], ".".join(parts[:-1]), at=at)
        if self.is_op("*") and self.ahead().value == ")":
            self.at += 1
            call.star = True
        elif not self.is_op(")"):
            call.distinct = self.take("distinct") or (self.take("all") and False)
            while True:
                if self.take("variadic"):
                    call.variadic = True
                if self.token.kind in (Kind.WORD, Kind.QUOTED) and self.ahead().value in ("=>", ":="):
                    name = self.label()
                    self.at += 1
                    call.named[name] = self.expression()
                else:
                    call.args.append(self.expression())
                if not self.take_op(","):
                    break
            if self.is_word("order"):
                call.order = self.order_by()
        self.expect_op(")")
        if self.are_words("within", "group"):
            self.at += 2
            self.expect_op("(")
            call.order = self.order_by()
            self.expect_op(")")
            call.name += " within group"
        if self.is_word("filter") and self.ahead().value == "(":
            self.at += 2
            self.expect("where")
            call.filter = self.expression()
            self.expect_op(")")
        if self.take("over"):
            call.over = self.window() if self.is_op("(") else self.name()
        return call


def number(text: str, at: int) -> tree.Const:
    """Return the constant for digits: an integer if 64 bits hold it, else a numeric."""
    if text[:2] in ("0x", "0X"):
        return tree.Const(int(text, 16), "int", at=at)
    if text.isdigit():
        value = int(text)
        if value < 2**63:
            return tree.Const(value, "int", at=at)
    return tree.Const(text, "numeric", at=at)
