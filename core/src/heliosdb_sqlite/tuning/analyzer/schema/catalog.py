"""The tables, views and indexes of a connection's databases, as an analysis needs them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ....sql.ddl import table_definition
from ....sql.lexer import tokenize
from ....sql.names import folded
from ....sql.quoting import quote_identifier
from .reader import Reader

_COLLATIONS = ("BINARY", "NOCASE", "RTRIM")  # SQLite's own; others have names of the program's


@dataclass(frozen=True)
class Term:
    """One entry of an index: a column, or an expression, as it is written in CREATE INDEX."""

    text: str  # quoted column or expression
    column: str | None  # None for an expression
    collation: str = ""  # in upper case; "" for the column's own
    descending: bool = False

    @property
    def sql(self) -> str:
        """The term in CREATE INDEX."""
        collation = self.collation if self.collation in _COLLATIONS else quote_identifier(self.collation)
        collate = f" COLLATE {collation}" if self.collation else ""
        return f"{self.text}{collate}{' DESC' if self.descending else ''}"


@dataclass(frozen=True)
class Index:
    """An index that is there."""

    schema: str
    table: str
    name: str
    columns: tuple[tuple[str, str, bool], ...]  # folded column or "" for an expression, collation, descending
    unique: bool
    by_constraint: bool  # made for UNIQUE or PRIMARY KEY: it can't be dropped
    where: str  # of a partial index, as its words; "" for a whole one
    on: str  # what stands behind ON, as its words: two indexes of the same are the same
    sql: str  # CREATE INDEX ..., "" where SQLite made it


@dataclass(frozen=True)
class Column:
    """A column, with the collation of its comparisons."""

    name: str
    type: str
    collation: str
    generated: bool
    primary_key: int


@dataclass
class Table:
    """A table or a view."""

    schema: str
    name: str
    kind: str  # table, virtual, view
    sql: str
    columns: dict[str, Column] = field(default_factory=dict)  # by folded name
    # Quoted: what its rows are ordered by; the rowid, or a primary key WITHOUT ROWID.
    key: tuple[str, ...] = ()
    rowid: str = ""  # quoted name by which the rowid can be had; "" for WITHOUT ROWID
    integer_key: str = ""  # folded: the column that is the rowid; "" where none is
    indexes: list[Index] = field(default_factory=list)
    foreign_keys: list[tuple[str, ...]] = field(default_factory=list)  # folded columns of each

    @property
    def quoted(self) -> str:
        """``"schema"."name"``."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"


