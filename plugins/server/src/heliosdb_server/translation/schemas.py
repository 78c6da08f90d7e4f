"""CREATE, ALTER, DROP and TRUNCATE as SQLite reads them. What is written is what any SQLite tool can read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError, not_supported
from ..types import registry
from ..types.registry import INT2, INT4, INT8, enumerated
from . import comments, labels, sequences, tree
from .dropping import Dropping
from .naming import free_name, name_of
from .schema_edit import SchemaEdit, TemporaryRows
from .scope import Column, Relation, Scope, TableInfo
from .walking import changes_rows


class Schemas(Dropping):
    """Writes statements that change the schema: each returns the statements that SQLite is to run."""

    def definition(self, node: tree.Node) -> list[str | SchemaEdit]:
        """Return what SQLite runs for a statement that changes the schema."""
        self.writes = True
        self.counting = []
        method = getattr(self, f"_run_{type(node).__name__.lower()}")
        made: list[str | SchemaEdit] = method(node)
        return made

    def _new_name(self, table: tree.Table, *, temporary: bool = False) -> str:
        schema = table.parts[-2] if len(table.parts) > 1 else "" if temporary else self.schema.making()
        self._refuse_type(table.parts[-1])
        if schema.startswith("pg_temp") or temporary:
            return f"temp.{quote_identifier(table.parts[-1])}"
        if schema in ("", "public", "main"):
            return quote_identifier(table.parts[-1])
        if schema in ("pg_catalog", "information_schema"):
            raise PgError("42501", f'permission denied to create "{schema}.{table.parts[-1]}"')
        raise PgError("3F000", f'schema "{schema}" does not exist')

    # ---- CREATE TABLE ----

    def _run_createtable(self, node: tree.CreateTable) -> list[Any]:
        name = self._new_name(node.table, temporary=node.temporary)
        table = node.table.parts[-1]
        checks, copied = self.copy_all(node)
        columns = tuple(Column(c.name, c.type, quote_identifier(c.name)) for c in node.columns)
        names = [c.name.lower() for c in node.columns]
        for at, each in enumerate(names):
            if each in names[:at]:
                raise PgError("42701", f'column "{node.columns[at].name}" specified more than once')
        scope = Scope([Relation(table, columns)])
        keys = [c.columns for c in node.constraints if c.kind == "primary"]
        alone = keys[0][0] if len(keys) == 1 and len(keys[0]) == 1 else ""
        if len(keys) + sum(c.primary for c in node.columns) > 1:
            raise PgError("42P16", f'multiple primary keys for table "{table}" are not allowed')
        self._check_references(node)
        together = {name for key in keys for name in key}  # which SQLite would let be NULL
        parts = [
            self.column_text(
                replace(c, not_null=c.not_null or c.name in together),
                scope,
                table,
                primary=c.primary or c.name == alone,
            )
            for c in node.columns
        ]
        rowid = next((c for c in node.columns if c.name == alone and c.type.type in (INT2, INT4, INT8)), None)
        for constraint in node.constraints:
            if constraint.kind == "primary" and rowid is not None:
                continue  # written with its column, where it makes it the rowid
            parts.append(self._constraint_text(constraint, scope, table))
        parts += checks
        exists = "IF NOT EXISTS " if node.if_not_exists else ""
        there = bool(exists) and self.schema.table(None, table) is not None
        behind: list[Any] = [] if there else [*self.counting, *copied]
        if node.on_commit and not there:
            behind = [*behind, TemporaryRows(table, node.on_commit == "drop")]
        return [f"CREATE TABLE {exists}{name} (\n  " + ",\n  ".join(parts) + "\n)", *behind]

    def _check_references(self, node: tree.CreateTable) -> None:
        """Refuse foreign keys to what is not there, or is no key: SQLite would say so at each change only."""
        table = node.table.parts[-1].lower()
        references = [c.references for c in node.columns] + [c.references for c in node.constraints]
        for each in references:
            if each is None or each.table[-1].lower() == table:
                continue
            there = self.schema.named(tuple(each.table))
            if there is None:
                raise PgError("42P01", f'relation "{".".join(each.table)}" does not exist')
            wanted = sorted(name.lower() for name in each.columns)
            if wanted and all(sorted(n.lower() for n in key) != wanted for key in there.keys.values()):
                for name in each.columns:
                    if all(name.lower() != column.name.lower() for column in there.columns):
                        raise PgError(
                            "42703", f'column "{name}" referenced in foreign key constraint does not exist'
                        )
                raise PgError(
                    "42830",
                    f'there is no unique constraint matching given keys for referenced table "{there.name}"',
                )

    def _run_createas(self, node: tree.CreateAs) -> list[Any]:
        name = self._new_name(node.table, temporary=node.temporary)
        if changes_rows(node.query):
            if node.kind == "view":
                raise not_supported("views must not contain data-modifying statements in WITH")
            raise not_supported(
                "CREATE TABLE AS of a WITH that changes rows is not supported",
                hint="Create the table first, and INSERT INTO it.",
            )
        self.viewing = node.kind == "view"
        text, columns = self.query(node.query, None)
        if self.parameters:
            raise PgError("42P02", "there is no parameter $1")
        names = [node.columns[at] if at < len(node.columns) else c.name for at, c in enumerate(columns)]
        twice = next((n for at, n in enumerate(names) if n.lower() in {m.lower() for m in names[:at]}), None)
        if twice is not None:
            raise PgError("42701", f'column "{twice}" specified more than once')
        exists = "IF NOT EXISTS " if node.if_not_exists else ""
        if node.kind == "view":
            listed = ", ".join(_noted(n, c) for n, c in zip(names, columns, strict=True))
            made = f"CREATE VIEW {exists}{name} ({listed}) AS {text}"
            if not node.replace:
                return [made]
            kind = self.schema.table(None, node.table.parts[-1])
            if kind is not None and kind.kind != "view":
                raise PgError("42809", f'"{node.table.parts[-1]}" is not a view')
            return [f"DROP VIEW IF EXISTS {name}", made]
        if exists and self.schema.table(None, node.table.parts[-1]) is not None:
            return []
        definitions = ", ".join(_declared(n, c) for n, c in zip(names, columns, strict=True))
        run: list[Any] = [f"CREATE TABLE {exists}{name} ({definitions})"]
        if node.with_data:
            run.append(f"INSERT INTO {name} {self._filling(node.query)}")
        if node.on_commit:
            run.append(TemporaryRows(node.table.parts[-1], node.on_commit == "drop"))
        return run

    def _filling(self, query: tree.Node) -> str:
        """Return the rows of a table that is made of a query."""
        text, columns = self.rows_to_keep(query)
        stored = [
            f"s.c{at}" if c.source[0] else self.kept(f"s.c{at}", c.sized, None, text)
            for at, c in enumerate(columns)
        ]
        if all(each.startswith("s.") for each in stored):
            return text
        name = self.fresh("made")
        places = ", ".join(f"c{at}" for at in range(len(columns)))
        return f"WITH {name}({places}) AS ({text}) SELECT {', '.join(stored)} FROM {name} AS s"

    # ---- indexes ----

    def _run_createindex(self, node: tree.CreateIndex) -> list[str]:
        info = self.table_info(node.table)
        if node.method not in ("", "btree", "hash"):
            raise not_supported(f"the access method {node.method} is not supported", hint="Leave out USING.")
        bare = tuple(c._replace(sql=quote_identifier(c.name)) for c in info.columns)
        scope = Scope([Relation(info.name, bare)])
        keys = []
        self.functions, self.lasting = False, True
        for key in node.keys:
            text = self._plain(self.ex(key.expr, scope).text, "an index")
            keys.append(text + (" DESC" if key.descending else ""))
        name = node.name or self._index_name(node, info)
        where = ""
        if node.where is not None:
            where = f" WHERE {self._plain(self.truth(node.where, scope, 'WHERE'), 'an index')}"
        exists = "IF NOT EXISTS " if node.if_not_exists else ""
        prefix = "temp." if info.schema == "temp" else ""
        unique = "UNIQUE " if node.unique else ""
        return [
            (
                f"CREATE {unique}INDEX {exists}{prefix}{quote_identifier(name)} ON {quote_identifier(info.name)}"
                f" ({', '.join(keys)}){where}"
            )
        ]

    def _index_name(self, node: tree.CreateIndex, info: TableInfo) -> str:
        parts = "_".join(n if (n := name_of(key.expr)) != "?column?" else "expr" for key in node.keys)
        schema = self.schema
        return free_name(
            f"{info.name}_{parts}_idx",
            lambda name: schema.table(None, name) is not None or schema.has_index(name),
        )

    def _run_comment(self, node: tree.Comment) -> list[str]:
        return comments.said(node, self.schema)

    def _run_createsequence(self, node: tree.CreateSequence) -> list[str]:
        return sequences.create(node, self.schema)


def _declared(name: str, column: Column) -> str:
    """Return a column of a table that is made of a query's rows."""
    if column.sized is None:
        return quote_identifier(name)
    words = [quote_identifier(name), registry.stored(column.sized)]
    if enumerated(column.sized.type) is not None:
        words[1:1] = [labels.note(column.sized.type)]
        words.append(labels.check(name, column.sized.type))
    return " ".join(words).strip()


def _noted(name: str, column: Column) -> str:
    """Return a view's column with its type: SQLite knows none of what a query computes."""
    sized = column.sized
    if sized is None:
        return quote_identifier(name)
    if enumerated(sized.type) is not None:
        return f"{quote_identifier(name)} {labels.note(sized.type)}"
    if column.scale is not None:
        return f"{quote_identifier(name)} /* {sized.type.name} scale {column.scale} */"
    size = f"@{sized.modifier}" if sized.modifier != -1 else ""
    return f"{quote_identifier(name)} /* {sized.type.name}{size} */"
