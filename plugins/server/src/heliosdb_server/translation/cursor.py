"""A place among a statement's tokens, and what every part of the parser does there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..protocol.errors import PgError
from ..types.registry import PgType
from . import tree
from .lexer import Kind, Token, scan, syntax_error

if TYPE_CHECKING:
    from .domains import Domain

# Words that are no names unless they are quoted; a few more than SQLite's, a few less than the standard's.
RESERVED = frozenset(
    [
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "asymmetric",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "constraint",
        "create",
        "current_catalog",
        "current_date",
        "current_role",
        "current_time",
        "current_timestamp",
        "current_user",
        "default",
        "deferrable",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "grant",
        "group",
        "having",
        "in",
        "initially",
        "intersect",
        "into",
        "lateral",
        "leading",
        "limit",
        "localtime",
        "localtimestamp",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "placing",
        "primary",
        "references",
        "returning",
        "select",
        "session_user",
        "some",
        "symmetric",
        "table",
        "then",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "variadic",
        "when",
        "where",
        "window",
        "with",
    ]
)
# Words that may not stand as a table's or column's alias without AS: what follows them goes on with the clause.
NO_ALIAS = RESERVED | frozenset(
    [
        "authorization",
        "binary",
        "concurrently",
        "cross",
        "current_schema",
        "freeze",
        "full",
        "ilike",
        "inner",
        "is",
        "isnull",
        "join",
        "left",
        "like",
        "natural",
        "notnull",
        "outer",
        "overlaps",
        "right",
        "similar",
        "tablesample",
        "verbose",
        "over",
        "filter",
        "within",
        "set",
        "values",
    ]
)


class OwnTypes(Protocol):
    """What a statement's types are looked up in beside PostgreSQL's own."""

    def type_named(self, name: str, *, qualified: bool = True) -> PgType | None:
        """Return the type of the database's own that has this name, ``_name`` for an array of it."""

    def domain_named(self, name: str, *, qualified: bool = True) -> Domain | None:
        """Return the domain of this name."""


class TokenCursor:
    """Walks over the tokens of one statement."""

    def __init__(self, text: str, own_types: OwnTypes | None = None) -> None:
        self.text = text
        self.own_types = own_types
        self.tokens = list(scan(text))
        self.at = 0
        self.parameters = 0  # the highest number seen
        self.intos: list[tree.Core] = []  # queries with INTO

    @property
    def token(self) -> Token:
        """The token at hand."""
        return self.tokens[self.at]

    def ahead(self, count: int = 1) -> Token:
        """Return a token further on."""
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def error(self, token: Token | None = None) -> PgError:
        """Return the error for the token at hand."""
        return syntax_error(token or self.token, self.text)

    def advance(self) -> Token:
        """Return the token at hand and go on."""
        token = self.tokens[self.at]
        if token.kind is not Kind.END:
            self.at += 1
        return token

    def is_word(self, *words: str) -> bool:
        """Is the token at hand one of these keywords?"""
        token = self.tokens[self.at]
        return token.kind is Kind.WORD and token.value in words

    def are_words(self, *words: str) -> bool:
        """Do these keywords follow one another here?"""
        return all(
            self.ahead(i).kind is Kind.WORD and self.ahead(i).value == word for i, word in enumerate(words)
        )

    def is_op(self, *ops: str) -> bool:
        """Is the token at hand one of these operators or signs?"""
        token = self.tokens[self.at]
        return token.kind is Kind.OPERATOR and token.value in ops

    def take(self, *words: str) -> bool:
        """Go past these keywords, if they all stand here."""
        if not self.are_words(*words):
            return False
        self.at += len(words)
        return True

    def take_one(self, *words: str) -> str:
        """Go past the one of these keywords that stands here, and return it; "" for none."""
        if self.is_word(*words):
            return self.advance().value
        return ""

    def take_op(self, op: str) -> bool:
        """Go past this sign, if it stands here."""
        if self.is_op(op):
            self.at += 1
            return True
        return False

    def expect(self, *words: str) -> None:
        """Go past these keywords, which must stand here."""
        for word in words:
            if not self.take(word):
                raise self.error()

    def expect_op(self, op: str) -> None:
        """Go past this sign, which must stand here."""
        if not self.take_op(op):
            raise self.error()

    def done(self) -> bool:
        """Is the statement over?"""
        self.take_op(";")
        return self.token.kind is Kind.END

    def name(self) -> str:
        """Return the identifier at hand, any word but the reserved ones."""
        token = self.token
        if token.kind is Kind.QUOTED or (token.kind is Kind.WORD and token.value not in RESERVED):
            self.at += 1
            return token.value
        raise self.error()

    def label(self) -> str:
        """Return the identifier at hand, any word: behind AS or a dot nothing is reserved."""
        token = self.token
        if token.kind in (Kind.QUOTED, Kind.WORD):
            self.at += 1
            return token.value
        raise self.error()

    def qualified(self) -> tuple[str, ...]:
        """Return a name with what stands before its dots."""
        parts = [self.name()]
        while self.is_op(".") and self.ahead().kind in (Kind.WORD, Kind.QUOTED):
            self.at += 1
            parts.append(self.label())
        return tuple(parts)

    def names_in_parentheses(self) -> tuple[str, ...]:
        """Return ``(a, b)``."""
        self.expect_op("(")
        found = [self.label()]
        while self.take_op(","):
            found.append(self.label())
        self.expect_op(")")
        return tuple(found)

    def skip_parentheses(self) -> str:
        """Return the text of a balanced ``( ... )`` at hand, and go past it."""
        start, depth = self.token.start, 0
        while True:
            token = self.advance()
            if token.kind is Kind.END:
                raise self.error(token)
            if token.kind is Kind.OPERATOR:
                depth += (token.value == "(") - (token.value == ")")
                if depth == 0:
                    return self.text[start : token.end]
