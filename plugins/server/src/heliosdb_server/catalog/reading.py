"""SQLite's own tables read once per version of the schema: columns with their types, keys, and OIDs."""

from __future__ import annotations

import re
from urllib.parse import unquote

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..translation import comments, domains, labels
from ..translation.likening import Likeness
from ..translation.scope import Column, TableInfo
from ..translation.sequences import MARK
from ..types import registry
from ..types.registry import BY_NAME, INT8, Sized
from . import effects
from .enumerations import Enumerations
from .keys import Keys
from .likeness import likeness
from .objects import Object, Rows
from .search_path import PUBLIC, SearchPath
from .system_tables import sqlite_table, system_table


class Reading(Keys, Enumerations):
    """One version of the schema. What is asked for is read then, and kept."""

    def __init__(self, rows: Rows, objects: list[Object], path: SearchPath = PUBLIC) -> None:
        Keys.__init__(self, rows, objects, path)
        Enumerations.__init__(self)
        self._infos: dict[tuple[str, str], TableInfo] = {}
        self._serials: dict[str, str] | None = None

    # ---- one table ----

    def info(self, found: Object) -> TableInfo:
        """Return what the translation needs of a table."""
        key = (found.schema, found.name)
        if key not in self._infos:
            self._infos[key] = self._read(found)
        return self._infos[key]

    def _read(self, found: Object) -> TableInfo:
        columns, defaults, keyed, computed = [], {}, [], set()
        sequences: dict[str, str] = {}
        identities: dict[str, str] = {}
        if found.kind == "sequence":
            shape = (("last_value", INT8), ("log_cnt", INT8), ("is_called", BY_NAME["bool"]))
            columns = [
                Column(n, Sized(t), "", (found.oid, at), not_null=True) for at, (n, t) in enumerate(shape, 1)
            ]
            return TableInfo(found.schema, found.name, tuple(columns), found.kind, found.oid)
        marks = _marks(found.sql or "")
        for number, (name, declared, not_null, default, primary, hidden) in enumerate(
            self.pragma("table_xinfo", found, 'name, type, "notnull", dflt_value, pk, hidden'), 1
        ):
            if hidden == 1:
                continue
            sized, scale, domain = registry.declared(declared or ""), "", ""
            if primary:
                keyed.append((primary, name, (declared or "").upper()))
            if (mark := marks.get(name.lower())) is not None:
                if (own_domain := domains.NOTE.search(mark)) is not None:
                    mark, domain = domains.NOTE.sub("", mark).strip(), unquote(own_domain[1])
                mark, _, sequence = mark.partition("nextval ")
                if sequence:
                    sequences[name] = sequence
                mark, _, scale = mark.partition(" scale ")
                kind, _, size = mark.partition(" ")[0].partition("@")
                if kind == "enum":
                    own = self.noted_type(mark)
                    sized = Sized(own) if own is not None else sized
                elif kind in BY_NAME:
                    sized = Sized(BY_NAME[kind], int(size or -1))
                if "always" in mark.split():
                    computed.add(name)
                    identities[name] = "a"
                elif "default" in mark.split():
                    identities[name] = "d"
            if hidden:
                computed.add(name)
            decimals = int(scale) if scale.isdigit() else None
            columns.append(
                Column(name, sized, "", (found.oid, number), bool(not_null), decimals, domain=domain)
            )
            if default is not None:
                defaults[name] = default
        keyed.sort()
        rowid = ""
        if (
            len(keyed) == 1
            and keyed[0][2] == "INTEGER"
            and found.kind == "table"
            and not _without_rowid(found.sql)
        ):
            rowid = keyed[0][1]
            columns = [c._replace(not_null=True) if c.name == rowid else c for c in columns]
        keys: dict[str, tuple[str, ...]] = {}
        primary = ""
        if found.kind == "table":
            if keyed:
                primary = self._primary_name(found)
                keys[primary] = tuple(name for _, name, _ in keyed)
            for index in self.indexes(found):
                if index.unique and None not in index.columns:
                    names = tuple(name for name in index.columns if name is not None)
                    label = self.constraint_name(found, index)
                    primary = label if index.origin == "pk" else primary
                    keys.setdefault(label, names)
        return TableInfo(
            found.schema,
            found.name,
            tuple(columns),
            found.kind,
            found.oid,
            defaults,
            rowid,
            keys,
            frozenset(computed),
            sequences,
            given_key=rowid if self._is_given(found, rowid, marks, sequences) else "",
            identities=identities,
            row=self._row(found, rowid, keyed, columns),
            primary=primary,
        )

    def _row(
        self, found: Object, rowid: str, keyed: list[tuple[int, str, str]], columns: list[Column]
    ) -> tuple[str, ...]:
        """Return the columns that tell a table's rows apart, as SQLite reads them."""
        if found.kind != "table":
            return ()
        if rowid:
            return (quote_identifier(rowid),)
        if _without_rowid(found.sql):
            return tuple(quote_identifier(name) for _, name, _ in keyed)
        taken = {column.name.lower() for column in columns}
        return tuple(name for name in ("rowid", "_rowid_", "oid") if name not in taken)[:1]

    def _is_given(self, found: Object, rowid: str, marks: dict[str, str], sequences: dict[str, str]) -> bool:
        """Was a rowid made as a key that does not count by itself, by this server?"""
        return rowid.lower() in marks and rowid not in sequences and not self.counts(found.name)

    # ---- what the translation asks ----

    def table(self, schema: str | None, name: str) -> TableInfo | None:
        """Return the table of this name; ``schema`` as in PostgreSQL."""
        folded = (schema or "").lower()
        if folded in ("pg_catalog", "information_schema"):
            return system_table(folded, name)
        if folded in ("", "public", "main", "temp") or folded.startswith("pg_temp"):
            where = None if not folded else "temp" if folded.startswith(("temp", "pg_temp")) else "main"
            if not folded and (system := system_table("pg_catalog", name)) is not None:
                return system
            found = self.object(name, where)
            if found is not None and found.kind in ("table", "view", "sequence"):
                return self.info(found)
            if name.lower() in ("sqlite_master", "sqlite_schema", "sqlite_sequence"):
                return sqlite_table(name.lower())
            if name.lower().startswith("pragma_"):
                return None
        return None

    def named(self, parts: tuple[str, ...]) -> TableInfo | None:
        """Return the table that a client calls so, with its schema or without."""
        if len(parts) > 1:
            return self.table(parts[-2], parts[-1])
        if self.path == PUBLIC or parts[0].lower().startswith("sqlite_"):
            return self.table(None, parts[-1])
        found = (self.table(schema, parts[-1]) for schema in self.path.searched)
        return next((each for each in found if each is not None), None)

    def sees(self, schema: str) -> bool:
        """Are the names of this schema found without it?"""
        return schema in self.path.searched

    def making(self) -> str:
        """Return the schema in which a name without one is made.

        :raises PgError: there is none
        """
        return self.path.making()

    def serials(self) -> dict[str, str]:
        """Return the tables whose rows count by themselves, by the name that PostgreSQL would have for what counts."""
        if self._serials is None:
            tables = [each for each in self.tables() if each.kind == "table" and self.counts(each.name)]
            self._serials = {f"{each.name}_{self.info(each).rowid}_seq": each.name for each in tables}
        return self._serials

    def serial(self, name: str) -> str | None:
        """Return the table that the sequence of this name counts."""
        return self.serials().get(name)

    def counted_by(self, name: str) -> list[str]:
        """Return the tables with a column whose default is this sequence."""
        return [
            each.name
            for each in self.tables()
            if "nextval" in (each.sql or "")
            and any(name.lower() == used.lower() for used in self.info(each).sequences.values())
        ]

    def comments_format(self) -> int | None:
        """Return the version of the format in which comments are kept; None where there are none."""
        found = self.object(comments.TABLE, "main")
        mark = comments.MARK.search(found.sql or "") if found is not None else None
        return int(mark[1]) if mark else None

    def mentions(self, view: str, table: str) -> bool:
        """Does a view read this table, itself or by other views?"""
        return effects.mentions(self, view, table)

    def likeness(self, schema: str, table: str) -> Likeness:
        """Return what LIKE may copy of a table beside its columns."""
        found = self.object(table, schema)
        return likeness(self, found) if found is not None else Likeness()

    def touched(self, table: str, how: str) -> frozenset[str]:
        """Return the tables, in small letters, that an insert, update or delete of this one may change, itself too."""
        return effects.touched(self, table, how)

    def counts(self, name: str) -> bool:
        """Does the table number its rows with AUTOINCREMENT?"""
        found = self.object(name)
        return found is not None and "AUTOINCREMENT" in (found.sql or "").upper()


