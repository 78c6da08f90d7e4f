"""The parser's part for MERGE."""

from __future__ import annotations

from ..protocol.errors import PgError
from . import tree
from .modifications import Modifications


class MergeStatements(Modifications):
    """Reads MERGE."""

    def _merge(self) -> tree.Merge:
        at = self.token.start
        self.expect("merge", "into")
        table = self._target_table()
        self.expect("using")
        source = self._joined()
        self.expect("on")
        on = self.expression()
        whens = [self._when()]
        while self.is_word("when"):
            whens.append(self._when())
        for at_place, each in enumerate(whens):
            if any(other.matched == each.matched and other.condition is None for other in whens[:at_place]):
                raise PgError(
                    "42601",
                    "unreachable WHEN clause specified after unconditional WHEN clause",
                    position=each.at + 1,
                )
        return tree.Merge(table, source, on, whens, at=at)

    def _when(self) -> tree.When:
        at = self.token.start
        self.expect("when")
        matched = not self.take("not")
        self.expect("matched")
        condition = self.expression() if self.take("and") else None
        self.expect("then")
        made = tree.When(matched, condition, "nothing", at=at)
        if self.take("do"):
            self.expect("nothing")
        elif not matched:
            self._inserted(made)
        elif self.take("delete"):
            made.action = "delete"
        else:
            self.expect("update", "set")
            made.action, made.sets = "update", self._sets()
        return made

    def _inserted(self, made: tree.When) -> None:
        self.expect("insert")
        made.action = "insert"
        if self.is_op("("):
            made.columns = self.names_in_parentheses()
        if self.take("overriding"):
            made.overriding = self.take_one("system", "user")
            if not made.overriding:
                raise self.error()
            self.expect("value")
        if self.take("default", "values"):
            if made.columns or made.overriding:
                raise self.error(self.tokens[self.at - 1])
            return
        self.expect("values")
        self.expect_op("(")
        made.values = self.expressions()
        self.expect_op(")")
