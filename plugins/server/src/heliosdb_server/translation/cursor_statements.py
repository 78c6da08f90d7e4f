"""The parser's part for cursors and COPY."""

from __future__ import annotations

from typing import Any

from ..protocol.errors import PgError
from . import tree
from .alterations import Alterations
from .lexer import Kind
from .walking import changes_rows


class CursorStatements(Alterations):
    """Reads DECLARE, FETCH, MOVE, CLOSE and COPY."""

    # ---- cursors ----

    def _command_declare(self, at: int) -> tree.Node:
        self.at += 1
        args: dict[str, Any] = {"name": self.name(), "hold": False, "scroll": None, "binary": False}
        while True:
            if self.take("no", "scroll"):
                args["scroll"] = False
            elif word := self.take_one("binary", "scroll"):
                args[word] = True
            elif not self.take_one("insensitive", "asensitive"):
                break
        self.expect("cursor")
        if self.take("with", "hold"):
            args["hold"] = True
        else:
            self.take("without", "hold")
        self.expect("for")
        args["text"] = self.text[self.token.start :]
        if changes_rows(self.query()):
            raise PgError(
                "0A000", "DECLARE CURSOR must not contain data-modifying statements in WITH", position=at + 1
            )
        return tree.Command("declare", args, at=at)

    def _command_fetch(self, at: int) -> tree.Node:
        move = self.advance().value == "move"
        direction, count = "forward", 1
        word = self.take_one(
            "next", "prior", "first", "last", "absolute", "relative", "all", "forward", "backward"
        )
        if word in ("absolute", "relative"):
            direction, count = word, self._count()
        elif word in ("first", "last", "prior"):
            direction = word
        elif word == "all":
            count = -1
        elif word in ("forward", "backward"):
            direction = word
            if self.take("all"):
                count = -1
            elif self.token.kind is Kind.NUMBER or self.is_op("-"):
                count = self._count()
                if count < 0:
                    direction, count = "forward" if direction == "backward" else "backward", -count
        elif self.token.kind is Kind.NUMBER or self.is_op("-"):
            count = self._count()
            if count < 0:
                direction, count = "backward", -count
        self.take_one("from", "in")
        args = {"name": self.name(), "direction": direction, "count": count, "move": move}
        return tree.Command("fetch", args, at=at)

    _command_move = _command_fetch

    def _count(self) -> int:
        sign = -1 if self.take_op("-") else 1
        token = self.advance()
        if token.kind is not Kind.NUMBER or not token.value.isdigit():
            raise self.error(token)
        return sign * int(token.value)

    def _command_close(self, at: int) -> tree.Node:
        self.at += 1
        return tree.Command("close", {"name": "" if self.take("all") else self.name()}, at=at)

    # ---- COPY ----

    def _command_copy(self, at: int) -> tree.Node:
        self.at += 1
        args: dict[str, Any] = {"query": "", "table": (), "columns": ()}
        if self.is_op("("):
            inner = self.skip_parentheses()
            args["query"] = inner[1:-1]
        else:
            args["table"] = self.qualified()
            if self.is_op("("):
                args["columns"] = self.names_in_parentheses()
        args["direction"] = self.take_one("from", "to")
        if not args["direction"]:
            raise self.error()
        if not self.take_one("stdin", "stdout"):
            raise PgError(
                "42501",
                "must be superuser or have privileges of the pg_read_server_files role to COPY from a file",
                hint="Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.",
            )
        args["options"] = self._copy_options()
        if args["direction"] == "from" and self.take("where"):
            raise PgError("0A000", "COPY FROM ... WHERE is not supported")
        return tree.Command("copy", args, at=at)

    def _copy_options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        self.take("with")
        if self.take_op("("):
            while True:
                name = self.label()
                if self.is_op("("):
                    options[name] = self.names_in_parentheses()
                elif self.is_op("*"):
                    options[name] = "*"
                    self.at += 1
                else:
                    options[name] = "true" if self.is_op(",", ")") else self.advance().value
                if not self.take_op(","):
                    break
            self.expect_op(")")
            return options
        while True:  # the syntax of PostgreSQL 8
            if self.take("binary"):
                options["format"] = "binary"
            elif self.take("csv"):
                options["format"] = "csv"
            elif self.take("header"):
                options["header"] = "true"
            elif word := self.take_one("delimiter", "delimiters", "null", "quote", "escape", "encoding"):
                self.take("as")
                options[word.removesuffix("s")] = self.advance().value
            elif self.take("force"):
                word = "force_" + "_".join(["not_null" if self.take("not", "null") else self.advance().value])
                options[word] = "*" if self.take_op("*") else self._force_columns()
            else:
                return options

    def _force_columns(self) -> tuple[str, ...]:
        found = [self.label()]
        while self.take_op(","):
            found.append(self.label())
        return tuple(found)
