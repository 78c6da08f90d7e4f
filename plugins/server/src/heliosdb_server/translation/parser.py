"""Statements: what a text is, from its first words on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from ..protocol.errors import PgError
from ..types import intervals, moments
from ..types.registry import Sized
from . import tree
from .cursor import OwnTypes
from .cursor_statements import CursorStatements
from .lexer import Kind

_ISOLATION = ("read uncommitted", "read committed", "repeatable read", "serializable")


_LOCKS = frozenset(
    ("access share", "row share", "row exclusive", "share update exclusive", "share", "share row exclusive",
     "exclusive", "access exclusive")
)  # fmt: skip


class Parser(CursorStatements):
    """Reads one statement."""

    def statement(self) -> tree.Node:
        """Return the tree of the statement.

        :raises PgError: it is not PostgreSQL's SQL, which does not mean that SQLite can't run it
        """
        made = self._statement()
        if not self.done():
            raise self.error()
        if any(core.into is not None for core in self.intos):
            raise PgError("42601", "SELECT ... INTO is not allowed here")
        return made

    def _statement(self) -> tree.Node:
        token = self.token
        if token.kind is Kind.OPERATOR and token.value == "(":
            return self.query()
        if token.kind is not Kind.WORD:
            raise self.error()
        method = getattr(self, f"_command_{token.value}", None)
        if method is None:
            raise self.error()
        made: tree.Node = method(token.start)
        return made

    # ---- queries and changes ----

    def _command_select(self, at: int) -> tree.Node:
        made = self.query()
        core = made
        while isinstance(core, (tree.Select, tree.SetOp)):
            core = core.left if isinstance(core, tree.SetOp) else core.body
        if isinstance(core, tree.Core) and core.into is not None:
            created, core.into = core.into, None
            created.query = made
            return created
        return made

    _command_values = _command_with = _command_table = _command_select
    _command_insert = _command_update = _command_delete = _command_select

    def _command_create(self, at: int) -> tree.Node:
        return self.create()

    def _command_drop(self, at: int) -> tree.Node:
        return self.drop()

    def _command_alter(self, at: int) -> tree.Node:
        return self.alter()

    def _command_truncate(self, at: int) -> tree.Node:
        return self.truncate()

    def _command_explain(self, at: int) -> tree.Node:
        self.at += 1
        options: dict[str, str] = {}
        if self.take_op("("):
            while True:
                name = self.label()
                options[name] = "on" if self.is_op(",", ")") else self.advance().value
                if not self.take_op(","):
                    break
            self.expect_op(")")
        else:
            while word := self.take_one("analyze", "analyse", "verbose"):
                options["analyze" if word == "analyse" else word] = "on"
            if self.take("query", "plan"):  # SQLite's
                options["sqlite"] = "on"
        return tree.Explain(self._statement(), options, at=at)

    # ---- transactions ----

    def _command_begin(self, at: int) -> tree.Node:
        self.at += 1
        args: dict[str, Any] = {}
        kind = self.take_one("deferred", "immediate", "exclusive")  # SQLite's
        if kind:
            args["sqlite"] = kind
        self.take_one("work", "transaction")
        return tree.Command("begin", args | self._transaction_modes(), at=at)

    def _command_start(self, at: int) -> tree.Node:
        self.expect("start", "transaction")
        return tree.Command("begin", {"start": True, **self._transaction_modes()}, at=at)

    def _transaction_modes(self) -> dict[str, Any]:
        args: dict[str, Any] = {}
        while True:
            if self.take("isolation", "level"):
                words = self.advance().value
                if words in ("read", "repeatable"):
                    words += " " + self.advance().value
                if words not in _ISOLATION:
                    raise self.error()
                args["isolation"] = words
            elif self.take("read", "only"):
                args["read_only"] = True
            elif self.take("read", "write"):
                args["read_only"] = False
            elif self.take("not", "deferrable") or self.take("deferrable"):
                pass
            elif not self.take_op(","):
                return args

    def _command_commit(self, at: int) -> tree.Node:
        self.at += 1
        if self.is_word("prepared"):
            raise PgError("0A000", "prepared transactions are not supported")
        self.take_one("work", "transaction")
        chain = self._chain()
        return tree.Command("commit", {"chain": chain}, at=at)

    _command_end = _command_commit

    def _chain(self) -> bool:
        if self.take("and"):
            no = self.take("no")
            self.expect("chain")
            return not no
        return False

    def _command_rollback(self, at: int) -> tree.Node:
        self.at += 1
        if self.is_word("prepared"):
            raise PgError("0A000", "prepared transactions are not supported")
        self.take_one("work", "transaction")
        if self.take("to"):
            self.take("savepoint")
            return tree.Command("rollback to", {"name": self.name()}, at=at)
        return tree.Command("rollback", {"chain": self._chain()}, at=at)

    _command_abort = _command_rollback

    def _command_savepoint(self, at: int) -> tree.Node:
        self.at += 1
        return tree.Command("savepoint", {"name": self.name()}, at=at)

    def _command_release(self, at: int) -> tree.Node:
        self.at += 1
        self.take("savepoint")
        return tree.Command("release", {"name": self.name()}, at=at)

    def _command_prepare(self, at: int) -> tree.Node:
        self.at += 1
        if self.is_word("transaction"):
            raise PgError("0A000", "prepared transactions are not supported")
        name = self.name()
        types = []
        if self.take_op("("):
            while True:
                types.append(self.type_name()[0].type.oid)
                if not self.take_op(","):
                    break
            self.expect_op(")")
        self.expect("as")
        start = self.token.start
        self._statement()
        return tree.Command("prepare", {"name": name, "types": types, "text": self.text[start:]}, at=at)

    def _command_execute(self, at: int) -> tree.Node:
        self.at += 1
        name, args = self.name(), []
        if self.take_op("("):
            args = self.expressions()
            self.expect_op(")")
        return tree.Command("execute", {"name": name, "args": args}, at=at)

    def _command_deallocate(self, at: int) -> tree.Node:
        self.at += 1
        self.take("prepare")
        name = "" if self.take("all") else self.name()
        return tree.Command("deallocate", {"name": name}, at=at)

    # ---- settings ----

    def _command_set(self, at: int) -> tree.Node:
        self.at += 1
        if self.take("constraints"):
            while not self.is_word("deferred", "immediate"):
                if self.token.kind is Kind.END:
                    raise self.error()
                self.at += 1
            return tree.Command("set constraints", {"deferred": self.advance().value == "deferred"}, at=at)
        local = self.take_one("session", "local") == "local"
        if self.take("characteristics", "as"):
            self.expect("transaction")
            return tree.Command("set session", self._transaction_modes(), at=at)
        if self.take("transaction"):
            return tree.Command("set transaction", self._transaction_modes(), at=at)
        if self.take("time", "zone"):
            name = "timezone"
        elif self.take("names"):
            name = "client_encoding"
        elif self.take("role") or self.take("authorization"):
            name = "role"
        else:
            name = ".".join(self.qualified())
            if not self.take_op("="):
                self.expect("to")
        return tree.Command(
            "set", {"name": name.lower(), "value": self._setting(name.lower()), "local": local}, at=at
        )

    def _setting(self, name: str) -> str | None:
        if self.take("default"):
            return None
        parts = []
        while True:
            sign = "-" if self.take_op("-") else ""
            ahead = self.take("interval")
            token = self.advance()
            if token.kind in (Kind.END, Kind.OPERATOR, Kind.PARAMETER):
                raise self.error(token)
            text = _listed(token.value) if name == "search_path" else token.value
            parts.append(
                moments.fixed(timedelta(microseconds=intervals.parse(text).micros)) if ahead else sign + text
            )
            if self.is_word("hour", "minute"):
                while self.take_one("hour", "to", "minute"):
                    pass
            if not self.take_op(","):
                return ", ".join(parts)

    def _command_reset(self, at: int) -> tree.Node:
        self.at += 1
        if self.take("all"):
            return tree.Command("reset all", at=at)
        if self.take("session", "authorization") or self.take("role"):
            return tree.Command("reset", {"name": "role"}, at=at)
        name = "timezone" if self.take("time", "zone") else ".".join(self.qualified())
        return tree.Command("reset", {"name": name.lower()}, at=at)

    def _command_show(self, at: int) -> tree.Node:
        self.at += 1
        if self.take("transaction", "isolation", "level"):
            name = "transaction_isolation"
        elif self.take("time", "zone"):
            name = "timezone"
        elif self.take("session", "authorization"):
            name = "session_authorization"
        elif self.take("all"):
            name = "all"
        elif self.is_word("branches"):
            raise self.error()  # the branching plugin's
        else:
            name = ".".join(self.qualified())
        return tree.Command("show", {"name": name.lower()}, at=at)

    def _command_discard(self, at: int) -> tree.Node:
        self.at += 1
        return tree.Command("discard", {"what": self.advance().value}, at=at)

    # ---- the rest ----

    def _ignored(self, name: str, at: int, **args: Any) -> tree.Command:
        """Return a command whose words don't matter here."""
        while not self.is_op(";") and self.token.kind is not Kind.END:
            self.at += 1
        return tree.Command(name, args, at=at)

    def _command_vacuum(self, at: int) -> tree.Node:
        self.at += 1
        if self.is_word("into") or (self.ahead().value == "into"):
            raise PgError(
                "42501", "VACUUM INTO writes another file, which is not for clients", position=at + 1
            )
        return self._ignored("vacuum", at)

    def _command_analyze(self, at: int) -> tree.Node:
        return self._ignored("analyze", at)

    def _command_reindex(self, at: int) -> tree.Node:
        return self._ignored("reindex", at)

    def _command_checkpoint(self, at: int) -> tree.Node:
        return self._ignored("checkpoint", at)

    def _command_lock(self, at: int) -> tree.Node:
        self.at += 1
        self.take("table")
        tables = []
        while True:
            self.take("only")
            tables.append(self.qualified())
            self.take_op("*")
            if not self.take_op(","):
                break
        words = "access exclusive"
        if self.take("in"):
            start = self.at
            while not self.is_word("mode") and self.token.kind is Kind.WORD:
                self.at += 1
            words = " ".join(token.value for token in self.tokens[start : self.at])
            if words not in _LOCKS:
                raise self.error()
            self.expect("mode")
        return tree.Command(
            "lock table",
            {"tables": tables, "reads": words == "access share", "nowait": self.take("nowait")},
            at=at,
        )

    def _command_grant(self, at: int) -> tree.Node:
        return self._ignored("grant", at)

    def _command_revoke(self, at: int) -> tree.Node:
        return self._ignored("revoke", at)

    def _command_comment(self, at: int) -> tree.Node:
        self.expect("comment", "on")
        kind = self.advance().value
        if kind == "materialized":
            kind += " " + self.advance().value
        name = self.qualified()
        if self.is_op("("):
            self.skip_parentheses()
        of = self.qualified() if self.take("on") else ()
        self.expect("is")
        token = self.advance()
        if token.kind is not Kind.STRING and token.value != "null":
            raise self.error(token)
        return tree.Comment(kind, name, token.value if token.kind is Kind.STRING else None, of, at=at)

    def _command_listen(self, at: int) -> tree.Node:
        self.at += 1
        return tree.Command("listen", {"name": self.name()}, at=at)

    def _command_unlisten(self, at: int) -> tree.Node:
        self.at += 1
        return tree.Command("unlisten", {"name": "" if self.take_op("*") else self.name()}, at=at)

    def _command_notify(self, at: int) -> tree.Node:
        self.at += 1
        name = self.name()
        payload = self.advance().value if self.take_op(",") else ""
        return tree.Command("notify", {"name": name, "payload": payload}, at=at)

    def _command_do(self, at: int) -> tree.Node:
        raise PgError("0A000", "DO is not supported: there is no procedural language", position=at + 1)

    def _command_call(self, at: int) -> tree.Node:
        raise PgError("0A000", "CALL is not supported: there are no procedures", position=at + 1)

    def _command_merge(self, at: int) -> tree.Node:
        if self.ahead().value != "into":
            raise self.error()  # MERGE BRANCH is the branching plugin's
        return self.query()

    def _command_attach(self, at: int) -> tree.Node:
        raise PgError("42501", "ATTACH is not for clients: the server serves one database", position=at + 1)

    _command_detach = _command_attach


def _listed(name: str) -> str:
    """Return a name as it stands in a list of schemas."""
    quoted = name.replace('"', '""')
    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) else f'"{quoted}"'


def type_written(text: str) -> Sized:
    """Return the type of PostgreSQL's that a text names."""
    return Parser(text).type_name()[0]


def parse(text: str, own_types: OwnTypes | None = None) -> tuple[tree.Node, int]:
    """Return the tree of one statement, and the highest number of its parameters."""
    parser = Parser(text, own_types)
    try:
        made = parser.statement()
    except RecursionError:
        raise PgError("54001", "stack depth limit exceeded: the statement nests too deeply") from None
    return made, parser.parameters
