"""``LIKE other_table`` in CREATE TABLE: columns, and what is to come with them."""

from __future__ import annotations

from typing import NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import not_supported
from . import comments, tree
from .column_definitions import ColumnDefinitions
from .definitions import of_domain
from .naming import free_name
from .scope import Column, TableInfo


class CopiedIndex(NamedTuple):
    """An index that no constraint has made."""

    name: str
    unique: bool
    columns: tuple[
        str, ...
    ]  # what its name is made of: columns, and of an expression its function, or ``expr``
    text: str  # its keys and condition, from the parenthesis on


class Likeness(NamedTuple):
    """What a table has beside its columns."""

    checks: tuple[tuple[str, str], ...] = ()  # names and conditions
    primary: tuple[str, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[CopiedIndex, ...] = ()
    generated: dict[str, tuple[str, bool]] = {}  # noqa: RUF012 - never written to; expressions, and whether stored
    collations: dict[str, str] = {}  # noqa: RUF012 - never written to


class Likening(ColumnDefinitions):
    """Writes what a new table takes from others."""

    def copy_all(self, node: tree.CreateTable) -> tuple[list[str], list[str]]:
        """Put what LIKE copies into a definition; return its checks as text, and what runs behind."""
        checks: list[str] = []
        behind: list[str] = []
        taken: set[str] = set()
        for copied in reversed(node.copied):
            info = self.table_info(copied.table)
            like = self.schema.likeness(info.schema, info.name)
            node.columns[copied.place : copied.place] = self._columns(copied, info, like)
            if "constraints" in copied.including:
                found = (f"CONSTRAINT {quote_identifier(n)} CHECK ({clause})" for n, clause in like.checks)
                checks[:0] = found
            names: dict[str, str] = {}
            if "indexes" in copied.including:
                names = self._indexes(node, like, behind, taken)
            if "comments" in copied.including and not node.temporary and comments.there(self.schema):
                table = node.table.parts[-1]
                behind += comments.copied(info.name, table, members=True)
                for old, new in names.items():
                    behind += comments.copied(old, new, members=False)
        node.copied = []
        return checks, behind

    def _columns(self, node: tree.Copied, info: TableInfo, like: Likeness) -> list[tree.ColumnDef]:
        """Return the columns of another table: names, types and NOT NULL, and what else is asked for."""
        made = []
        for column in info.columns:
            if column.sized is None:
                raise not_supported(f'LIKE a table whose column "{column.name}" has no type is not supported')
            copy = tree.ColumnDef(column.name, column.sized, "", not_null=column.not_null)
            copy.collate = like.collations.get(column.name, "")
            if column.name in like.generated:
                if "generated" in node.including:
                    copy.generated_sql, copy.stored = like.generated[column.name]
            elif column.name in info.identities:
                if "identity" in node.including:
                    copy.identity = True
                    copy.always = info.identities[column.name] == "a"
                    copy.by_default = not copy.always
                    copy.counts_like = info.sequences.get(column.name, "")
            elif "defaults" in node.including:
                self._copy_default(copy, column, info)
            domain = self.schema.domain_named(column.domain) if column.domain else None
            made.append(copy if domain is None else of_domain(copy, domain))
        return made

    def _copy_default(self, copy: tree.ColumnDef, column: Column, info: TableInfo) -> None:
        if column.name in info.sequences:
            name = tree.Const(info.sequences[column.name], "string")
            copy.default = tree.Call("nextval", [name])
        elif column.name == info.rowid and self.schema.counts(info.name):
            raise not_supported(
                f'LIKE ... INCLUDING DEFAULTS is not supported for the serial key "{column.name}",'
                " whose numbers no other table can take",
                hint="Add EXCLUDING DEFAULTS, or have an IDENTITY column.",
            )
        else:
            copy.default_sql = info.defaults.get(column.name, "")

    def _indexes(
        self, node: tree.CreateTable, like: Likeness, behind: list[str], taken: set[str]
    ) -> dict[str, str]:
        """Add keys and indexes; return the new names of the indexes, by the old ones."""
        table = node.table.parts[-1]
        prefix = "temp." if node.temporary else ""
        if like.primary:
            node.constraints.append(tree.TableConstraint("primary", "", like.primary))
        node.constraints += [tree.TableConstraint("unique", "", each) for each in like.uniques]
        names = {}
        for each in like.indexes:
            base = "_".join((table, *each.columns, "idx"))
            name = free_name(
                base,
                lambda n: n in taken or self.schema.table(None, n) is not None or self.schema.has_index(n),
            )
            taken.add(name)
            names[each.name] = name
            behind.append(
                f"CREATE {'UNIQUE ' * each.unique}INDEX {prefix}{quote_identifier(name)}"
                f" ON {quote_identifier(table)} {each.text}"
            )
        return names
