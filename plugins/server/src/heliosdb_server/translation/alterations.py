"""The parser's part for ALTER, DROP and TRUNCATE."""

from __future__ import annotations

from typing import Any

from ..protocol.errors import PgError
from ..types.registry import Sized
from . import tree
from .definitions import Definitions


class Alterations(Definitions):
    """Reads statements that change or remove what there is."""

    # ---- DROP, ALTER, TRUNCATE ----

    def drop(self) -> tree.Node:
        """Return the DROP statement here."""
        at = self.token.start
        self.expect("drop")
        kind = self.advance().value
        if kind == "branch":  # not PostgreSQL's: the branching plugin reads it
            raise self.error(self.tokens[self.at - 1])
        if kind == "materialized":
            kind += " " + self.advance().value
        self.take("concurrently")
        exists = self.take("if", "exists")
        names = [self.qualified()]
        while self.take_op(","):
            names.append(self.qualified())
        if kind == "trigger" and self.take("on"):
            self.qualified()
        cascade = self.take_one("cascade", "restrict") == "cascade"
        return tree.Drop(kind, names, exists, cascade, at=at)

    def alter(self) -> tree.Node:
        """Return the ALTER statement here."""
        at = self.token.start
        self.expect("alter")
        if self.take("type"):
            return self.alter_type(at)
        if self.take("domain"):
            return self.alter_domain(at)
        kind = self.take_one("table", "index", "view", "sequence")
        if not kind:
            what = self.token.value.upper()
            raise PgError("0A000", f"ALTER {what} is not supported", position=at + 1)
        exists = self.take("if", "exists")
        self.take("only")
        table = tree.Table(self.qualified())
        self.take_op("*")
        if kind == "sequence":
            if self.is_word("rename", "set"):
                raise PgError("0A000", "ALTER SEQUENCE changes its numbers alone", position=at + 1)
            options = self.sequence_options()
            if not options:
                raise self.error()
            return tree.Alter(table, [("sequence", options)], exists, kind, at=at)
        actions = [self._alteration()]
        while self.take_op(","):
            actions.append(self._alteration())
        return tree.Alter(table, actions, exists, kind, at=at)

    def _alteration(self) -> tuple[str, Any]:
        if self.take("add"):
            if self.is_word("constraint", "primary", "unique", "check", "foreign", "exclude"):
                return "add constraint", self.table_constraint()
            self.take("column")
            exists = self.take("if", "not", "exists")
            return "add column", (self.column(), exists)
        if self.take("drop"):
            if self.take("constraint"):
                exists = self.take("if", "exists")
                name = self.label()
                return "drop constraint", (name, exists, self.take_one("cascade", "restrict"))
            self.take("column")
            exists = self.take("if", "exists")
            name = self.label()
            self.take_one("cascade", "restrict")
            return "drop column", (name, exists)
        if self.take("rename"):
            if self.take("to"):
                return "rename", self.label()
            if self.take("constraint"):
                old = self.label()
                self.expect("to")
                return "rename constraint", (old, self.label())
            self.take("column")
            old = self.label()
            self.expect("to")
            return "rename column", (old, self.label())
        if self.take("owner", "to"):
            self.label()
            return "nothing", None
        if self.take("alter"):
            self.take("column")
            return self._column_alteration(self.label())
        if self.take("set", "schema"):
            raise PgError("0A000", "SET SCHEMA is not supported")
        if self.take("replica", "identity") or self.take("cluster") or self.take("validate", "constraint"):
            self.advance()
            return "nothing", None
        raise self.error()

    def _column_alteration(self, name: str) -> tuple[str, Any]:
        if self.take("set", "not", "null"):
            return "set not null", name
        if self.take("drop", "not", "null"):
            return "drop not null", name
        if self.take("set", "default"):
            return "set default", (name, self.expression())
        if self.take("drop", "default"):
            return "set default", (name, None)
        if self.take("set", "data"):
            pass
        if self.take("type"):
            sized: Sized = self.type_name()[0]
            using = None
            if self.take("collate"):
                self.qualified()
            if self.take("using"):
                using = self.expression()
            return "set type", (name, sized, using)
        if self.take("set", "statistics"):
            self.expression()
            return "nothing", None
        if self.take("add", "generated"):
            always = self._always()
            self.expect("as")
            self.expect("identity")
            options = {}
            if self.take_op("("):
                options = self.sequence_options()
                self.expect_op(")")
            return "add identity", (name, always, options)
        if self.take("set", "generated"):
            return "set identity", (name, self._always())
        if self.take("drop", "identity"):
            return "drop identity", (name, self.take("if", "exists"))
        raise self.error()

    def _always(self) -> bool:
        """Take ALWAYS or BY DEFAULT, and tell which it is."""
        if self.take("always"):
            return True
        self.expect("by")
        self.expect("default")
        return False

    def truncate(self) -> tree.Truncate:
        """Return the TRUNCATE statement here."""
        at = self.token.start
        self.expect("truncate")
        self.take("table")
        tables = []
        while True:
            self.take("only")
            tables.append(tree.Table(self.qualified()))
            self.take_op("*")
            if not self.take_op(","):
                break
        restart = self.take("restart", "identity")
        self.take("continue", "identity")
        cascade = self.take_one("cascade", "restrict") == "cascade"
        return tree.Truncate(tables, restart, cascade, at=at)
