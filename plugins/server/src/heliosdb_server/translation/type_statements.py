"""The parser's part for CREATE TYPE, ALTER TYPE and CREATE DOMAIN."""

from __future__ import annotations

from ..protocol.errors import PgError
from . import tree
from .expressions import Expressions
from .lexer import Kind


class TypeStatements(Expressions):
    """Reads the statements about a database's own types."""

    def create_type(self, at: int) -> tree.CreateType:
        """Return ``CREATE TYPE name AS ENUM (...)``; its first two words have been read."""
        name = self.qualified()
        if not self.take("as", "enum"):
            what = "ranges" if self.is_word("as") and self.ahead().value == "range" else "composite types"
            what = what if self.is_word("as") else "base types"
            raise PgError(
                "0A000", f"CREATE TYPE makes enumerations alone: {what} are not supported", position=at + 1
            )
        self.expect_op("(")
        found: list[str] = []
        while not self.take_op(")"):
            found.append(self._label())
            if not self.take_op(","):
                self.expect_op(")")
                break
        return tree.CreateType(name, tuple(found), at=at)

    def create_domain(self, at: int) -> tree.CreateDomain:
        """Return the CREATE DOMAIN statement here; its first two words have been read."""
        name = self.qualified()
        self.take("as")
        made = tree.CreateDomain(name, self.type_name()[0], at=at)
        while True:
            label = self.label() if self.take("constraint") else ""
            start = self.token.start
            if self.take("not", "null"):
                made.not_null = True
            elif self.take("null"):
                pass
            elif self.take("check"):
                condition = self.skip_parentheses()[1:-1].strip()
                made.checks.append((label, condition))
                self.take("not", "valid")
            elif self.take("default") and not label:
                start = self.token.start
                self.expression(3)
                made.default = self.text[start : self.tokens[self.at - 1].end]
            elif self.take("collate") and not label:
                self.qualified()
            elif label or start != self.token.start:
                raise self.error()
            else:
                return made

    def alter_type(self, at: int) -> tree.AlterType:
        """Return the ALTER TYPE statement here; its first two words have been read."""
        made = tree.AlterType(self.qualified(), "nothing", at=at)
        if self.take("add", "value"):
            made.what = "add value"
            made.if_not_exists = self.take("if", "not", "exists")
            made.value = self._label()
            if where := self.take_one("before", "after"):
                made.before, made.beside = where == "before", self._label()
        elif self.take("rename", "value"):
            made.what, made.value = "rename value", self._label()
            self.expect("to")
            made.new = self._label()
        elif self.take("rename", "to"):
            made.what, made.new = "rename", self.label()
        elif self.take("owner", "to"):
            self.label()
        elif self.is_word("set", "add", "drop", "alter", "rename"):
            raise PgError("0A000", "ALTER TYPE changes enumerations alone", position=at + 1)
        else:
            raise self.error()
        return made

    def alter_domain(self, at: int) -> tree.AlterType:
        """Return the ALTER DOMAIN statement here, which changes nothing but the owner."""
        made = tree.AlterType(self.qualified(), "nothing", kind="domain", at=at)
        if not self.take("owner", "to"):
            raise PgError(
                "0A000", "ALTER DOMAIN is not supported", hint="Make another domain.", position=at + 1
            )
        self.label()
        return made

    def _label(self) -> str:
        if self.token.kind is not Kind.STRING:
            raise self.error()
        return self.advance().value
