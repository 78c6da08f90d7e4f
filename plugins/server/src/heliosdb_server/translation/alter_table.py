"""ALTER TABLE as SQLite can do it, and as changes of the table's definition where it can't."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from dataclasses import replace
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError, not_supported
from ..types import registry
from ..types.registry import Sized, enumerated
from . import comments, labels, sequences, tree
from .column_definitions import is_literal
from .literals import S_TEXT
from .naming import free_name
from .schema_edit import SchemaEdit
from .schemas import Schemas
from .scope import CONSTRAINT_MARK, PRIMARY_MARK, Column, Ex, Relation, Scope, TableInfo


class AlterTable(Schemas):
    """Writes ALTER."""

    # ---- ALTER ----

    def _run_alter(self, node: tree.Alter) -> list[str | SchemaEdit]:
        if node.kind == "index":
            raise not_supported("ALTER INDEX is not supported")
        if node.kind == "sequence":
            changed = sequences.alter(
                node.table.parts[-1], node.actions[0][1], self.schema, if_exists=node.if_exists
            )
            return list(changed)
        if node.if_exists and self.schema.named(node.table.parts) is None:
            return []
        if all(what == "nothing" for what, _ in node.actions):
            self.table_info(node.table)  # it is there: a table, a view or a sequence
            return []
        info = self.target(node.table)
        name = self.written(info)
        made: list[str | SchemaEdit] = []
        for what, value in node.actions:
            made += self._altered(info, name, what, value)
        return made

    def _altered(self, info: TableInfo, name: str, what: str, value: Any) -> list[str | SchemaEdit]:
        if what == "nothing":
            return []
        if what == "rename":
            return [
                f"ALTER TABLE {name} RENAME TO {quote_identifier(str(value))}",
                *comments.renamed(self.schema, info.name, str(value)),
            ]
        if what == "rename column":
            assert isinstance(value, tuple)
            old = self._column(info, value[0], -1)
            return [
                f"ALTER TABLE {name} RENAME COLUMN {quote_identifier(old.name)} TO {quote_identifier(value[1])}",
                *comments.renamed(self.schema, info.name, value[1], old.name),
            ]
        if what == "add column":
            assert isinstance(value, tuple)
            column, exists = value
            if any(c.name.lower() == column.name.lower() for c in info.columns):
                if exists:
                    return []
                raise PgError("42701", f'column "{column.name}" of relation "{info.name}" already exists')
            scope = Scope([Relation(info.name, (*info.columns, Column(column.name, column.type)))])
            bare = tuple(c._replace(sql=quote_identifier(c.name)) for c in scope.relations[0].columns)
            scope = Scope([Relation(info.name, bare)])
            return self._added(info, name, column, scope)
        if what == "drop column":
            assert isinstance(value, tuple)
            if value[1] and all(c.name.lower() != value[0].lower() for c in info.columns):
                return []
            dropped = self._column(info, value[0], -1).name
            return [
                f"ALTER TABLE {name} DROP COLUMN {quote_identifier(dropped)}",
                *comments.forgotten(self.schema, info.name, dropped),
            ]
        if what == "add constraint":
            assert isinstance(value, tree.TableConstraint)
            if value.kind == "unique":
                if value.name in info.keys:
                    raise PgError("42P07", f'relation "{value.name}" already exists')
                label = value.name or free_name(
                    f"{info.name}_{'_'.join(value.columns)}_key", info.keys.__contains__
                )
                columns = ", ".join(map(quote_identifier, value.columns))
                table = quote_identifier(info.name)
                return [
                    f"CREATE UNIQUE INDEX {quote_identifier(label)} {CONSTRAINT_MARK} ON {table} ({columns})"
                ]
        return self.edited(info, what, value)

    def _added(
        self, info: TableInfo, name: str, column: tree.ColumnDef, scope: Scope
    ) -> list[str | SchemaEdit]:
        """Return what adds a column: first one that SQLite can add, then what it could not be added with."""
        if column.primary or column.identity:
            raise not_supported("ADD COLUMN with PRIMARY KEY or IDENTITY is not supported")
        made: list[str | SchemaEdit] = []
        label, quoted = column.name, quote_identifier(column.name)
        plain = replace(column, unique=False, references=None, not_null=False, default=None, check=[])
        default = self.default_text(column.default, column.type) if column.default is not None else ""
        constant = bool(default) and is_literal(default) and default != "CURRENT_DATE"
        text = self.column_text(plain, scope, info.name)
        made.append(f"ALTER TABLE {name} ADD COLUMN {text}" + (f" DEFAULT {default}" if constant else ""))
        if default and not constant:
            made.append(f"UPDATE {name} SET {quoted} = {default}")
            made.append(SchemaEdit(info.name, "set default", label, default))
        if column.not_null:
            made.append(SchemaEdit(info.name, "set not null", label, refused=f"{quoted} IS NULL"))
        for check, clause in column.check:
            made += self._constrained(info, tree.TableConstraint("check", check, check=clause), scope)
        if column.references is not None:
            foreign = tree.TableConstraint("foreign", "", (label,), references=column.references)
            made += self._constrained(info, foreign, scope)
        if column.unique:
            key = quote_identifier(free_name(f"{info.name}_{label}_key", info.keys.__contains__))
            made.append(f"CREATE UNIQUE INDEX {key} {CONSTRAINT_MARK} ON {name} ({quoted})")
        return made

    def _constrained(self, info: TableInfo, c: tree.TableConstraint, scope: Scope) -> list[str | SchemaEdit]:
        if c.kind == "primary":
            if info.primary:
                raise PgError("42P16", f'multiple primary keys for table "{info.name}" are not allowed')
            names = [self._column(info, name, c.at).name for name in c.columns]
            edits: list[str | SchemaEdit] = [
                SchemaEdit(info.name, "set not null", name, refused=f"{quote_identifier(name)} IS NULL")
                for name in names
            ]
            listed = ", ".join(map(quote_identifier, names))
            label = quote_identifier(c.name or f"{info.name}_pkey")
            made = f"CREATE UNIQUE INDEX {label} {PRIMARY_MARK} ON {quote_identifier(info.name)} ({listed})"
            return [*edits, made]
        text = self._constraint_text(c, scope, info.name)
        refused = ""
        if c.kind == "check":
            assert c.check is not None
            refused = f"NOT ({self.truth(c.check, scope, 'CHECK')})"
        own = f"{info.name}_check" if c.kind == "check" else f"{info.name}_{'_'.join(c.columns)}_fkey"
        # SQLite looks at a changed definition when it prepares a statement; its check of foreign keys alone does not.
        seen = f"SELECT 1 FROM {quote_identifier(info.name)} LIMIT 0" if c.kind == "foreign" else ""
        return [SchemaEdit(info.name, "add constraint", c.name or own, text, c.kind, refused, seen)]

    def _refuse_text(self, column: Column, info: TableInfo, sized: Sized, using: tree.Node | None) -> None:
        """Refuse to make labels of what is no label unless it is said how; a default would be no label either."""
        kind = sized.type
        if column.sized is None or column.sized.type is kind:
            return
        if using is None:
            raise PgError(
                "42804",
                f'column "{column.name}" cannot be cast automatically to type {kind.title}',
                hint=f'You might need to specify "USING {column.name}::{kind.title}".',
            )
        if column.name in info.defaults:
            raise PgError(
                "42804",
                f'default for column "{column.name}" cannot be cast automatically to type {kind.title}',
            )

    def edited(self, info: TableInfo, what: str, value: Any) -> list[str | SchemaEdit]:
        """Return what changes a table in a way that SQLite's ALTER can't."""
        bare = tuple(c._replace(sql=quote_identifier(c.name)) for c in info.columns)
        scope = Scope([Relation(info.name, bare)])
        if what == "add constraint":
            return self._constrained(info, value, scope)
        if what == "drop constraint":
            name, optional, behaviour = value
            return [SchemaEdit(info.name, what, name, kind=behaviour, optional=optional)]
        if what == "rename constraint":
            return [SchemaEdit(info.name, what, value[0], value[1])]
        column = self._column(info, value if isinstance(value, str) else value[0], -1)
        quoted = quote_identifier(column.name)
        if column.domain and (
            what in ("set type", "drop not null") or (what == "set default" and value[1] is None)
        ):
            raise not_supported(
                f'column "{column.name}" has its type, and what else is in it, from the domain {column.domain}'
            )
        if what == "set not null":
            return [SchemaEdit(info.name, what, column.name, refused=f"{quoted} IS NULL")]
        if what == "drop not null":
            return [SchemaEdit(info.name, what, column.name)]
        if what == "set default":
            return self._default_changed(info, column, value[1])
        if what.endswith("identity"):
            return self._identity_changed(info, column, what, value)
        if what == "set type":
            _, sized, using = value
            made = self.ex(using, scope, sized) if using is not None else Ex(quoted, column.sized)
            cast = self.cast(
                made, sized, -1, explicit=using is not None and isinstance(using, tree.Cast)
            ).text
            words = registry.stored(sized)
            if enumerated(sized.type) is not None:
                self._refuse_text(column, info, sized, using)
                words = f"{labels.note(sized.type)} {words} {labels.check(column.name, sized.type)}".strip()
            after = (
                ""
                if cast == quoted and using is None
                else f"UPDATE {self.written(info)} SET {quoted} = {cast}"
            )
            return [SchemaEdit(info.name, what, column.name, words, after=after)]
        raise not_supported(f"ALTER TABLE ... {what.upper()} is not supported")

    def _default_changed(
        self, info: TableInfo, column: Column, value: tree.Node | None
    ) -> list[str | SchemaEdit]:
        if column.name == info.rowid:
            if value is None and info.given_key:
                return []
            self._refuse_counted(info, column)
        if column.name in info.identities:
            raise PgError("42601", f'column "{column.name}" of relation "{info.name}" is an identity column')
        definition = tree.ColumnDef(column.name, column.sized or S_TEXT, "", default=value)
        sequence = self.sequence_of(definition, info.name)
        text = "" if value is None or sequence else self.default_text(value, column.sized or S_TEXT)
        edits: list[str | SchemaEdit] = [SchemaEdit(info.name, "set default", column.name, text)]
        if sequence or column.name in info.sequences:
            note = f"nextval {sequence}" if sequence else ""
            edits.append(SchemaEdit(info.name, "set note", column.name, note))
        return edits

    def _identity_changed(
        self, info: TableInfo, column: Column, what: str, value: Any
    ) -> list[str | SchemaEdit]:
        has = column.name in info.identities
        if has and what == "add identity":
            raise PgError(
                "55000", f'column "{column.name}" of relation "{info.name}" is already an identity column'
            )
        if not has and what != "add identity":
            if what == "drop identity" and value[1]:
                return []
            raise PgError(
                "55000", f'column "{column.name}" of relation "{info.name}" is not an identity column'
            )
        if column.name == info.rowid:
            self._refuse_counted(info, column)
        if what == "drop identity":
            gone = f"DROP TABLE {quote_identifier(info.sequences[column.name])}"
            return [SchemaEdit(info.name, "set note", column.name), gone]
        word = "always" if value[1] else "default"
        if what == "set identity":
            note = f"{word} nextval {info.sequences[column.name]}"
            return [SchemaEdit(info.name, "set note", column.name, note)]
        if not column.not_null:
            raise PgError(
                "55000",
                f'column "{column.name}" of relation "{info.name}" must be declared NOT NULL before'
                " identity can be added",
            )
        if column.name in info.defaults or column.name in info.sequences:
            raise PgError(
                "55000", f'column "{column.name}" of relation "{info.name}" already has a default value'
            )
        kind = (column.sized or S_TEXT).type
        name = value[2].get("name") or f"{info.name}_{column.name}_seq"
        made = sequences.created(name, value[2], f"{info.name}.{column.name}", kind=kind)
        return [*made, SchemaEdit(info.name, "set note", column.name, f"{word} nextval {name}")]

    def _refuse_counted(self, info: TableInfo, column: Column) -> None:
        raise not_supported(
            f'the numbers of column "{column.name}" are those of the rows of "{info.name}": they can\'t be changed'
        )
