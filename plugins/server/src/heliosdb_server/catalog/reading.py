"""SQLite's own tables read once per version of the schema: columns with their types, keys, and OIDs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

from heliosdb_sqlite.sql.names import folded
from heliosdb_sqlite.sql.quoting import quote_identifier

from ..translation import comments, domains, labels
from ..translation.likening import Likeness
from ..translation.scope import CONSTRAINT_MARK, PRIMARY_MARK, Column, TableInfo
from ..translation.sequences import MARK
from ..types import registry
from ..types.registry import BY_NAME, INT8, Sized
from . import constraints, effects
from .enumerations import Enumerations
from .likeness import likeness
from .relations import RELATIONS, SystemColumn
from .search_path import PUBLIC, SearchPath

Rows = Callable[..., list[tuple[Any, ...]]]
_INTERNAL = re.compile(r"sqlite_|heliosdb_|_helios")
_FIRST_OID = 16400  # those below are PostgreSQL's own, and a few of ours
_PER_OBJECT = 8  # OIDs that one object of SQLite's may need: itself, its row type, an array of it, a sequence


def oid_of(rowid: int, *, temporary: bool = False) -> int:
    """Return the OID of what stands in this row of sqlite_master."""
    return _FIRST_OID + rowid * _PER_OBJECT + (1 << 30 if temporary else 0)


def is_temporary(oid: int) -> bool:
    """Is this the OID of a temporary table, or of what belongs to one?"""
    return bool(oid & 1 << 30)


class Object(NamedTuple):
    """A table, view or index in sqlite_master."""

    rowid: int
    kind: str
    name: str
    table: str
    sql: str | None
    schema: str

    @property
    def oid(self) -> int:
        """Its OID in pg_class."""
        return oid_of(self.rowid, temporary=self.schema == "temp")


class Index(NamedTuple):
    """An index, or the key that a constraint made."""

    name: str
    unique: bool
    origin: str  # c: CREATE INDEX, u: UNIQUE, pk: PRIMARY KEY
    partial: bool
    columns: tuple[str | None, ...]  # None is an expression
    descending: tuple[bool, ...]


class ForeignKey(NamedTuple):
    """A foreign key."""

    table: str
    columns: tuple[str, ...]
    referred: tuple[str, ...]
    on_update: str
    on_delete: str


class Reading(Enumerations):
    """One version of the schema. What is asked for is read then, and kept."""

    def __init__(self, rows: Rows, objects: list[Object], path: SearchPath = PUBLIC) -> None:
        self._rows = rows
        self.path = path
        self.objects = objects
        self._by_name: dict[tuple[str, str], Object] = {}
        for each in objects:
            self._by_name.setdefault((each.schema, each.name.lower()), each)
        self.by_oid = {each.oid: each for each in objects}
        self._infos: dict[tuple[str, str], TableInfo] = {}
        self._serials: dict[str, str] | None = None
        super().__init__()

    def object(self, name: str, schema: str | None = None) -> Object | None:
        """Return the object of this name; without a schema temporary ones come first."""
        for each in (schema,) if schema else ("temp", "main"):
            found = self._by_name.get((each, name.lower()))
            if found is not None:
                return found
        return None

    def tables(self) -> list[Object]:
        """Return the tables and views that clients see."""
        return [
            each for each in self.objects if each.kind in ("table", "view") and not _INTERNAL.match(each.name)
        ]

    # ---- one table ----

    def info(self, found: Object) -> TableInfo:
        """Return what the translation needs of a table."""
        key = (found.schema, found.name)
        if key not in self._infos:
            self._infos[key] = self._read(found)
        return self._infos[key]

    def pragma(self, name: str, found: Object, columns: str = "*") -> list[tuple[Any, ...]]:
        """Return the rows of one of SQLite's table-valued pragmas about an object."""
        return self._rows(f"SELECT {columns} FROM pragma_{name}(?, ?)", (found.name, found.schema))

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

    # ---- what the translation asks ----

    def table(self, schema: str | None, name: str) -> TableInfo | None:
        """Return the table of this name; ``schema`` as in PostgreSQL."""
        folded = (schema or "").lower()
        if folded in ("pg_catalog", "information_schema"):
            return _system(folded, name)
        if folded in ("", "public", "main", "temp") or folded.startswith("pg_temp"):
            where = None if not folded else "temp" if folded.startswith(("temp", "pg_temp")) else "main"
            if not folded and (system := _system("pg_catalog", name)) is not None:
                return system
            found = self.object(name, where)
            if found is not None and found.kind in ("table", "view", "sequence"):
                return self.info(found)
            if name.lower() in ("sqlite_master", "sqlite_schema", "sqlite_sequence"):
                return _sqlite_table(name.lower())
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

    def sequences(self) -> list[Object]:
        """Return the sequences."""
        return [each for each in self.objects if each.kind == "sequence"]

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

    def comments_format(self) -> int | None:
        """Return the version of the format in which comments are kept; None where there are none."""
        found = self.object(comments.TABLE, "main")
        mark = comments.MARK.search(found.sql or "") if found is not None else None
        return int(mark[1]) if mark else None

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


_YES_OR_NO = re.compile(
    r"is_.*|.*_cycle|initially_deferred|enforced|nulls_distinct|cycle_option|with_hierarchy"
)


def _system_type(schema: str, column: SystemColumn) -> Sized:
    """Return a column's type: the texts of information_schema are varchar, and yes or no has three letters."""
    if schema != "information_schema" or column.type is not BY_NAME["text"]:
        return Sized(column.type)
    return Sized(
        BY_NAME["varchar"], 7 if _YES_OR_NO.fullmatch(column.name) and column.name != "is_generated" else -1
    )


def _system(schema: str, name: str) -> TableInfo | None:
    relation = RELATIONS.get((schema, name.lower()))
    if relation is None:
        return None
    columns = tuple(
        Column(column.name, _system_type(schema, column), "", (relation.oid, at), not_null=False)
        for at, column in enumerate(relation.columns, 1)
    )
    return TableInfo(schema, relation.name, columns, "system", relation.oid)


def _sqlite_table(name: str) -> TableInfo:
    text, number = Sized(BY_NAME["text"]), Sized(INT8)
    columns = {
        "sqlite_sequence": (Column("name", text), Column("seq", number)),
    }.get(name) or (Column("type", text), Column("name", text), Column("tbl_name", text), Column("rootpage", number),
                    Column("sql", text))  # fmt: skip
    return TableInfo("main", name, columns, "system")
