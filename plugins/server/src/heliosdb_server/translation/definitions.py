"""The parser's part for CREATE, ALTER, DROP and TRUNCATE."""

from __future__ import annotations

from typing import Any

from ..protocol.errors import PgError
from ..types.registry import SERIALS
from . import tree
from .constraint_clauses import ConstraintClauses
from .domains import Domain
from .lexer import Kind
from .type_statements import TypeStatements

_ENDS_DEFAULT = frozenset(
    [
        "not",
        "null",
        "check",
        "unique",
        "primary",
        "references",
        "default",
        "constraint",
        "generated",
        "collate",
        "deferrable",
        "initially",
    ]
)


_COPIED = frozenset(("comments", "compression", "constraints", "defaults", "generated", "identity", "indexes",
                     "statistics", "storage"))  # fmt: skip


_INSTEAD = {
    "role": "Users are made by heliosdb user add.", "user": "Users are made by heliosdb user add.",
}  # fmt: skip


def of_domain(column: tree.ColumnDef, domain: Domain) -> tree.ColumnDef:
    """Return a column with what it has from its domain: NOT NULL, a default, and conditions."""
    column.domain = domain.name
    column.not_null = column.not_null or domain.not_null
    if column.default is None and not column.default_sql and domain.default:
        column.default = Definitions.of_text(domain.default, 3)
    for _, clause in domain.checks:
        column.check.append(("", tree.OfDomain(Definitions.of_text(clause), domain.name, column.name)))
    return column


