"""Columns and constraints of CREATE TABLE, as any SQLite tool can read them."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import re

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError, not_supported
from ..types import registry
from ..types.registry import BPCHAR, INT2, INT4, INT8, TIMESTAMP, TIMESTAMPTZ, VARCHAR, Sized, enumerated
from . import domains, labels, sequences, tree
from .changes import Changes
from .literals import typed_literal
from .scope import Scope

_NOW = {
    TIMESTAMPTZ: "(strftime('%Y-%m-%d %H:%M:%f+00:00', 'now'))",
    TIMESTAMP: "(strftime('%Y-%m-%d %H:%M:%f', 'now'))",
}


_NOW_CALLS = frozenset(("now", "current_timestamp", "localtimestamp", "transaction_timestamp", "statement_timestamp",
                        "clock_timestamp"))  # fmt: skip


class ColumnDefinitions(Changes):
    """Writes columns and constraints."""

    counting: list[str]  # what makes the sequences of a new table

    def _plain(self, text: str, what: str) -> str:
        """Refuse an expression that other programs that open the file could not compute."""
        if self.functions:
            raise not_supported(
                f"{what} uses a function that only this server has: other programs could not write to the table",
                hint="Use SQLite's functions, such as strftime() or length().",
            )
        return text

    def column_text(self, c: tree.ColumnDef, scope: Scope, table: str, *, primary: bool = False) -> str:
        """Return a column's definition."""
        kind = c.type.type
        if kind.category == "P":
            raise PgError("42P16", f'column "{c.name}" has pseudo-type {kind.title}', position=c.at + 1)
        words = [quote_identifier(c.name)]
        named = f"CONSTRAINT {quote_identifier(c.constraint)} " if c.constraint else ""
        sequence = self.sequence_of(c, table, primary=primary)
        notes = [kind.name] if kind in (INT2, INT4, INT8) and primary else []
        enumeration = enumerated(kind)
        if enumeration is not None:
            words[0] += f" {labels.note(kind)}"
        notes += [domains.noted(c.domain)] if c.domain else []
        notes += ["always"] if c.always else ["default"] if c.by_default else []
        notes += [f"nextval {sequence}"] if sequence else []
        mark = f" /* {' '.join(notes)} */" if notes else ""
        counted = c.identity and not sequence
        if primary and kind in (INT2, INT4, INT8):
            words.append(f"INTEGER{mark} {named}PRIMARY KEY{' AUTOINCREMENT' if counted else ''} NOT NULL")
        else:
            words[0] += mark
            words.append(registry.stored(c.type))
            if c.primary:
                words.append(f"{named}PRIMARY KEY NOT NULL")
            elif c.not_null or primary or c.identity:
                words.append("NOT NULL")
        if c.unique:
            words.append(f"{'' if c.primary else named}UNIQUE")
        if c.default is not None and not sequence:
            words.append("DEFAULT " + self.default_text(c.default, c.type))
        elif c.default_sql:
            noted = f" {labels.note(kind)}" if enumeration is not None and is_literal(c.default_sql) else ""
            words.append(
                f"DEFAULT {c.default_sql if is_literal(c.default_sql) else f'({c.default_sql})'}{noted}"
            )
        for name, check in c.check:
            words.append(self._check_text(name, check, scope))
        if c.references is not None:
            label = f"CONSTRAINT {quote_identifier(c.references.name)} " if c.references.name else ""
            words.append(label + self._reference_text(c.references))
        if c.generated is not None:
            self.functions, self.lasting = False, True
            made = self._plain(self.ex(c.generated, scope, c.type).text, "a generated column")
            words.append(f"GENERATED ALWAYS AS ({made}) {'STORED' if c.stored else 'VIRTUAL'}")
        if c.generated_sql:
            words.append(f"GENERATED ALWAYS AS ({c.generated_sql}) {'STORED' if c.stored else 'VIRTUAL'}")
        if enumeration is not None:
            words.append(labels.check(c.name, kind))
        if c.collate and c.collate.lower() in ("nocase", "rtrim"):
            words.append(f"COLLATE {c.collate.upper()}")
        return " ".join(word for word in words if word)

    def sequence_of(self, c: tree.ColumnDef, table: str, *, primary: bool = False) -> str:
        """Return the sequence that is a column's default, "" for none; one of the column's own is made with it."""
        inner = c.default
        while isinstance(inner, tree.Cast):
            inner = inner.operand
        if isinstance(inner, tree.Call) and inner.name.lower() == "nextval" and len(inner.args) == 1:
            named = inner.args[0]
            while isinstance(named, tree.Cast):
                named = named.operand
            if not isinstance(named, tree.Const) or named.kind != "string":
                raise not_supported("a default of nextval() has to name its sequence")
            name = str(named.value).rpartition(".")[2].strip('"')
            found = self.schema.table(None, name)
            if self.schema.serial(name) is not None:
                raise not_supported(f'"{name}" counts the rows of another table')
            if found is None or found.kind != "sequence":
                raise PgError("42P01", f'relation "{name}" does not exist')
            return found.name
        if not c.identity:
            return ""
        options = sequences.settled(c.counting, c.type.type)
        plain = options["increment"] == 1 and not options["cycle"] and options["minimum"] <= 1
        if primary and plain and "maximum" not in c.counting and "name" not in c.counting:
            if options["start"] != 1:
                self.counting += sequences.serial_set(table, options["start"] - 1)
            return ""
        name = c.counting.get("name") or f"{table}_{c.name}_seq"
        self.counting += sequences.created(name, c.counting, f"{table}.{c.name}", kind=c.type.type)
        if c.counts_like:
            self.counting.append(sequences.like(str(name), c.counts_like))
        return str(name)

    def default_text(self, node: tree.Node, sized: Sized) -> str:
        """Return a column's default as SQLite and every program that uses it can compute it."""
        inner = node.operand if isinstance(node, tree.Cast) else node
        if isinstance(inner, tree.Call) and inner.name.lower() in _NOW_CALLS and sized.type in _NOW:
            return _NOW[sized.type]
        if isinstance(inner, tree.Call) and inner.name.lower() == "current_date":
            return "CURRENT_DATE"
        if isinstance(inner, tree.AtZone) and isinstance(inner.operand, tree.Call):  # noqa: SIM102
            if inner.operand.name.lower() in _NOW_CALLS and sized.type is TIMESTAMP:
                return _NOW[TIMESTAMP]
        if isinstance(inner, tree.Call) and inner.name.lower() in ("gen_random_uuid", "uuid_generate_v4"):
            return (
                "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)"
                " || '-' || substr('89ab', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-'"
                " || hex(randomblob(6))))"
            )
        if isinstance(inner, tree.Call) and inner.name.lower() == "nextval":
            raise not_supported("a default can't be nextval(): use SERIAL or IDENTITY PRIMARY KEY")
        self.functions, self.lasting = False, True
        if (constant := _constant(node)) is not None:
            return typed_literal(constant, sized, node.at, self.here).text.strip("()")
        made = self.ex(node, Scope(), sized)
        if isinstance(node, tree.Const) and node.kind == "string":
            made = self.fitted(self.ex(node, Scope()), sized, node.at)
        limit = sized.modifier - 4 if sized.type in (VARCHAR, BPCHAR) else 0
        if limit > 0 and isinstance(made.const, str) and len(made.const.rstrip(" ")) > limit:
            raise PgError("22001", f"value too long for type {sized.type.title}({limit})")
        made = (
            self.cast(made, sized, node.at) if made.type is not None and made.type is not sized.type else made
        )
        text = self._plain(made.text, "a default")
        return text if is_literal(text) else f"({text})"

    def _check_text(self, name: str, check: tree.Node, scope: Scope) -> str:
        self.functions, self.lasting = False, True
        made = self._plain(self.truth(check, scope, "CHECK"), "a CHECK")
        if isinstance(check, tree.OfDomain):
            return f"CHECK /* {domains.noted(check.domain)} */ ({made})"
        return (f"CONSTRAINT {quote_identifier(name)} " if name else "") + f"CHECK ({made})"

    def _reference_text(self, reference: tree.Reference) -> str:
        names = f" ({', '.join(map(quote_identifier, reference.columns))})" if reference.columns else ""
        return f"REFERENCES {quote_identifier(reference.table[-1])}{names}{reference.actions}"

    def _constraint_text(self, c: tree.TableConstraint, scope: Scope, table: str) -> str:
        named = f"CONSTRAINT {quote_identifier(c.name)} " if c.name else ""
        columns = f"({', '.join(map(quote_identifier, c.columns))})"
        for name in c.columns:
            if scope.relations[0].columns and name.lower() not in {
                x.name.lower() for x in scope.relations[0].columns
            }:
                raise PgError("42703", f'column "{name}" named in key does not exist', position=c.at + 1)
        if c.kind == "primary":
            return f"{named}PRIMARY KEY {columns}"
        if c.kind == "unique":
            return f"{named}UNIQUE {columns}"
        if c.kind == "check":
            assert c.check is not None
            return self._check_text(c.name, c.check, scope)
        assert c.references is not None
        return f"{named}FOREIGN KEY {columns} {self._reference_text(c.references)}"


def _constant(node: tree.Node) -> str | None:
    """Return the text of a default that is a number or true or false, None for anything else."""
    sign = ""
    if isinstance(node, tree.Unary) and node.op == "-":
        sign, node = "-", node.operand
    if isinstance(node, tree.Const) and node.kind in ("int", "numeric", "bool"):
        return sign + str(node.value).lower()
    return None


_COMMENT = re.compile(r"(?<=') /\* enum [^ ]+ \*/\Z")


def is_literal(text: str) -> bool:
    """Is a default one that SQLite can add a column with?"""
    text = _COMMENT.sub("", text)
    return (
        text in ("NULL", "CURRENT_DATE")
        or text.lstrip("-").replace(".", "", 1).isdigit()
        or (text[0] == "'" and text[-1] == "'" and "'" not in text[1:-1].replace("''", ""))
    )
