"""Statements about the session itself: transactions, settings, cursors, COPY."""

# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..protocol import replies
from ..protocol.errors import PgError
from ..translation import tree
from ..translation.scope import Column
from ..translation.translate import Translated
from ..types.registry import TEXT, Sized
from . import copying
from .cursor_commands import CursorCommands
from .notifying import Notifying
from .plans import fields, row_encoder
from .portals import Portal
from .setting_commands import SettingCommands

if TYPE_CHECKING:
    from .session import Session

_S_TEXT = Sized(TEXT)


class Commands(SettingCommands, CursorCommands, Notifying):
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

    # ---- COPY ----

    def _do_copy(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        if args["direction"] == "from":
            return copying.copy_in(self, args)
        return copying.copy_out(self, args)

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
            if self.engine.schema.named(parts) is None:
                raise PgError("42P01", f'relation "{".".join(parts)}" does not exist')
        self.settle_portals()
        if args["reads"]:  # as any query does: SQLite's readers wait for nobody
            self.transaction.before_read()
        else:
            timeout = 0.0 if args["nowait"] else self.lock_timeout()
            self.transaction.before_write(alone=False, timeout=timeout, cancelled=self.check_cancelled)
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