class Catalog:
    """Everything that stands in the schema of one connection, read at once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.schemas = [str(row[1]) for row in reader.rows("PRAGMA database_list")]
        if "temp" in self.schemas:  # names without a schema are looked up in temp first
            self.schemas = ["temp", *(name for name in self.schemas if name != "temp")]
        self.tables: dict[tuple[str, str], Table] = {}
        for schema in self.schemas:
            self._read(schema)
        self.triggers = any(
            reader.value(
                f"SELECT 1 FROM {quote_identifier(each)}.sqlite_master WHERE type = 'trigger' LIMIT 1"
            )
            for each in self.schemas
        )

    def find(self, name: str, schema: str = "") -> Table | None:
        """Return the table or view that a name means in a statement."""
        order = [folded(schema)] if schema else [folded(each) for each in self.schemas]
        return next(
            (self.tables[each, folded(name)] for each in order if (each, folded(name)) in self.tables), None
        )

    def index_names(self, schema: str) -> set[str]:
        """Return every name that a new index of the schema can't have, folded."""
        rows = self._reader.rows(f"SELECT name FROM {quote_identifier(schema)}.sqlite_master")
        return {folded(row[0]) for row in rows}

    def _read(self, schema: str) -> None:
        rows = self._reader.rows(
            "SELECT type, name, tbl_name, sql FROM "
            f"{quote_identifier(schema)}.sqlite_master WHERE type IN ('table', 'view', 'index')"
        )
        definitions = {folded(name): sql or "" for kind, name, _, sql in rows if kind == "index"}
        for kind, name, _, sql in rows:
            if kind != "index" and sql and not folded(name).startswith("sqlite_"):
                what = "virtual" if sql[:14].upper() == "CREATE VIRTUAL" else kind
                self.tables[folded(schema), folded(name)] = self._table(schema, name, what, sql, definitions)

    def _table(self, schema: str, name: str, kind: str, sql: str, definitions: dict[str, str]) -> Table:
        table = Table(schema, name, kind, sql)
        if kind == "view":
            return table
        collations = _collations(sql)
        for column, declared, key, hidden in self._reader.rows(
            "SELECT name, type, pk, hidden FROM pragma_table_xinfo(?, ?)", (name, schema)
        ):
            table.columns[folded(column)] = Column(
                column, declared or "", collations.get(folded(column), "BINARY"), hidden in (2, 3), key
            )
        if kind == "virtual":
            return table
        for place in self._reader.rows(
            'SELECT id, "from" FROM pragma_foreign_key_list(?, ?) ORDER BY id, seq', (name, schema)
        ):
            number, column = place
            while len(table.foreign_keys) <= number:
                table.foreign_keys.append(())
            table.foreign_keys[number] += (folded(column),)
        for index, unique, origin in self._reader.rows(
            'SELECT name, "unique", origin FROM pragma_index_list(?, ?)', (name, schema)
        ):
            table.indexes.append(
                self._index(table, index, bool(unique), origin, definitions.get(folded(index), ""))
            )
        self._keys(table)
        return table

    def _keys(self, table: Table) -> None:
        """Find out how the table's rows are told apart."""
        primary = sorted(
            (each for each in table.columns.values() if each.primary_key), key=lambda each: each.primary_key
        )
        definition = table_definition(table.sql)
        if definition is not None and "WITHOUT" in definition.options:
            table.key = tuple(quote_identifier(each.name) for each in primary)
            return
        # INTEGER PRIMARY KEY DESC is no name of the rowid, and has an index instead.
        with_index = {index.columns[0][0] for index in table.indexes if index.by_constraint and index.columns}
        only = primary[0] if len(primary) == 1 and primary[0].type.upper() == "INTEGER" else None
        if only is not None and folded(only.name) not in with_index:
            table.integer_key, table.rowid = folded(only.name), quote_identifier(only.name)
        if not table.rowid:
            free = next((each for each in ("rowid", "_rowid_", "oid") if each not in table.columns), "")
            table.rowid = quote_identifier(free) if free else ""
        table.key = (table.rowid,) if table.rowid else ()

    def _index(self, table: Table, name: str, unique: bool, origin: str, sql: str) -> Index:
        rows = self._reader.rows(
            'SELECT cid, name, coll, "desc" FROM pragma_index_xinfo(?, ?) WHERE key ORDER BY seqno',
            (name, table.schema),
        )
        columns = tuple(
            (
                "" if cid == -2 else folded(column or "rowid"),
                (collation or "BINARY").upper(),
                bool(descending),
            )
            for cid, column, collation, descending in rows
        )
        words = [token.word or token.text for token in tokenize(sql)]
        on = " ".join(words[words.index("ON") + 1 :]) if "ON" in words else ""
        where = on.partition(" WHERE ")[2]
        return Index(table.schema, table.name, name, columns, unique, origin != "c", where, on, sql)


def _collations(sql: str) -> dict[str, str]:
    """Return the collations that columns are declared with, by folded name."""
    definition = table_definition(sql)
    found = {}
    for column in definition.columns if definition is not None else ():
        words = column.constraints
        for at, token in enumerate(words[:-1]):
            if token.word == "COLLATE":
                found[folded(column.name.name)] = words[at + 1].name.upper()
    return found
