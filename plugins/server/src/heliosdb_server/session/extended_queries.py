"""The extended query: Parse, Bind, Describe, Execute, Close and Sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..protocol import messages, replies
from ..protocol.errors import PgError
from ..translation.translate import Translated
from .plans import fields, plan_of
from .portals import FEW, Portal, Statement
from .simple_queries import statements_of

if TYPE_CHECKING:
    from .session import Session


_FLUSH = 1 << 16
_DESCRIBE, _EXECUTE = b"D\0\0\0\6P\0", b"E\0\0\0\x09\0\0\0\0\0"  # the unnamed portal, to its end
_SYNC = b"S\0\0\0\4"
_TOGETHER = (_DESCRIBE + _EXECUTE + _SYNC, _EXECUTE + _SYNC, _DESCRIBE + _EXECUTE, _EXECUTE)  # behind Bind


class ExtendedQueries:
    """The part of a session that prepares statements and runs portals."""

    alone: bool
    skipping: bool

    def _parse(self: Session, body: bytes) -> None:  # type: ignore[misc]
        message = messages.parse(body)
        if message.name and message.name in self.statements:
            raise PgError("42P05", f'prepared statement "{message.name}" already exists')
        statements = statements_of(message.query)
        if len(statements) > 1:
            raise PgError("42601", "cannot insert multiple commands into a prepared statement")
        self.statements[message.name] = self.prepared(statements[0][0] if statements else "", message.types)
        self.emit(replies.PARSE_COMPLETE)

    def prepared(self: Session, text: str, types: tuple[int, ...]) -> Statement:  # type: ignore[misc]
        """Return a statement that is ready to be bound."""
        if not text:
            return Statement("", types, None)
        if self.transaction.failed and not self.ends_block(text):
            self.transaction.check()
        made = self.translate(text, types)
        return Statement(text, types, made, version=self.engine.version)

    def _bind(self: Session, body: bytes) -> None:  # type: ignore[misc]
        message = messages.bind(body)
        statement = self.statement_named(message.statement)
        made = self.current(statement, sure=False)
        if message.portal and message.portal in self.portals:
            raise PgError("42P03", f'cursor "{message.portal}" already exists')
        if self.transaction.failed and made is not None and not self.ends_block(statement.text):
            self.transaction.check()
        values: tuple[Any, ...] = ()
        given = (message.formats, message.values)
        if made is not None:
            try:
                values = plan_of(made, self.settings.zone).values(*given)
            except PgError:
                before, made = made, self.current(statement)
                if made is None or made is before:
                    raise
                values = plan_of(made, self.settings.zone).values(*given)  # its types are others by now
        elif message.values:
            raise PgError("08P01", "bind message supplies parameters, but the statement requires 0")
        if (old := self.portals.pop(message.portal, None)) is not None:
            old.close()
        read_as = made.parameters if made is not None else None
        portal = Portal(statement, values, message.results, message.portal, read_as, given)
        if not message.portal and made is not None:
            plan = made.plan
            if (plan.light and self._at_once(portal, made)) or (
                plan.by_itself and self._changed_at_once(portal, made)
            ):
                return
        self.portals[message.portal] = portal
        self.emit(replies.BIND_COMPLETE)

    def _at_once(self: Session, portal: Portal, made: Translated) -> bool:  # type: ignore[misc]
        """Answer Bind, Describe, Execute and Sync together, as far as they have come so: nearly all drivers ask so.

        Returns False when there is more to it; what has been done by then is in the portal.
        """
        wire = self.wire
        rest = next((each for each in _TOGETHER if wire.ahead(each)), None)
        if rest is None or portal.statement.version != self.engine.version:
            return False
        self.begun(portal.statement.text)
        try:
            self.transaction.check()
            self.transaction.before_read()
            if not self._run_light(portal, made.plan, made.sql[0]) or portal.spool is not None:
                self.counters.queries -= 1  # counted when it is executed
                return False
            rows = self.engine.fetch(portal.cursor, FEW)
            if len(rows) == FEW:
                portal.peeked = rows
                self.counters.queries -= 1
                return False
            shape = made.plan.shape(portal.formats)
            data = shape.encode.together(rows)
        except PgError as error:
            portal.close()
            raise self.why(error) from None
        finally:
            self.over()
        wire.skip(rest)
        self.counters.rows += len(rows)
        self.out += replies.BIND_COMPLETE
        if rest.startswith(_DESCRIBE):
            self.out += shape.description
        self.out += data
        self._complete_at_once(portal, f"SELECT {len(rows)}", rest)
        return True

    def _changed_at_once(self: Session, portal: Portal, made: Translated) -> bool:  # type: ignore[misc]
        """Answer the messages from Bind on together for a change of rows too, where it is compiled already."""
        wire = self.wire
        rest = next((each for each in _TOGETHER if wire.ahead(each)), None)
        if rest is None:
            return False
        self.alone = rest.endswith(_SYNC)
        self.begun(portal.statement.text)
        try:
            self.transaction.check()
            if not self.run_compiled(portal, made):
                self.counters.queries -= 1
                return False
            self.finish(portal)
            if self.alone:
                self.end_implicit()
        except PgError as error:
            raise self.why(error) from None
        finally:
            self.over()
        wire.skip(rest)
        self.out += replies.BIND_COMPLETE
        if rest.startswith(_DESCRIBE):
            self.out += replies.NO_DATA
        self._complete_at_once(portal, portal.tag, rest)
        return True

    def _complete_at_once(self: Session, portal: Portal, tag: str, rest: bytes) -> None:  # type: ignore[misc]
        self.out += replies.complete(tag)
        if rest.endswith(_SYNC):
            self._sync(b"")
        else:
            portal.done = True
            self.portals[""] = portal  # at its end, as it stays until Sync
            if len(self.out) > _FLUSH:
                self.flush()

    def statement_named(self: Session, name: str) -> Statement:  # type: ignore[misc]
        """Return a prepared statement."""
        found = self.statements.get(name)
        if found is None:
            shown = f'prepared statement "{name}"' if name else "unnamed prepared statement"
            raise PgError("26000", f"{shown} does not exist")
        return found

    def portal_named(self: Session, name: str) -> Portal:  # type: ignore[misc]
        """Return a portal."""
        found = self.portals.get(name)
        if found is None:
            raise PgError("34000", f'portal "{name}" does not exist')
        return found

    def _describe(self: Session, body: bytes) -> None:  # type: ignore[misc]
        message = messages.describe(body)
        if message.kind == "S":
            statement = self.statement_named(message.name)
            made = self.current(statement)
            parameters = [sized.type.oid for sized in made.parameters] if made is not None else []
            self.emit(replies.parameter_description(parameters))
            columns = self.described(statement)
            self.emit(
                replies.row_description(fields(columns), ()) if columns is not None else replies.NO_DATA
            )
            return
        portal = self.portal_named(message.name)
        made = portal.statement.made
        if made is not None and made.plan is not None and made.plan.light:
            self.emit(made.plan.shape(portal.formats).description)
            return
        columns = portal.columns if portal.started else self.described(portal.statement)
        if columns is None:
            self.emit(replies.NO_DATA)
        else:
            self.emit(replies.row_description(fields(columns), portal.formats))

    def _execute(self: Session, body: bytes) -> None:  # type: ignore[misc]
        message = messages.execute(body)
        portal = self.portal_named(message.portal)
        made = portal.statement.made
        if made is None:
            self.emit(replies.EMPTY_QUERY)
            return
        self.alone = self.wire.peek() == 0x53  # Sync comes next
        self.begun(portal.statement.text)
        try:
            if made.kind == "command":
                self.command(made, portal.statement.text, portal)
                return
            self.start(portal)
            if self.send_rows(portal, message.limit):
                self.emit(replies.PORTAL_SUSPENDED)
                return
            self.finish(portal)
            if self.alone and made.writes:
                self.end_implicit()
            self.emit(replies.complete(portal.tag))
        except PgError as error:
            raise self.why(error) from None
        finally:
            self.over()

    def _close(self: Session, body: bytes) -> None:  # type: ignore[misc]
        message = messages.close(body)
        if message.kind == "S":
            self.statements.pop(message.name, None)
        elif (portal := self.portals.pop(message.name, None)) is not None:
            portal.close()
        self.emit(replies.CLOSE_COMPLETE)

    def _sync(self: Session, body: bytes) -> None:  # type: ignore[misc]
        if self.skipping:
            self.skipping = False
            if not self.transaction.block:
                self.close_portals()
        else:
            try:
                self.end_implicit()
            except PgError as error:
                self.failed(error)
        self.ready()
