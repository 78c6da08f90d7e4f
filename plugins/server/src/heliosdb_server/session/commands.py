"""Statements about the session itself: transactions, settings, cursors, COPY."""
# ruff: noqa: E501 - a row of a table is one line
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..protocol import replies
from ..protocol.errors import PgError
from ..translation import tree
from ..translation.scope import Column
from ..translation.translate import Translated, translate
from ..types import rows as row_types
from ..types.registry import TEXT, Sized
from . import copying
from .plans import fields, row_encoder
from .portals import Portal, Statement
from .settings import REPORTED

if TYPE_CHECKING:
    from .session import Session

_S_TEXT = Sized(TEXT)


class Commands:
    """The part of a session that runs commands."""

    moment: datetime | None

    def command(self: Session, made: Translated, text: str, portal: Portal | None = None) -> None:  # type: ignore[misc]
        """Run a command and send its answer."""
        node = made.node
        assert isinstance(node, tree.Command)
        if self.transaction.failed and node.name not in ("commit", "rollback", "rollback to"):
            self.transaction.check()
        run = getattr(self, "_do_" + node.name.replace(" ", "_"))
        tag = run(node.args, portal)
        if tag is not None:
            self.emit(replies.complete(tag))

    def command_columns(self: Session, made: Translated) -> tuple[Column, ...] | None:  # type: ignore[misc]
        """Return the columns of a command that returns rows."""
        node = made.node
        assert isinstance(node, tree.Command)
        if node.name == "show":
            if node.args["name"] == "all":
                return tuple(Column(name, _S_TEXT) for name in ("name", "setting", "description"))
            return (Column(node.args["name"], _S_TEXT),)
        if node.name == "fetch" and not node.args["move"]:
            portal = self.portals.get(node.args["name"])
            return portal.columns if portal is not None else None
        if node.name == "execute":
            return self.described(self.statement_named(node.args["name"]))
        return None

    def rows_of_text(  # type: ignore[misc]
        self: Session, names: tuple[str, ...], rows: list[tuple[Any, ...]], portal: Portal | None
    ) -> None:
        """Send a small result of text."""
        columns = tuple(Column(name, _S_TEXT) for name in names)
        if portal is None:
            self.emit(replies.row_description(fields(columns), ()))
        formats = portal.formats if portal is not None else ()
        self.emit(row_encoder(columns, formats, self.settings.zone).together(rows))

    # ---- transactions ----

    def _do_begin(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if not self.transaction.begin(args.get("isolation", ""), args.get("read_only")):
            self.notice("there is already a transaction in progress", "25001", "WARNING")
        else:
            self.moment = self.query_start  # what now() is, until the end
        return "START TRANSACTION" if args.get("start") else "BEGIN"

    def _do_commit(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if not self.transaction.block:
            self.notice("there is no transaction in progress", "25P01", "WARNING")
        return self._end(commit=True, chain=args["chain"])

    def _do_rollback(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if not self.transaction.block:
            self.notice("there is no transaction in progress", "25P01", "WARNING")
        return self._end(commit=False, chain=args["chain"])

    def _end(self: Session, *, commit: bool, chain: bool) -> str:  # type: ignore[misc]
        modes = (self.transaction.isolation, self.transaction.read_only)
        for portal in self.portals.values():
            if portal.hold and commit:
                self.spool(portal)
        self.close_portals()
        done = commit
        try:
            if commit:
                done = self.transaction.commit()
            else:
                self.transaction.undo()
        except PgError:
            self.ended(well=False)
            raise
        if not done:
            self.engine.undone()
        self.ended(well=done)
        if chain:
            self.transaction.begin(*modes)
            self.moment = self.query_start
        return "COMMIT" if done else "ROLLBACK"

    def _do_savepoint(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self.transaction.savepoint(args["name"])
        return "SAVEPOINT"

    def _do_release(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self.settle_portals()
        self.transaction.release(args["name"])
        return "RELEASE"

    def _do_rollback_to(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self.settle_portals()
        self.transaction.rollback_to(args["name"])
        self.engine.undone()
        return "ROLLBACK"

    def _do_set_transaction(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if not self.transaction.block:
            self.notice("SET TRANSACTION can only be used in transaction blocks", "25P01", "WARNING")
        elif args.get("isolation") and self.engine.connection.in_transaction:
            raise PgError("25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query")
        else:
            self.transaction.set_modes(args.get("isolation", ""), args.get("read_only"))
        return "SET"

    def _do_set_session(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if args.get("isolation"):
            self._set("default_transaction_isolation", args["isolation"])
        if args.get("read_only") is not None:
            self._set("default_transaction_read_only", "on" if args["read_only"] else "off")
        return "SET"

    def _do_set_constraints(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self.engine.run(f"PRAGMA defer_foreign_keys = {'ON' if args['deferred'] else 'OFF'}", trusted=True)
        return "SET CONSTRAINTS"

    # ---- settings ----

    def _set(self: Session, name: str, value: str | None, *, local: bool = False) -> None:  # type: ignore[misc]
        if name == "transaction_isolation" and value is not None:
            self.transaction.set_modes(value.lower())
            return
        if name == "transaction_read_only" and value is not None:
            self.transaction.set_modes("", value.lower() in ("on", "true", "1"))
            return
        told = self.settings.set(name, value, local=local, block=self.transaction.block)
        if name == "default_transaction_isolation":
            level = self.settings.show(name)
            self.transaction.default_isolation = "read committed" if level == "read uncommitted" else level
        if name == "default_transaction_read_only":
            self.transaction.default_read_only = self.settings.show(name) == "on"
        if told is not None:
            self.told([told])

    def _do_set(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if args["local"] and not self.transaction.block:
            self.notice("SET LOCAL can only be used in transaction blocks", "25P01", "WARNING")
            return "SET"
        self._set(args["name"], args["value"], local=args["local"])
        return "SET"

    def _do_reset(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self._set(args["name"], None)
        return "RESET"

    def _do_reset_all(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        for name, value in self.settings.start.items():
            if self.settings.values.get(name) != value and name != "session_authorization":
                self._set(name, None)
        return "RESET"

    def shown(self: Session, name: str) -> str:  # type: ignore[misc]
        """Return a setting as it is now."""
        if name == "transaction_isolation":
            return self.transaction.level
        if name == "transaction_read_only":
            return "on" if self.transaction.is_read_only else "off"
        return self.settings.show(name)

    def _do_show(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if args["name"] == "all":
            self.rows_of_text(("name", "setting", "description"), list(self.settings.rows()), portal)
        else:
            name = args["name"]
            self.rows_of_text((REPORTED.get(name, name),), [(self.shown(name),)], portal)
        return "SHOW"

    def _do_discard(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        what = args["what"]
        if what not in ("all", "plans", "sequences", "temp", "temporary"):
            raise PgError("42601", f'syntax error at or near "{what}"')
        if what == "all":
            if self.transaction.block:
                raise PgError("25001", "DISCARD ALL cannot run inside a transaction block")
            self._do_reset_all({}, None)
            self.statements.clear()
            self.close_portals(keep_held=False)
            self.unlisten("")
            from .own_functions import release_locks

            release_locks(self)
        if what in ("all", "temp", "temporary"):
            for (name,) in self.engine.rows("SELECT name FROM temp.sqlite_master WHERE type = 'table'"):
                quoted = name.replace('"', '""')
                self.engine.run(f'DROP TABLE temp."{quoted}"')
        return f"DISCARD {what.upper()}"

    # ---- PREPARE and EXECUTE ----

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
            target = {"first": 1, "last": total, "prior": place - 1, "absolute": count if count >= 0 else total + 1 + count,
                      "relative": place + count, "forward": place}[direction]  # fmt: skip
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

    # ---- COPY ----

    def _do_copy(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if args["direction"] == "from":
            return copying.copy_in(self, args)
        return copying.copy_out(self, args)

    # ---- notifications ----

    def _do_listen(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self.wire.listen()
        with self.context.lock:
            self.context.listeners.setdefault(args["name"], set()).add(self)
        self.channels.add(args["name"])
        return "LISTEN"

    def unlisten(self: Session, name: str) -> None:  # type: ignore[misc]
        """Listen to a channel, or to all, no longer."""
        with self.context.lock:
            for each in [name] if name else list(self.channels):
                self.context.listeners.get(each, set()).discard(self)
                self.channels.discard(each)

    def _do_unlisten(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self.unlisten(args["name"])
        return "UNLISTEN"

    def _do_notify(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self.queue_notification(args["name"], args["payload"])
        return "NOTIFY"

    def queue_notification(self: Session, channel: str, payload: str) -> None:  # type: ignore[misc]
        """Send a notification when the transaction commits."""
        if not channel:
            raise PgError("22023", "channel name cannot be empty")
        if len(payload.encode()) >= 8000:
            raise PgError("22023", "payload string too long")
        self.held_notifications.append((channel, payload))

    # ---- the rest ----

    def _maintain(self: Session, sql: str) -> None:  # type: ignore[misc]
        """Run a statement that takes care of the file."""
        if self.transaction.block:
            raise PgError("25001", f"{sql} cannot run inside a transaction block")
        self.settle_portals()
        self.end_implicit()
        self.transaction.before_write(alone=True, timeout=self.lock_timeout(), cancelled=self.check_cancelled)
        try:
            self.engine.run(sql, trusted=True)
        finally:
            self.transaction.settle()

    def _do_vacuum(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self._maintain("VACUUM")
        return "VACUUM"

    def _do_analyze(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self.settle_portals()
        self.transaction.before_write(
            alone=self.alone, timeout=self.lock_timeout(), cancelled=self.check_cancelled
        )
        try:
            self.engine.run("ANALYZE main", trusted=True)
        finally:
            self.transaction.settle()
        return "ANALYZE"

    def _do_reindex(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self._maintain("REINDEX")
        return "REINDEX"

    def _do_checkpoint(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self._maintain("PRAGMA wal_checkpoint(PASSIVE)")
        return "CHECKPOINT"

    def _do_lock_table(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if not self.transaction.block:
            raise PgError("25P01", "LOCK TABLE can only be used in transaction blocks")
        for parts in args["tables"]:
            if self.engine.schema.table(parts[-2] if len(parts) > 1 else None, parts[-1]) is None:
                raise PgError("42P01", f'relation "{".".join(parts)}" does not exist')
        self.settle_portals()
        self.transaction.before_write(
            alone=False, timeout=self.lock_timeout(), cancelled=self.check_cancelled
        )
        return "LOCK TABLE"

    def _do_grant(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        raise PgError(
            "0A000", "GRANT is not supported: every user of the server may do everything in the database"
        )

    def _do_revoke(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        raise PgError(
            "0A000", "REVOKE is not supported: every user of the server may do everything in the database"
        )

    def _do_create_schema(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if args["name"] == "public" and args["exists"]:
            self.notice('schema "public" already exists, skipping', "42P06")
            return "CREATE SCHEMA"
        if args["name"] == "public":
            raise PgError("42P06", 'schema "public" already exists')
        raise PgError("0A000", "CREATE SCHEMA is not supported: a SQLite file has one, public")

    def _do_create_extension(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        there = {"vector": bool(self.context.database.options.get("enable_vector_search")), "plpgsql": False,
                 "uuid-ossp": True, "pgcrypto": False}  # fmt: skip
        if there.get(args["name"]):
            if not args["exists"]:
                raise PgError("42710", f'extension "{args["name"]}" already exists')
            self.notice(f'extension "{args["name"]}" already exists, skipping', "42710")
            return "CREATE EXTENSION"
        if args["name"] == "vector":
            raise PgError(
                "0A000",
                'extension "vector" is not available: start the server with enable_vector_search=True',
            )
        raise PgError("0A000", f'extension "{args["name"]}" is not available')


__all__ = ["Commands", "re", "row_types", "translate"]
