"""The parser's part for windows: what stands in the parentheses behind OVER."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol.errors import PgError
from . import tree
from .lexer import Kind
from .type_names import TypeNames


class WindowClauses(TypeNames):
    """Reads windows and their frames."""

    if TYPE_CHECKING:

        def expression(self, level: int = 0) -> tree.Node: ...
        def expressions(self) -> list[tree.Node]: ...
        def order_by(self) -> list[tree.Order]: ...

    def window(self) -> tree.Window:
        """Return ``( PARTITION BY ... ORDER BY ... frame )``."""
        at = self.token.start
        self.expect_op("(")
        base, partition, order, frame = "", [], [], None
        if self.token.kind is Kind.QUOTED or (
            self.token.kind is Kind.WORD and not self.is_word("partition", "order", "rows", "range", "groups")
        ):
            base = self.name()
        if self.take("partition", "by"):
            partition = self.expressions()
        if self.is_word("order"):
            order = self.order_by()
        if self.is_word("rows", "range", "groups"):
            frame = self._frame()
        self.expect_op(")")
        return tree.Window(base, partition, order, frame, at=at)

    def _frame(self) -> tree.Frame:
        at = self.token.start
        mode = self.advance().value
        if self.take("between"):
            start = self._bound()
            self.expect("and")
            made = tree.Frame(mode, start, self._bound(), at=at)
        else:
            made = tree.Frame(mode, self._bound(), None, at=at)
        self._refuse_empty(made)
        if self.take("exclude"):
            words = (("no", "others"), ("current", "row"), ("group",), ("ties",))
            found = next((each for each in words if self.take(*each)), None)
            if found is None:
                raise self.error()
            made.exclude = "" if found[0] == "no" else " ".join(found)
        return made

    def _refuse_empty(self, frame: tree.Frame) -> None:
        start, end = frame.start.kind, frame.end.kind if frame.end is not None else "current row"
        said = ""
        if start == "unbounded following":
            said = "frame start cannot be UNBOUNDED FOLLOWING"
        elif end == "unbounded preceding":
            said = "frame end cannot be UNBOUNDED PRECEDING"
        elif start == "current row" and end == "preceding":
            said = "frame starting from current row cannot have preceding rows"
        elif start == "following" and end in ("current row", "preceding"):
            said = "frame starting from following row cannot "
            said += "have preceding rows" if end == "preceding" else "end with current row"
        if said:
            raise PgError("42P20", said, position=frame.at + 1)

    def _bound(self) -> tree.Bound:
        at = self.token.start
        if self.take("current", "row"):
            return tree.Bound("current row", at=at)
        unbounded = self.take("unbounded")
        offset = None if unbounded else self.expression()
        side = self.take_one("preceding", "following")
        if not side:
            raise self.error()
        return tree.Bound(f"unbounded {side}" if unbounded else side, offset, at=at)
