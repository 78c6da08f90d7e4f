"""The simple query: a text of statements, each run and answered to its end."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..protocol import messages, replies
from ..protocol.errors import PgError
from ..translation.lexer import split
from ..translation.translate import Translated
from .execution import Stale
from .plans import Shape, fields, plan_of
from .portals import Portal, Statement

if TYPE_CHECKING:
    from .session import Session


_SHORT = 200  # texts that are likely to come again: BEGIN, COMMIT
Shaped = tuple[str, Translated, tuple[Any, ...]]


def statements_of(text: str) -> list[tuple[str, int]]:
    """Return the statements of a text, and where each begins."""
    return _split_short(text) if len(text) < _SHORT else split(text)


_split_short = lru_cache(maxsize=1024)(split)


class SimpleQueries:
    """The part of a session that answers Query."""

    alone: bool

    def _query(self: Session, body: bytes) -> None:  # type: ignore[misc]
        text = messages.query(body)
        if (unnamed := self.portals.pop("", None)) is not None:
            unnamed.close()
        self.statements.pop("", None)
        shaped = None if self.transaction.failed else self.engine.filled(text, sure=False)
        if shaped is not None:
            self.alone = True
            self.run_simple(shaped[0], last=True, shaped=shaped)
            self.ready()
            return
        statements = statements_of(text)
        if not statements:
            self.emit(replies.EMPTY_QUERY)
            self.ready()
            return
        self.alone = len(statements) == 1
        last = statements[-1]
        for each in statements:
            piece, start = each
            try:
                self.run_simple(piece, last=each is last)
            except PgError as error:
                if error.position and start:
                    error.position += start
                raise
        self.end_implicit()
        self.ready()

    def run_simple(self: Session, text: str, *, last: bool, shaped: Shaped | None = None) -> None:  # type: ignore[misc]
        """Run one statement of a Query, and send all that it returns.

        :param last: it is the last one: what nobody began ends with it
        :param shaped: what it means, where that is known by its shape
        """
        self.begun(text)
        try:
            portal = self._simple_portal(text, shaped)
            if portal is None:
                return
            try:
                if portal.columns is not None:
                    self.emit(self.description(portal))
                self.send_rows(portal, 0)
                self.finish(portal)
            finally:
                portal.close()
            if last:
                self.end_implicit()
            self.emit(replies.complete(portal.tag))
        except PgError as error:
            raise self.why(error) from None
        finally:
            self.over()

    def _simple_portal(self: Session, text: str, shaped: Shaped | None) -> Portal | None:  # type: ignore[misc]
        """Return a statement of a Query, started; None for a command, which has been run."""
        sure = False
        while True:
            portal = self._made_portal(text, shaped, sure=sure)
            try:
                if portal is not None:
                    self.start(portal)
            except Stale:
                if sure:
                    raise
                sure = True  # nobody has been told yet what it returns
            else:
                return portal

    def _made_portal(self: Session, text: str, shaped: Shaped | None, *, sure: bool) -> Portal | None:  # type: ignore[misc]
        if (shaped is None or sure) and not self.transaction.failed:
            shaped = self.engine.filled(text, sure=sure)
        if shaped is not None:
            _, made, values = shaped
        else:
            made, values = self.translate(text, (), sure=sure), ()
            if made.kind == "command":
                self.command(made, text)
                return None
            self.no_parameters(made)
        plan = plan_of(made, self.settings.zone)
        if not (sure or plan.checked_later):
            return self._made_portal(text, None, sure=True)
        if plan.catalog:
            self.refresh_catalog()
        return Portal(Statement(text, (), made, version=self.engine.version), values)

    def description(self: Session, portal: Portal) -> bytes:  # type: ignore[misc]
        """Return RowDescription for a portal that has been started."""
        made = portal.statement.made
        if made is not None and made.plan is not None and portal.columns is made.columns:
            shape: Shape = made.plan.shape(portal.formats)
            return shape.description
        return replies.row_description(fields(portal.columns or ()), portal.formats)
