"""The parser's part for the constraints of tables, and for when they are looked at."""

from __future__ import annotations

from ..protocol.errors import PgError
from . import tree
from .queries import Queries


class ConstraintClauses(Queries):
    """Reads them."""

    def _says_when(self) -> bool:
        """Is it said next whether a constraint can wait for the end of the transaction?"""
        return self.is_word("deferrable", "initially") or (
            self.is_word("not") and self.tokens[self.at + 1].value == "deferrable"
        )

    def _deferred(self) -> str:
        """Take what says whether a constraint can wait, and return it as SQLite has it: "" if it can't."""
        found = ""
        while self._says_when():
            if self.take("not", "deferrable"):
                pass
            elif self.take("deferrable"):
                found = found or " DEFERRABLE INITIALLY IMMEDIATE"
            elif self.take("initially") and self.advance().value == "deferred":
                found = " DEFERRABLE INITIALLY DEFERRED"
        return found

    def _at_once(self) -> None:
        at = self.token.start
        if self._deferred():
            raise PgError("0A000", "only foreign keys can be deferred", position=at + 1)

    def _reference(self) -> tree.Reference:
        self.expect("references")
        table = self.qualified()
        columns = self.names_in_parentheses() if self.is_op("(") else ()
        actions = ""
        while True:
            if self.take("match"):
                if self.advance().value != "simple":
                    raise PgError("0A000", "only MATCH SIMPLE is supported")
            elif self.take("on"):
                event = self.advance().value.upper()
                if self.take("set"):
                    action = "SET " + self.advance().value.upper()
                elif self.take("no"):
                    self.expect("action")
                    action = "NO ACTION"
                else:
                    action = self.advance().value.upper()
                actions += f" ON {event} {action}"
            elif self._says_when():
                actions += self._deferred()
            else:
                return tree.Reference(table, columns, actions)

    def table_constraint(self) -> tree.TableConstraint:
        """Return a table's constraint."""
        at = self.token.start
        name = self.label() if self.take("constraint") else ""
        made = tree.TableConstraint("", name, at=at)
        if self.take("primary", "key"):
            made.kind, made.columns = "primary", self.names_in_parentheses()
        elif self.take("unique"):
            if self.take("using", "index") or self.take("nulls", "not"):
                raise PgError("0A000", "this form of UNIQUE is not supported", position=at + 1)
            made.kind, made.columns = "unique", self.names_in_parentheses()
        elif self.take("check"):
            self.expect_op("(")
            made.kind, made.check = "check", self.expression()
            self.expect_op(")")
            self.take("no", "inherit")
        elif self.take("foreign", "key"):
            made.kind, made.columns = "foreign", self.names_in_parentheses()
            made.references = self._reference()
        else:
            if self.is_word("exclude"):
                raise PgError("0A000", "exclusion constraints are not supported", position=at + 1)
            raise self.error()
        if self.take("include"):
            self.skip_parentheses()
        self._at_once()
        self.take("not", "valid")
        return made
