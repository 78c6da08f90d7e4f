"""The indexes, keys and foreign keys of tables, and what their constraints are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.sql.names import folded

from ..translation.scope import CONSTRAINT_MARK, PRIMARY_MARK, TableInfo
from . import constraints
from .objects import ForeignKey, Index, Object, Objects


class Keys(Objects):
    """Reads them when they are asked for."""

    if TYPE_CHECKING:

        def info(self, found: Object) -> TableInfo: ...

    def constraint_name(self, found: Object, index: Index) -> str:
        """Return the name of the constraint that an index keeps, as PostgreSQL would have made it."""
        if not index.name.startswith("sqlite_autoindex"):
            return index.name
        if index.origin == "pk":
            return self._primary_name(found)
        columns = [folded(str(name)) for name in index.columns]
        for each in constraints.written(found.sql or "", found.name):
            if each.kind == constraints.UNIQUE and [folded(name) for name in each.columns] == columns:
                return each.name
        return f"{found.name}_{'_'.join(str(name) for name in index.columns)}_key"

    def _primary_name(self, found: Object) -> str:
        keys = constraints.written(found.sql or "", found.name)
        return next((each.name for each in keys if each.kind == constraints.PRIMARY), f"{found.name}_pkey")

    def primary_key(self, found: Object) -> tuple[str, ...]:
        """Return the columns of a table's primary key."""
        info = self.info(found)
        return info.keys.get(info.primary, ())

    def primary_key_of(self, oid: int) -> tuple[str, ...]:
        """Return the columns of the primary key of the table with this OID."""
        found = self.by_oid.get(oid)
        return self.primary_key(found) if found is not None and found.kind == "table" else ()

    def indexes(self, found: Object) -> list[Index]:
        """Return a table's indexes."""
        made = []
        for name, unique, origin, partial in self.pragma(
            "index_list", found, 'name, "unique", origin, partial'
        ):
            described = self._rows(
                'SELECT name, "desc", cid FROM pragma_index_xinfo(?, ?) WHERE key ORDER BY seqno',
                (name, found.schema),
            )
            columns = tuple(None if cid == -2 else column for column, _, cid in described)
            if origin == "c" and unique and (stored := self.object(name, found.schema)) is not None:
                text = stored.sql or ""
                if PRIMARY_MARK in text or (name == f"{found.name}_pkey" and not partial):
                    origin = "pk"  # ALTER TABLE ... ADD PRIMARY KEY, which SQLite has not  # noqa: PLW2901
                elif CONSTRAINT_MARK in text:
                    origin = "u"  # noqa: PLW2901
            made.append(
                Index(
                    name,
                    bool(unique),
                    origin,
                    bool(partial),
                    columns,
                    tuple(bool(d) for _, d, _ in described),
                )
            )
        return made

    def foreign_keys(self, found: Object) -> list[ForeignKey]:
        """Return a table's foreign keys."""
        grouped: dict[int, list[tuple[Any, ...]]] = {}
        for row in self.pragma(
            "foreign_key_list", found, 'id, seq, "table", "from", "to", on_update, on_delete'
        ):
            grouped.setdefault(row[0], []).append(row)
        made = []
        for _, rows in sorted(grouped.items(), reverse=True):
            rows.sort(key=lambda row: row[1])
            columns, referred = tuple(row[3] for row in rows), tuple(row[4] for row in rows)
            if None in referred:
                other = self.object(rows[0][2])
                referred = self.primary_key(other) if other is not None else ()
            made.append(ForeignKey(rows[0][2], columns, referred, rows[0][5], rows[0][6]))
        return made

    def written_foreign_keys(self, found: Object) -> list[tuple[constraints.Written, ForeignKey]]:
        """Return a table's foreign keys, each with how it is written."""
        texts = [
            each
            for each in constraints.written(found.sql or "", found.name)
            if each.kind == constraints.FOREIGN
        ]
        return list(zip(texts, self.foreign_keys(found), strict=True))

    def has_index(self, name: str) -> bool:
        """Is there an index of this name?"""
        found = self.object(name)
        return found is not None and found.kind == "index"

    def constraint_names(self, found: Object) -> set[str]:
        """Return what the constraints of a table are called."""
        names = {each.name for each in constraints.written(found.sql or "", found.name)}
        return names | {
            self.constraint_name(found, each) for each in self.indexes(found) if each.origin in ("pk", "u")
        }

    def has_constraint(self, table: str, name: str) -> bool:
        """Has a table a constraint of this name?"""
        found = self.object(table)
        return found is not None and name in self.constraint_names(found)

    def references_to(self, name: str) -> list[str]:
        """Return the other tables with a foreign key to this one."""
        found = []
        for each in self.tables():
            if (
                each.kind == "table"
                and each.name.lower() != name.lower()
                and "REFERENCES" in (each.sql or "").upper()
            ) and any(key.table.lower() == name.lower() for key in self.foreign_keys(each)):
                found.append(each.name)  # noqa: PERF401
        return found

    def key_name(self, table: str, columns: tuple[str, ...]) -> str:
        """Return the name of the unique constraint over these columns."""
        found = self.object(table)
        if found is None:
            return f"{table}_{'_'.join(columns)}_key"
        wanted = sorted(name.lower() for name in columns)
        for name, key in self.info(found).keys.items():
            if sorted(each.lower() for each in key) == wanted:
                return name
        return f"{found.name}_{'_'.join(columns)}_key"

    def check_named(self, said: str) -> tuple[str, str]:
        """Return the table, "" if there are several, and the name of a CHECK that SQLite calls by name or text."""
        found = {
            (each.name, written.name)
            for each in self.tables()
            if each.kind == "table"
            for written in constraints.written(each.sql or "", each.name)
            if written.kind == constraints.CHECK
            and said == (written.given or constraints.said(written.clause))
        }
        return found.pop() if len(found) == 1 else ("", said)