def read(rows: Rows, path: SearchPath = PUBLIC) -> Reading:
    """Read the schema of a connection, whose session looks for names along this path."""
    objects = []
    for schema, master in (("temp", "temp.sqlite_master"), ("main", "main.sqlite_master")):
        for rowid, kind, name, table, sql in rows(f"SELECT rowid, type, name, tbl_name, sql FROM {master}"):
            of_kind = "sequence" if kind == "table" and sql and MARK.search(sql) else kind
            if kind == "view" and any(each.MARK.search(sql or "") for each in (labels, domains)):
                of_kind = "type"
            objects.append(Object(rowid, of_kind, name, table, sql, schema))
    return Reading(rows, objects, path)


_MARK = re.compile(r'(?:"((?:[^"]|"")+)"|(\w+))\s+(?:INTEGER\s+)?/\*\s*([^*]*?)\s*\*/')


def _marks(sql: str) -> dict[str, str]:
    """Return what this server has noted of columns, by name: a type that SQLite has no words for, ``always``."""
    return (
        {(m[1] or m[2]).replace('""', '"').lower(): m[3] for m in _MARK.finditer(sql)} if "/*" in sql else {}
    )


def _without_rowid(sql: str | None) -> bool:
    return re.search(r"WITHOUT\s+ROWID\s*(?:,\s*STRICT\s*)?;?\s*\Z", sql or "", re.IGNORECASE) is not None
