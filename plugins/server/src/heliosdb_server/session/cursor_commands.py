"""PREPARE and EXECUTE, DECLARE and FETCH: prepared statements and cursors by SQL."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..protocol import replies
from ..protocol.errors import PgError
from ..translation import tree
from ..types.registry import Sized
from .plans import fields, row_encoder
from .portals import Portal, Statement

if TYPE_CHECKING:
    from .session import Session


class CursorCommands:
    """The part of a session's commands that is about statements and cursors."""

    def _do_prepare(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if args["name"] in self.statements:
            raise PgError("42P05", f'prepared statement "{args["name"]}" already exists')
        statement = self.prepared(args["text"].rstrip().rstrip(";"), tuple(args["types"]))
        statement.from_sql = True
        self.statements[args["name"]] = statement
        return "PREPARE"

    def _do_execute(self: Session, args: dict[str, Any], portal: Portal | None) -> None:  # type: ignore[misc]
        statement = self.statement_named(args["name"])
        made = self.current(statement)
        if made is None:
            self.emit(replies.EMPTY_QUERY)
            return
        if len(args["args"]) != len(made.parameters):
            raise PgError(
                "42601",
                f'wrong number of parameters for prepared statement "{args["name"]}"',
                detail=f"Expected {len(made.parameters)} parameters but got {len(args['args'])}.",
            )
        values: list[Any] = []
        for node, sized in zip(args["args"], made.parameters, strict=True):
            values.append(self._argument(node, sized))
        inner = Portal(statement, tuple(values), portal.formats if portal is not None else ())
        if made.kind == "command":
            self.command(made, statement.text, inner)
            return
        try:
            self.start(inner)
            if inner.columns is not None and portal is None:
                self.emit(replies.row_description(fields(inner.columns), ()))
            self.send_rows(inner, 0)
            self.finish(inner)
            self.emit(replies.complete(inner.tag))
        finally:
            inner.close()

    def _argument(self: Session, node: tree.Node, sized: Sized) -> Any:  # type: ignore[misc]
        """Return the value of an argument of EXECUTE, as one of the parameter's type."""
        from ..translation.schemas import Schemas
        from ..translation.scope import Scope

        writer = Schemas(self.engine.schema, (), self.settings.zone)
        made = writer.cast(writer.ex(node, Scope(), sized), sized, node.at)
        return self.engine.rows(f"SELECT {made.text}")[0][0]

    def _do_deallocate(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if not args["name"]:
            self.statements.clear()
            return "DEALLOCATE ALL"
        self.statement_named(args["name"])
        del self.statements[args["name"]]
        return "DEALLOCATE"

    # ---- cursors ----

    def _do_declare(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        name = args["name"]
        if not self.transaction.block and not args["hold"]:
            raise PgError("25P01", "DECLARE CURSOR can only be used in transaction blocks")
        if name in self.portals:
            raise PgError("42P03", f'cursor "{name}" already exists')
        types = (
            tuple(sized.type.oid for sized in portal.statement.made.parameters)
            if portal and portal.statement.made
            else ()
        )
        text = args["text"].rstrip().rstrip(";")
        made = self.translate(text, types)
        if made.kind not in ("query", "raw"):
            raise PgError("42601", "DECLARE CURSOR must be a query")
        values = portal.values if portal is not None else ()
        if len(values) != len(made.parameters):
            self.no_parameters(made)
        formats = (1,) if args["binary"] else ()
        opened = Portal(
            Statement(text, types, made),
            values,
            formats,
            name,
            hold=args["hold"],
            scroll=bool(args["scroll"]),
        )
        self.start(opened)
        if args["scroll"] or args["hold"]:
            self.spool(opened)
        self.portals[name] = opened
        return "DECLARE CURSOR"

    def _cursor(self: Session, name: str) -> Portal:  # type: ignore[misc]
        found = self.portals.get(name)
        if found is None:
            raise PgError("34000", f'cursor "{name}" does not exist')
        return found

    def _do_fetch(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        opened = self._cursor(args["name"])
        word = "MOVE" if args["move"] else "FETCH"
        if not args["move"] and opened.columns is not None:
            formats = portal.formats if portal is not None and portal.formats else opened.formats
            if portal is None:
                self.emit(replies.row_description(fields(opened.columns), opened.formats))
            elif formats != opened.formats and opened.spool is None and opened.encode is not None:
                opened.formats = formats
                opened.encode = row_encoder(opened.columns, formats, self.settings.zone)
        before = opened.count
        direction, count = args["direction"], args["count"]
        if direction == "forward" and count != 0:
            kept = len(self.out)
            self.send_rows(opened, max(count, 0))
            if args["move"]:
                del self.out[kept:]
            fetched = opened.count - before
            if (
                opened.spool is not None
                and opened.place == len(opened.spool)
                and (count < 0 or fetched < count)
            ):
                opened.place += 1  # behind the last row, as far as going back is concerned
            return f"{word} {opened.count - before}"
        return f"{word} {self._scroll(opened, direction, count, move=args['move'])}"

    _do_move = _do_fetch

    def _scroll(self: Session, opened: Portal, direction: str, count: int, *, move: bool) -> int:  # type: ignore[misc]
        """Fetch from a place that is not the next one; returns how many rows that were."""
        if opened.spool is None:
            if not opened.scroll and (
                opened.place or direction not in ("first", "absolute", "relative", "forward")
            ):
                raise PgError(
                    "55000",
                    "cursor can only scan forward",
                    hint="Declare it with SCROLL option to enable backward scan.",
                )
            self.spool(opened)
        assert opened.spool is not None
        total, place = len(opened.spool), opened.place
        if direction == "backward":
            low = max(place - 1 - (count if count >= 0 else place), 0)
            wanted = list(range(min(place - 1, total) - 1, low - 1, -1))
            opened.place = (
                low + 1
                if wanted and count >= 0 and low + 1 > 1
                else (1 if wanted and count == 1 else low + (1 if wanted else 0))
            )
            if count < 0:
                opened.place = 0
        else:
            target = {
                "first": 1, "last": total, "prior": place - 1, "relative": place + count, "forward": place,
                "absolute": count if count >= 0 else total + 1 + count,
            }[direction]  # fmt: skip
            wanted = [target - 1] if 1 <= target <= total else []
            opened.place = min(max(target, 0), total + (target > total))
        if not move:
            for at in wanted:
                self.emit(opened.spool.read(at, at + 1))
        return len(wanted)

    def _do_close(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if not args["name"]:
            self.close_portals(keep_held=False)
            return "CLOSE CURSOR ALL"
        self._cursor(args["name"]).close()
        del self.portals[args["name"]]
        return "CLOSE CURSOR"
