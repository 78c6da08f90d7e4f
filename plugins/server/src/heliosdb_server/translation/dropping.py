"""DROP and TRUNCATE: what goes, and what goes with it or keeps it from going."""

from __future__ import annotations

from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError, not_supported
from . import comments, sequences, tree
from .schema_edit import SchemaEdit
from .scope import TableInfo
from .type_definitions import TypeDefinitions


class Dropping(TypeDefinitions):
    """Writes them."""

    def _run_drop(self, node: tree.Drop) -> list[Any]:
        made: list[Any] = []
        exists = "IF EXISTS " if node.if_exists else ""
        if node.kind == "domain":
            return list(self._dropped_domains(node))
        if node.kind == "type":
            return list(self._dropped_types(node))
        if node.kind == "sequence":
            return sequences.dropped(node, self.schema)
        if node.kind == "schema":
            return self._dropped_schemas(node)
        if node.kind not in ("table", "view", "index", "trigger"):
            if node.if_exists and node.kind in ("function", "extension", "materialized view"):
                return []
            raise not_supported(f"DROP {node.kind.upper()} is not supported")
        names = self._referring_first(node.names) if node.kind == "table" else node.names
        for parts in names:
            if node.kind in ("table", "view"):
                info = self.schema.named(parts)
                if info is None and not node.if_exists:
                    what = "table" if node.kind == "table" else "view"
                    raise PgError("42P01", f'{what} "{parts[-1]}" does not exist')
                if info is not None and info.schema in ("pg_catalog", "information_schema"):
                    raise PgError("42501", f"permission denied: {info.name} is a system catalog")
                if info is not None and info.kind != node.kind:
                    raise PgError("42809", f'"{parts[-1]}" is not a {node.kind}')
                if info is not None and node.kind == "table":
                    made += self._freed(info, node)
            elif node.kind == "index" and not self._has_index(parts):
                if node.if_exists:
                    continue
                raise PgError("42704", f'index "{parts[-1]}" does not exist')
            prefix = "temp." if parts[0].startswith("pg_temp") else ""
            made.append(f"DROP {node.kind.upper()} {exists}{prefix}{quote_identifier(parts[-1])}")
            made += (
                comments.forgotten(self.schema, parts[-1]) if node.kind != "trigger" and not prefix else []
            )
            if node.kind == "table" and info is not None:
                made += [f"DROP TABLE {quote_identifier(name)}" for name in self._owned(info)]
        return made

    def _dropped_schemas(self, node: tree.Drop) -> list[Any]:
        for parts in node.names:
            name = parts[-1]
            if name in ("pg_catalog", "information_schema"):
                text = f"cannot drop schema {name} because it is required by the database system"
                raise PgError("2BP01", text)
            if name == "public":
                raise not_supported("DROP SCHEMA public is not supported: it is the file itself")
            if not node.if_exists:
                raise PgError("3F000", f'schema "{name}" does not exist')
        return []

    def _has_index(self, parts: tuple[str, ...]) -> bool:
        return (len(parts) > 1 or self.schema.sees("public")) and self.schema.has_index(parts[-1])

    def _owned(self, info: TableInfo) -> list[str]:
        """Return the sequences that a table's columns were made with."""
        return [s for c, s in info.sequences.items() if s.startswith(f"{info.name}_{c}_seq")]

    def _referring_first(self, names: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """Return tables in an order in which none goes before those that refer to it, as far as there is one."""
        left, made = list(names), []
        while left:
            there = {parts[-1].lower() for parts in left}

            def is_free(parts: tuple[str, ...], there: set[str] = there) -> bool:
                return not any(name.lower() in there for name in self.schema.references_to(parts[-1]))

            chosen = next((parts for parts in left if is_free(parts)), left[0])
            made.append(chosen)
            left.remove(chosen)
        return made

    def _freed(self, info: TableInfo, node: tree.Drop) -> list[SchemaEdit]:
        """Return what drops the foreign keys that refer to a table; without CASCADE there must be none."""
        others = {parts[-1].lower() for parts in node.names}
        for sequence in self._owned(info):
            users = [n for n in self.schema.counted_by(sequence) if n.lower() not in others]
            if users:
                raise PgError(
                    "2BP01",
                    f"cannot drop table {info.name} because other objects depend on it",
                    detail=f"a default of table {users[0]} depends on sequence {sequence}",
                    hint=f"Drop the default of {users[0]} first.",
                )
        dependents = self.schema.references_to(info.name)
        left = [name for name in dependents if name.lower() not in others]
        if left and not node.cascade:
            raise PgError(
                "2BP01",
                f"cannot drop table {info.name} because other objects depend on it",
                detail="\n".join(
                    f"a foreign key of table {name} depends on table {info.name}" for name in left
                ),
                hint="Use DROP ... CASCADE to drop the dependent objects too.",
            )
        return [SchemaEdit(name, "drop references", info.name) for name in left]

    def _run_truncate(self, node: tree.Truncate) -> list[str]:
        made = []
        names = {table.parts[-1].lower() for table in node.tables}
        for table in node.tables:
            info = self.target(table)
            left = [n for n in self.schema.references_to(info.name) if n.lower() not in names]
            if left and not node.cascade:
                raise PgError(
                    "0A000",
                    "cannot truncate a table referenced in a foreign key constraint",
                    detail=f'Table "{left[0]}" references "{info.name}".',
                    hint=f'Truncate table "{left[0]}" at the same time, or use TRUNCATE ... CASCADE.',
                )
            if left:
                raise not_supported(
                    "TRUNCATE ... CASCADE over foreign keys is not supported: name the tables"
                )
            made.append(f"DELETE FROM {self.written(info)}")
            if node.restart:
                for name in self._owned(info):
                    made += sequences.alter(name, {"restart": None}, self.schema, if_exists=False)
            if node.restart and self.schema.counts(info.name):
                made.append(f"DELETE FROM sqlite_sequence WHERE name = '{info.name}'")
        return made