class Definitions(ConstraintClauses, TypeStatements):
    """Reads statements that change the schema."""

    def create(self) -> tree.Node:
        """Return the CREATE statement here."""
        at = self.token.start
        self.expect("create")
        replace = self.take("or", "replace")
        temporary = bool(self.take_one("temp", "temporary"))
        self.take_one("local", "global", "unlogged")
        temporary = bool(self.take_one("temp", "temporary")) or temporary
        if self.take("table"):
            return self._create_table(at, temporary)
        if self.take("materialized", "view"):
            raise PgError("0A000", "materialized views are not supported", position=at + 1)
        self.take("recursive")
        if self.take("view"):
            exists = self.take("if", "not", "exists")
            table = tree.Table(self.qualified())
            columns = self.names_in_parentheses() if self.is_op("(") else ()
            if self.take("with"):
                self.skip_parentheses()
            self.expect("as")
            query = self.query()
            if self.take("with"):
                self.take_one("local", "cascaded")
                self.expect("check", "option")
                raise PgError("0A000", "WITH CHECK OPTION is not supported")
            return tree.CreateAs(table, columns, query, "view", exists, temporary, replace, at=at)
        unique = self.take("unique")
        if self.take("index"):
            return self._create_index(at, unique)
        return self._create_other(at, temporary=temporary)

    def sequence_options(self) -> dict[str, Any]:
        """Return the options of a sequence that stand here."""
        made: dict[str, Any] = {}
        while True:
            if self.take("as"):
                made["type"] = self.type_name()[0].type
            elif self.take("increment"):
                self.take("by")
                made["increment"] = self._whole()
            elif self.take("start"):
                self.take("with")
                made["start"] = self._whole()
            elif self.take("restart"):
                given = self.take("with") or self.token.kind is Kind.NUMBER or self.is_op("-", "+")
                made["restart"] = self._whole() if given else None
            elif self.take("minvalue"):
                made["minimum"] = self._whole()
            elif self.take("maxvalue"):
                made["maximum"] = self._whole()
            elif self.take("cache"):
                self._whole()
            elif self.take("cycle"):
                made["cycle"] = True
            elif self.take("owned", "by"):
                owner = self.qualified()
                made["owner"] = "" if owner == ("none",) else ".".join(owner[-2:])
            elif self.take("owner", "to"):
                self.label()
                made["nothing"] = True
            elif self.take("sequence", "name"):
                made["name"] = self.qualified()[-1]
            elif self.take("no"):
                word = self.take_one("minvalue", "maxvalue", "cycle")
                if not word:
                    raise self.error()
                option = {"minvalue": "minimum", "maxvalue": "maximum"}.get(word, word)
                made[option] = False if word == "cycle" else None
            else:
                return made

    def _whole(self) -> int:
        sign = -1 if self.take_op("-") else 1
        self.take_op("+")
        if self.token.kind is not Kind.NUMBER or not self.token.value.isdigit():
            raise self.error()
        return sign * int(self.advance().value)

    def _create_other(self, at: int, *, temporary: bool = False) -> tree.Node:
        what = self.advance().value
        exists = self.take("if", "not", "exists")
        if what == "sequence":
            parts = self.qualified()
            return tree.CreateSequence(parts, self.sequence_options(), exists, temporary, at=at)
        if what == "type":
            return self.create_type(at)
        if what == "domain":
            return self.create_domain(at)
        if what in ("schema", "extension"):
            name = self.name() if not self.is_word("authorization") else "public"
            return tree.Command(f"create {what}", {"name": name, "exists": exists}, at=at)
        if what in ("role", "user", "database", "function", "procedure", "aggregate",
                    "operator", "policy", "rule", "server", "publication", "subscription", "tablespace",
                    "collation", "cast", "event", "language", "statistics", "text", "foreign", "group"):  # fmt: skip
            words = {"text": "TEXT SEARCH", "event": "EVENT TRIGGER", "foreign": "FOREIGN TABLE"}
            raise PgError(
                "0A000", f"CREATE {words.get(what, what.upper())} is not supported", hint=_INSTEAD.get(what, ""),
                position=at + 1,
            )  # fmt: skip
        raise self.error(self.tokens[self.at - 1])

    # ---- tables ----

    def _create_table(self, at: int, temporary: bool) -> tree.Node:
        exists = self.take("if", "not", "exists")
        table = tree.Table(self.qualified(), at=self.token.start)
        names: tuple[str, ...] = ()
        if self.is_op("(") and self.ahead(2).value in (",", ")") and self.ahead(2).kind is Kind.OPERATOR:
            names = self.names_in_parentheses()
        on_commit = "" if self.is_op("(") else self._storage()
        if names or self.is_word("as"):
            self.expect("as")
            query = self.query()
            with_data = not self.take("with", "no", "data")
            if with_data:
                self.take("with", "data")
            return tree.CreateAs(
                table,
                names,
                query,
                "table",
                exists,
                temporary,
                with_data=with_data,
                on_commit=on_commit,
                at=at,
            )
        made = tree.CreateTable(table, [], [], exists, temporary, at=at)
        if self.is_word("partition", "of"):
            raise PgError("0A000", "partitions are not supported", position=self.token.start + 1)
        self.expect_op("(")
        while not self.take_op(")"):
            if self.is_word("constraint", "primary", "unique", "check", "foreign", "exclude"):
                made.constraints.append(self.table_constraint())
            elif self.take("like"):
                made.copied.append(self._like(len(made.columns)))
            else:
                made.columns.append(self.column())
            if not self.take_op(","):
                self.expect_op(")")
                break
        made.on_commit = self._storage()
        return made

    def _like(self, place: int) -> tree.Copied:
        at = self.token.start
        table = tree.Table(self.qualified(), at=at)
        including: set[str] = set()
        while word := self.take_one("including", "excluding"):
            option = self.advance().value
            if option not in _COPIED and option != "all":
                raise self.error(self.tokens[self.at - 1])
            options = _COPIED if option == "all" else {option}
            including = including | options if word == "including" else including - options
        return tree.Copied(table, place, frozenset(including), at=at)

    def _storage(self) -> str:
        """Skip what says how a table is stored; return what becomes of its rows at the end of a transaction."""
        on_commit = ""
        while True:
            if self.take("with") or self.take("without", "oids"):
                if self.is_op("("):
                    self.skip_parentheses()
            elif self.take("tablespace"):
                self.name()
            elif self.take("on", "commit"):
                if self.take("drop"):
                    on_commit = "drop"
                elif self.take("delete", "rows"):
                    on_commit = "delete"
                else:
                    self.expect("preserve", "rows")
            elif self.is_word("inherits", "partition"):
                what = "inheritance is" if self.is_word("inherits") else "partitions are"
                raise PgError("0A000", f"{what} not supported", position=self.token.start + 1)
            else:
                return on_commit

    def column(self) -> tree.ColumnDef:
        """Return a column's definition."""
        at = self.token.start
        name = self.label()
        sized, written = self.type_name(domains=True)
        domain = self.domain
        serial = domain is None and written in SERIALS
        made = tree.ColumnDef(name, sized, written, identity=serial, at=at)
        while True:
            constraint = self.label() if self.take("constraint") else ""
            if not self._column_constraint(made, constraint):
                if constraint:
                    raise self.error()
                return made if domain is None else of_domain(made, domain)

    def _column_constraint(self, made: tree.ColumnDef, name: str) -> bool:
        if self.take("not", "null"):
            made.not_null = True
        elif self.take("null"):
            pass
        elif self.take("primary", "key"):
            made.primary, made.constraint = True, name
        elif self.take("unique"):
            self.take("nulls", "distinct")
            made.unique, made.constraint = True, name
        elif self.take("default"):
            made.default = self.expression(3)
        elif self.take("check"):
            self.expect_op("(")
            made.check.append((name, self.expression()))
            self.expect_op(")")
            self.take("no", "inherit")
        elif self.is_word("references"):
            made.references = self._reference()
            made.references.name = name
        elif self.take("collate"):
            made.collate = self.qualified()[-1]
        elif self.take("generated"):
            always = self.take("always", "as")
            if always and self.is_op("("):
                self.at += 1
                made.generated = self.expression()
                self.expect_op(")")
                made.stored = not self.take("virtual")
                self.take("stored")
            else:
                if self.take("by", "default"):
                    self.expect("as")
                self.expect("identity")
                made.always, made.by_default = always, not always
                if self.take_op("("):
                    made.counting = self.sequence_options()
                    self.expect_op(")")
                made.identity = True
        elif self._says_when():
            self._at_once()
        else:
            return False
        return True

    def _create_index(self, at: int, unique: bool) -> tree.Node:
        self.take("concurrently")
        exists = self.take("if", "not", "exists")
        name = "" if self.is_word("on") else self.qualified()[-1]
        self.expect("on")
        self.take("only")
        table = tree.Table(self.qualified())
        method = self.name() if self.take("using") else ""
        self.expect_op("(")
        keys = []
        while True:
            start = self.token.start
            expr = self.expression()
            if self.token.kind is Kind.WORD and not self.is_word("asc", "desc", "nulls"):
                opclass = self.qualified()[-1]  # text_pattern_ops
                if self.is_op("("):
                    self.skip_parentheses()
                del opclass
            descending = self.take_one("asc", "desc") == "desc"
            nulls = self.take_one("first", "last") if self.take("nulls") else ""
            keys.append(tree.Order(expr, descending, nulls, at=start))
            if not self.take_op(","):
                break
        self.expect_op(")")
        if self.take("include"):
            self.skip_parentheses()
        if self.take("nulls"):
            if self.take("not"):
                raise PgError("0A000", "NULLS NOT DISTINCT is not supported")
            self.expect("distinct")
        self._storage()
        where = self.expression() if self.take("where") else None
        return tree.CreateIndex(name, table, keys, unique, exists, where, method, at=at)
